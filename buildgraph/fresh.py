"""Answers a command line of builds that finds everything fresh: doit is loaded only where there is something to run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from buildgraph.command_line import JOBS
from buildgraph.errors import DONE, BuildgraphError
from buildgraph.graph.nodes import Graph, image_id, parents_of
from buildgraph.image.engine import Engine
from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT
from buildgraph.picture import Picture
from buildgraph.plan.held import IN_REGISTRY, ON_ENGINE
from buildgraph.plan.steps import local_reference
from buildgraph.project import Project
from buildgraph.reporting import Run
from buildgraph.reporting import tell_fresh as tell_task

TASK, VARIABLE = "build", "env="


def tell_fresh(arguments: Sequence[str], project: Project) -> int | None:
    """Tell that nothing is to be built, and return the exit code; None where doit has to look.

    That is where something else than builds is asked for, where an image is stale, and where anything is
    wrong: doit's run tells it beside what goes on.
    """
    asked = _parsed(arguments)
    if asked is None:
        return None
    run = Run(arguments)
    try:
        picture = project.working_picture()
        fresh = _fresh_tasks(project, picture, asked)
    except BuildgraphError:
        return None
    if fresh is None:
        return None
    run.stand_on_tree(picture.snapshot, asked.environment)
    for name, why in fresh.items():
        run.give_reason(name, why)
        tell_task(run, name)
    run.reports = True
    return run.conclude(DONE, project.cache_folder())


class Asked(NamedTuple):
    """What a command line asks for: the names after `build:` (`""`: all), and the environment."""

    names: list[str]
    environment: str


def _parsed(arguments: Sequence[str]) -> Asked | None:
    """What a command line of builds asks for; None for one that says more."""
    names: list[str] = []
    environment = DEFAULT_ENVIRONMENT
    rest = iter(arguments or [TASK])
    for argument in rest:
        phase, _, name = argument.partition(":")
        if phase == TASK:
            names.append(name)
        elif argument.startswith(VARIABLE):
            environment = argument.removeprefix(VARIABLE)
        elif argument != JOBS or not next(rest, "").isdecimal():
            return None
    return Asked(names, environment) if names else None


def _fresh_tasks(project: Project, picture: Picture, asked: Asked) -> dict[str, str] | None:
    """The tasks that are asked for, each with why it is fresh; None when one is not, or is not known."""
    graph, roster = picture.graph, project.roster(picture)
    place, meant = roster.places.get(asked.environment), [roster.meant_by(name) for name in asked.names]
    if place is None or not all(meant):
        return None
    services: dict[str, None] = {}
    for service in chain.from_iterable(meant):
        _add(graph, service, services)
    engine = Engine("" if place.registry else place.engine)
    fingerprints = graph.fingerprints
    names = [local_reference(roster.workspace, name, fingerprints[image_id(name)]) for name in services]
    held = zip(services, engine.held_images(names), strict=True)
    lacking = [service for service, image in held if not (image and engine.serves(image, roster.platforms))]
    if lacking and not _are_published(project, picture, asked.environment, lacking):
        return None
    return {f"{TASK}:{service}": IN_REGISTRY if service in lacking else ON_ENGINE for service in services}


def _are_published(project: Project, picture: Picture, environment: str, services: Iterable[str]) -> bool:
    """Whether the environment's registry, if it has one, shows the images of all these services."""
    from buildgraph.finder import Finder  # who finds all on the engine reads no manifests

    finder = Finder(project, picture, picture.environment(environment))
    return all(map(finder.where_built, services))


def _add(graph: Graph, service: str, found: dict[str, None]) -> None:
    """A service after those whose images its own builds on, each once."""
    if service not in found:
        for parent in parents_of(graph, service):
            _add(graph, parent, found)
        found[service] = None
