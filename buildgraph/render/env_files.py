"""Templates of env files: the secrets that an environment needs, with who needs them, and no value of any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from buildgraph.manifests.model import Environment, Manifests, Service
from buildgraph.manifests.variables import POSTGRES_PASSWORD, POSTGRES_USER, REDIS_PASSWORD
from buildgraph.render.compose.stack import Stack
from buildgraph.render.compose.words import image_variable
from buildgraph.render.monitoring import ENVIRONMENT as WATCHED
from buildgraph.render.monitoring.containers import NEEDED
from buildgraph.render.rendered import head

FOLDER: Final = "docker/env"
OF_SERVERS: Final[Mapping[str, Mapping[str, str]]] = {
    "postgres": {
        POSTGRES_USER: "the user of PostgreSQL; postgres where it is left empty",
        POSTGRES_PASSWORD: "its password; letters and digits, for it becomes part of URLs",
    },
    "redis": {REDIS_PASSWORD: "the password of Redis"},
}


def render_env_files(manifests: Manifests) -> dict[str, str]:
    """One template for each environment."""
    found = (Stack(manifests, environment) for environment in manifests.environments)
    return {f"{FOLDER}/{stack.environment.name}.env.example": head() + _text(stack) for stack in found}


def _text(stack: Stack) -> str:
    blocks = [
        _heading(stack.environment),
        *_servers(stack),
        *_secrets(stack.services),
        *_watchers(stack),
        _images(stack),
    ]
    return "\n".join(blocks)


def _heading(environment: Environment) -> str:
    return (
        f"# Secrets of {environment.name}. Fill in a copy that git does not see, or set these variables where\n"
        "# `buildgraph` or `docker compose` runs. Public values stand in the manifests.\n"
    )


def _servers(stack: Stack) -> Iterator[str]:
    for backing in stack.environment.backing:
        for name, told in OF_SERVERS[backing.kind].items():
            yield f"# {told}\n{name}=\n"


def _secrets(services: Iterable[Service]) -> Iterator[str]:
    needed: dict[str, list[str]] = {}
    for service in services:
        for name, value in service.env.items():
            if value.secret:
                needed.setdefault(name, []).append(service.name)
    for name, users in sorted(needed.items()):
        yield f"# {_of(users)}\n{name}=\n"


def _watchers(stack: Stack) -> Iterator[str]:
    """What the containers that watch this environment need, where they are rendered."""
    if "monitoring" in stack.manifests.workspace.render and stack.environment.name == WATCHED:
        yield from (f"# {told}\n{name}=\n" for name, told in NEEDED.items())


def _of(users: list[str]) -> str:
    return f"of {', '.join(users)}"


def _images(stack: Stack) -> str:
    """What the compose files name images by; `buildgraph render --images` tells them."""
    names = (image_variable(service.name) for service in stack.services)
    return "# Images, for compose files; `buildgraph render --images` tells them.\n" + "".join(
        f"# {name}=\n" for name in names
    )
