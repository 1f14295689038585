"""What stands in the way of a step, as far as it is known before anything starts: base images, and secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from buildgraph.builder import Builder
from buildgraph.errors import BuildgraphError, ConfigurationError, ToolError
from buildgraph.plan.steps import Phase, Step


def with_obstacles(builder: Builder, step: Step) -> Step:
    """A step of a plan; its reason tells what it would be refused for, too."""
    found = _obstacles(builder, step)
    return replace(step, reason=f"{step.reason}; refused: {', '.join(found)}") if found else step


def refuse_unready_bases(builder: Builder, services: Iterable[str]) -> None:
    """Refuse to build images upon bases that are not there, all at once, before the first is built.

    Raises ConfigurationError for those that are not locked, else ToolError for stand-ins that are not on the engine.
    An engine that does not answer is told by the tasks that ask it.
    """
    users: dict[str, list[str]] = {}
    for service in services:
        for base in builder.picture.images[service].bases:
            users.setdefault(base, []).append(service)
    troubles = {base: trouble for base in sorted(users) if (trouble := _trouble(builder, base))}
    try:
        stale = {
            base: names
            for base in troubles
            if (names := [name for name in sorted(users[base]) if not builder.where_built(name)])
        }
    except BuildgraphError:
        return
    _refuse(troubles, stale)


def _refuse(
    troubles: Mapping[str, ConfigurationError | ToolError], users: Mapping[str, Iterable[str]]
) -> None:
    """Raise what is wrong with the bases that have users."""
    found = [(troubles[base], names) for base, names in users.items()]
    mistakes = [
        mistake._replace(what=f"{mistake.what}; needed by the build of {', '.join(names)}")
        for trouble, names in found
        if isinstance(trouble, ConfigurationError)
        for mistake in trouble.mistakes
    ]
    if mistakes:
        raise ConfigurationError(mistakes)
    if found:
        raise ToolError("\n".join(str(trouble) for trouble, _ in found))


def _obstacles(builder: Builder, step: Step) -> list[str]:
    service = next((s for s in builder.picture.manifests.services if s.name == _service_of(step)), None)
    if service is None:
        return []
    if step.phase is Phase.BUILD:
        bases = (_trouble(builder, name) for name in builder.picture.images[service.name].bases)
        return [*(_words(trouble) for trouble in bases if trouble), *_untold(builder, service.build_secrets)]
    if step.phase is Phase.DEPLOY:
        from buildgraph.place.secrets import needed_secrets

        return _untold(builder, needed_secrets(service, builder.environment))
    return []


def _service_of(step: Step) -> str:
    """The name at the end of `image:NAME` and `deployment:ENVIRONMENT/NAME`."""
    return step.node.rpartition(":")[2].rpartition("/")[2]


def _trouble(builder: Builder, base: str) -> ConfigurationError | ToolError | None:
    """Why nothing can be built upon a base image here; None when it can."""
    try:
        builder.ready_base(base)
    except (ConfigurationError, ToolError) as error:
        return error
    return None


def _words(trouble: ConfigurationError | ToolError) -> str:
    return trouble.what if isinstance(trouble, ToolError) else ", ".join(m.what for m in trouble.mistakes)


def _untold(builder: Builder, names: Iterable[str]) -> list[str]:
    """The secrets that have no value; not those that a command may tell which was not asked."""
    wanted = list(names)
    missing = builder.secrets.missing(wanted) if wanted else []
    return [f"secret {name} has no value" for name in missing if builder.secrets.are_known([name])]
