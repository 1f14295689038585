"""Answers a command line of builds that finds everything fresh: doit is loaded only where there is something to run."""

from __future__ import annotations

from collections.abc import Sequence

from buildgraph.chain import Chain, open_chain
from buildgraph.command_line import JOBS
from buildgraph.errors import DONE, BuildgraphError
from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT
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
    names, environment = asked
    run = Run(arguments)
    try:
        chain = open_chain(project, environment)
        fresh = _fresh_tasks(chain, names)
    except BuildgraphError:
        return None
    if fresh is None:
        return None
    run.stand_on(chain)
    for name, why in fresh.items():
        run.give_reason(name, why)
        tell_task(run, name)
    run.reports = True
    return run.conclude(DONE, project.cache_folder())


def _parsed(arguments: Sequence[str]) -> tuple[list[str], str] | None:
    """The names after `build:` (none: all), and the environment; None for a command line that says more."""
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
    return (names, environment) if names else None


def _fresh_tasks(chain: Chain, names: Sequence[str]) -> dict[str, str] | None:
    """The tasks of the services that `names` mean, each with why it is fresh; None when one is not, or is not known."""
    known = [service.name for service in chain.services]
    found: dict[str, None] = {}
    for name in names:
        services = [name] if name in known else chain.products.get(name, []) if name else known
        if not services:
            return None
        for service in services:
            _add(chain, service, found)
    fresh: dict[str, str] = {}
    for service in found:
        why = chain.builder.where_built(service)
        if not why:
            return None
        fresh[f"{TASK}:{service}"] = why
    return fresh


def _add(chain: Chain, service: str, found: dict[str, None]) -> None:
    """A service after those whose images its own builds on, each once."""
    if service not in found:
        for parent in chain.parents(service):
            _add(chain, parent, found)
        found[service] = None
