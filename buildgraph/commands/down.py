"""The verb `down`: stops an environment; its volumes stay unless they are named."""

from __future__ import annotations

import argparse
from pathlib import Path

from buildgraph.chain import open_chain
from buildgraph.commands.options import add_environment
from buildgraph.console import tell
from buildgraph.errors import DONE
from buildgraph.project import open_project


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `down`."""
    add_environment(parser)
    parser.add_argument("--volumes", action="store_true", help="delete the environment's data too")


def run(options: argparse.Namespace) -> int:
    """Stop the environment; returns the exit code."""
    chain = open_chain(open_project(Path.cwd()), options.env)
    chain.deployer.platform.stop(volumes=options.volumes, tell=tell)
    return DONE
