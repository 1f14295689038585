"""The verb `logs`: the last lines that a service's containers printed."""

from __future__ import annotations

import argparse
from pathlib import Path

from buildgraph.chain import open_chain
from buildgraph.commands.options import add_environment
from buildgraph.console import answer
from buildgraph.errors import DONE
from buildgraph.project import open_project


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `logs`."""
    parser.add_argument("service", metavar="SERVICE")
    parser.add_argument("--tail", type=int, default=50, metavar="LINES", help="how many lines (default: 50)")
    add_environment(parser)


def run(options: argparse.Namespace) -> int:
    """Print a service's last lines; returns the exit code."""
    chain = open_chain(open_project(Path.cwd()), options.env)
    lines = chain.deployer.platform.logs(options.service, options.tail)
    answer("\n".join(f"{container} | {line}" for container, line in lines))
    return DONE
