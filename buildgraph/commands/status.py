"""The verb `status`: what runs in an environment, since when, from which commit, and whether it is in date."""

from __future__ import annotations

import argparse
from pathlib import Path

from buildgraph.chain import open_chain
from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, table
from buildgraph.errors import DONE
from buildgraph.project import open_project

HEADER = ("SERVICE", "STATE", "IN DATE", "COLOUR", "COMMIT", "SINCE", "ADDRESS")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `status`."""
    add_environment(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the state of every service; returns the exit code."""
    chain = open_chain(open_project(Path.cwd()), options.env)
    rows = chain.status()
    if options.format == "json":
        answer(as_json({"format": 1, "environment": options.env, "services": [row.as_dict() for row in rows]}))
    else:
        answer(table([row.as_row() for row in rows], HEADER) if rows else "no service is declared")
    return DONE
