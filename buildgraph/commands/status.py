"""The verb `status`: what runs in an environment, since when, from which commit, and whether it is in date."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from buildgraph.chain import open_chain
from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, seconds, short_commit, table
from buildgraph.deployer import ServiceState
from buildgraph.errors import DONE
from buildgraph.project import open_project

HEADER = ("SERVICE", "STATE", "IN DATE", "COLOUR", "REPLICAS", "RELEASE", "COMMIT", "SINCE", "BY", "ADDRESS")


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


def _colour(state: ServiceState) -> str:
    if not state.kept:
        return state.colour
    until = f"for {seconds(state.kept_for)}" if state.kept_for else "until the next run"
    return f"{state.colour} ({state.kept} is kept {until})"


def _replicas(state: ServiceState) -> str:
    if not state.replicas:
        return ""
    return f"{state.replicas} (scaled)" if state.scaled else str(state.replicas)


def _row(state: ServiceState) -> tuple[str, ...]:
    in_date = ("yes" if state.in_date else "no") if state.since else ""
    return (
        state.service,
        state.state,
        in_date,
        _colour(state),
        _replicas(state),
        state.release,
        short_commit(state.commit),
        state.since,
        state.by,
        state.address,
    )
