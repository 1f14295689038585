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
from buildgraph.comparison import Comparison
from buildgraph.console import answer, tell
from buildgraph.errors import DONE
from buildgraph.plan.affected import Affected
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
    render = _as_json if options.format == "json" else _as_text
    answer(render(comparison, node.id, found))
    return DONE


def _as_json(comparison: Comparison, node: str, found: Affected | None) -> str:
    reasons = reasons_of(comparison, found) if found else ()
    return as_json(
        {
            "format": FORMAT_VERSION,
            **sides_as_dict(comparison),
            "node": node,
            "affected": found is not None,
            "change": found.change if found else None,
            "reasons": list(map(reason_as_dict, reasons)),
        }
    )


def _as_text(comparison: Comparison, node: str, found: Affected | None) -> str:
    if found is None:
        return f"{node} is not affected: nothing it is made of differs from {comparison.base_ref}"
    since = f"since {comparison.base_ref}" if comparison.complete else "(the base is not known)"
    lines = dict.fromkeys(f"  {describe(reason)}" for reason in reasons_of(comparison, found))
    return "\n".join([f"{node} is {found.change} {since}:", *lines])
