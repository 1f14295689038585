"""The verb `health`: how what runs is now, asked of the proxy and of every container itself."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from buildgraph.chain import open_chain
from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, table
from buildgraph.errors import DONE, FAILED
from buildgraph.project import open_project

if TYPE_CHECKING:
    from buildgraph.deploy import Checkup

HEADER = ("SERVICE", "HEALTH", "CONTAINER", "STATE", "PROXY", "ANSWER")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `health`."""
    parser.add_argument("service", nargs="?", default="", metavar="SERVICE", help="only this one")
    add_environment(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print how each container is; exit code 1 when one is ill, or a service that shall run does not."""
    deployer = open_chain(open_project(Path.cwd()), options.env).deployer
    found = deployer.platform.health(options.service)
    answer(_json(options.env, found) if options.format == "json" else _table(found))
    return DONE if all(checkup.is_well for checkup in found) else FAILED


def _json(environment: str, found: Sequence[Checkup]) -> str:
    told = [asdict(checkup) for checkup in found]
    well = all(checkup.is_well for checkup in found)
    return as_json({"format": 1, "environment": environment, "is_well": well, "containers": told})


def _table(found: Sequence[Checkup]) -> str:
    return table([_row(checkup) for checkup in found], HEADER) if found else "no service is declared"


def _row(checkup: Checkup) -> tuple[str, ...]:
    time = f" ({checkup.seconds * 1000:.0f} ms)" if checkup.seconds else ""
    return (
        checkup.service,
        "well" if checkup.is_well else "ill",
        checkup.container,
        checkup.state,
        checkup.proxy,
        f"{checkup.answer}{time}",
    )
