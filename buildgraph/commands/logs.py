"""The verb `logs`: the last lines that a service or product has said, and what it goes on saying."""

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
    parser.add_argument("name", metavar="NAME", help="a service or product; or proxy, postgres, redis")
    parser.add_argument("--tail", type=int, default=50, metavar="LINES", help="how many lines (default: 50)")
    parser.add_argument(
        "--follow", "-f", action="store_true", help="go on until they end, or you do (Ctrl-C)"
    )
    add_environment(parser)


def run(options: argparse.Namespace) -> int:
    """Print the last lines, and with `--follow` those that come; returns the exit code."""
    platform = open_chain(open_project(Path.cwd()), options.env).deployer.platform
    if not options.follow:
        lines = platform.logs(options.name, options.tail)
        answer("\n".join(_line(who, said) for who, said in lines), is_log=True)
        return DONE
    for who, said in platform.follow(options.name, options.tail):
        answer(_line(who, said), is_log=True)
    return DONE


def _line(who: str, said: str) -> str:
    return f"{who} | {said}"
