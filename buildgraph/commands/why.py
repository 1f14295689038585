"""The verb `why`: what differs for one node since a base, and the path by which it reaches the node."""

from __future__ import annotations

import argparse
from pathlib import Path

from buildgraph.commands.asking import (
    FORMAT_VERSION,
    compare_asked,
    describe,
    reason_as_dict,
    reasons_of,
    sides_as_dict,
)
from buildgraph.commands.options import add_format, add_range, as_json
from buildgraph.console import answer, tell
from buildgraph.errors import DONE
from buildgraph.project import open_project


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `why`."""
    parser.add_argument(
        "node", metavar="NODE", help="such as image:chat-web, package:@chat/web, or just chat-web"
    )
    add_range(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the reasons of one node; returns the exit code."""
    comparison = compare_asked(open_project(Path.cwd()), options)
    node = comparison.either_graph.node(options.node)
    if comparison.bases is not None:
        from buildgraph.deployed import need_deployed

        need_deployed(comparison, node)
    if not comparison.complete:
        tell(comparison.why_incomplete)
    found = next((found for found in comparison.nodes if found.node.id == node.id), None)
    reasons = reasons_of(comparison, found) if found else ()
    if options.format == "json":
        answer(
            as_json(
                {
                    "format": FORMAT_VERSION,
                    **sides_as_dict(comparison),
                    "node": node.id,
                    "affected": found is not None,
                    "change": found.change if found else None,
                    "reasons": list(map(reason_as_dict, reasons)),
                }
            )
        )
        return DONE
    if found is None:
        answer(f"{node.id} is not affected: nothing it is made of differs from {comparison.base_ref}")
        return DONE
    since = f"since {comparison.base_ref}" if comparison.complete else "(the base is not known)"
    lines = dict.fromkeys(f"  {describe(reason)}" for reason in reasons)
    answer("\n".join([f"{node.id} is {found.change} {since}:", *lines]))
    return DONE
