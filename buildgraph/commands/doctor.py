"""The verb `doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from buildgraph.commands.options import add_format, as_json
from buildgraph.console import answer, table
from buildgraph.errors import DONE, TOOL_FAILED, BuildgraphError
from buildgraph.process import Command, Runner, SystemRunner


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, what was found, and the way out when it is not."""

    name: str
    well: bool
    found: str
    way_out: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `doctor`."""
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the findings; exit code 3 when something is missing."""
    runner = SystemRunner()
    findings = [look(runner) for look in LOOKS]
    if options.format == "json":
        answer(as_json([_as_dict(finding) for finding in findings]))
    else:
        answer("\n".join(_lines(findings)))
    return DONE if all(finding.well for finding in findings) else TOOL_FAILED


def _lines(findings: list[Finding]) -> list[str]:
    rows = table([("ok" if finding.well else "--", finding.name, finding.found) for finding in findings])
    ways = [f"{finding.name}: {finding.way_out}" for finding in findings if not finding.well]
    return [rows, *([""] if ways else []), *ways]


def _as_dict(finding: Finding) -> dict[str, object]:
    return {"name": finding.name, "ok": finding.well, "found": finding.found, "way_out": finding.way_out}


def _said(runner: Runner, *argv: str) -> str | None:
    """The first line a command prints, or None when it is missing or fails."""
    try:
        result = runner.run(Command(argv))
    except BuildgraphError:
        return None
    return (result.text.splitlines() or [""])[0] if result.code == 0 else None


def _git(runner: Runner) -> Finding:
    said = _said(runner, "git", "--version")
    return Finding("git", said is not None, said or "missing", "install git 2.31 or newer")


def _engine(runner: Runner) -> Finding:
    from buildgraph.image.engine import NO_ENGINE, open_engine

    try:
        engine = open_engine()
    except BuildgraphError as error:
        return Finding("engine", False, str(error).splitlines()[0], NO_ENGINE)
    return Finding("engine", True, f"Docker engine {engine.version} on {engine.platform}")


def _buildx(runner: Runner) -> Finding:
    said = _said(runner, "docker", "buildx", "version")
    way_out = "install Docker's buildx plugin (on Debian: docker-buildx; Docker Desktop has it)"
    return Finding("buildx", said is not None, said or "missing", way_out)


def _workspace(runner: Runner) -> Finding:
    from buildgraph.project import open_project

    try:
        picture = open_project(Path.cwd()).working_picture()
    except BuildgraphError as error:
        return Finding(
            "workspace", False, str(error).splitlines()[0], "see `buildgraph plan` for the whole message"
        )
    services = len(picture.manifests.services)
    return Finding("workspace", True, f"{len(picture.workspace.packages)} packages, {services} services")


def _site(runner: Runner) -> Finding:
    from buildgraph.manifests.site import read_site

    try:
        site = read_site()
    except BuildgraphError as error:
        return Finding("site", False, str(error).splitlines()[0], "mend or remove the file")
    trusted = f", builds trust {site.ca}" if site.ca else ""
    return Finding("site", True, f"base images from {site.source.value}{trusted}")


LOOKS: tuple[Callable[[Runner], Finding], ...] = (_git, _engine, _buildx, _site, _workspace)
