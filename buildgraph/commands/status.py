"""The verb `status`: what runs in an environment, since when, from which commit, and whether it is in date."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from buildgraph.chain import open_chain
from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, table
from buildgraph.deployer import ServiceState
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
    states = chain.deployer.states()
    if options.format == "json":
        answer(
            as_json(
                {"format": 1, "environment": options.env, "services": [asdict(state) for state in states]}
            )
        )
    else:
        answer(table([_row(state) for state in states], HEADER) if states else "no service is declared")
    return DONE


def _row(state: ServiceState) -> tuple[str, ...]:
    in_date = ("yes" if state.in_date else "no") if state.since else ""
    return (
        state.service,
        state.state,
        in_date,
        state.colour,
        _short(state.commit),
        state.since,
        state.address,
    )


def _short(commit: str) -> str:
    """A commit as people read it; `-dirty` says that edits were deployed with it."""
    name, dash, dirty = commit.partition("-")
    return name[:12] + dash + dirty
