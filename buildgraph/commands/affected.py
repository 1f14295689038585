"""The verb `affected`: the nodes whose fingerprint differs between two snapshots, with their reasons."""

from __future__ import annotations

import argparse
from pathlib import Path

from buildgraph.commands.options import add_format, add_kinds, add_range
from buildgraph.project import open_project


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `affected`."""
    add_range(parser)
    add_kinds(parser)
    add_format(parser, ("table", "names", "json", "github"))
    parser.add_argument(
        "--layers",
        action="store_true",
        help="a matrix per layer: images come after those that they build upon",
    )
    parser.add_argument("--exit-code", action="store_true", help="exit 1 when something is affected")


def run(options: argparse.Namespace) -> int:
    """Print the affected nodes; returns the exit code."""
    project = open_project(Path.cwd())
    if not options.head:
        project.begin()
    # git works on it while this is imported
    from buildgraph.commands.telling import tell_affected

    return tell_affected(project, options)
