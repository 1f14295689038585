"""The verb `status`: what runs in an environment, or in all, since when, from which commit, whether it is in date."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from buildgraph.chain import open_chain
from buildgraph.commands.options import add_environment, add_format, add_output, as_json, deliver
from buildgraph.console import short_commit, table
from buildgraph.durations import seconds
from buildgraph.errors import DONE, BuildgraphError, indent
from buildgraph.project import Project, open_project
from buildgraph.standing import ServiceState, read_states

NO_ENVIRONMENT = "no environment is declared"
HEADER = ("SERVICE", "STATE", "IN DATE", "COLOUR", "REPLICAS", "RELEASE", "COMMIT", "SINCE", "BY", "ADDRESS")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `status`."""
    add_environment(parser)
    parser.add_argument("--all", action="store_true", help="all environments (a page tells all in any case)")
    add_format(parser, ("table", "json", "html"))
    add_output(parser)


def run(options: argparse.Namespace) -> int:
    """Print the state of every service; returns the exit code."""
    project = open_project(Path.cwd())
    if options.all or options.format == "html":
        deliver(EVERYWHERE[options.format](project), options.output, project.repository.root)
        return DONE
    found = _read(project, options.env)
    if options.format == "json":
        services = [asdict(state) for state in found.services]
        told = {"format": 1, "environment": options.env, "services": services, "remarks": found.remarks}
        deliver(as_json(told), options.output, project.repository.root)
    else:
        deliver(_text(found), options.output, project.repository.root)
    return DONE


@dataclass(frozen=True)
class Standing:
    """How all services stand in an environment; `error` says why nobody can tell, which is no failure of the others.

    `remarks` tell of its own servers: those that run otherwise than declared.
    """

    environment: str
    services: tuple[ServiceState, ...] = ()
    error: str = ""
    remarks: tuple[str, ...] = ()


def _everywhere(project: Project) -> list[Standing]:
    names = [environment.name for environment in project.working_picture().manifests.environments]
    return [_standing(project, name) for name in sorted(names)]


def _standing(project: Project, name: str) -> Standing:
    try:
        return _read(project, name)
    except BuildgraphError as error:
        return Standing(name, error=str(error))


def _read(project: Project, name: str) -> Standing:
    deployer = open_chain(project, name).deployer
    platform, picture = deployer.platform, deployer.picture
    states = read_states(platform, picture, deployer.environment)
    return Standing(name, tuple(states), remarks=tuple(platform.remarks()))


def _tables(project: Project) -> str:
    told = ((found.environment, found.error or _text(found)) for found in _everywhere(project))
    return "\n\n".join(f"{name}\n{indent(text, '  ')}" for name, text in told) or NO_ENVIRONMENT


def _json(project: Project) -> str:
    return as_json({"format": 1, "environments": [asdict(found) for found in _everywhere(project)]})


def _page(project: Project) -> str:
    from buildgraph.page import render_page

    return render_page("status", project.working_picture().manifests.workspace.name, _json(project))


def _text(found: Standing) -> str:
    return "\n".join((_table(found.services), *found.remarks))


def _table(states: Sequence[ServiceState]) -> str:
    return table([_row(state) for state in states], HEADER) if states else "no service is declared"


EVERYWHERE: Mapping[str, Callable[[Project], str]] = {"table": _tables, "json": _json, "html": _page}


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
