"""Templates of env files: the secrets that an environment needs, with who needs them, and no value of any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from buildgraph.manifests.model import Environment, Manifests
from buildgraph.render.compose.stack import Stack
from buildgraph.render.compose.words import image_variable
from buildgraph.render.monitoring import ENVIRONMENT as WATCHED
from buildgraph.render.monitoring.containers import NEEDED
from buildgraph.render.rendered import head
from buildgraph.render.secret_names import OF_SERVERS, users_in_builds, users_of_secrets

FOLDER: Final = "docker/env"


def render_env_files(manifests: Manifests) -> dict[str, str]:
    """One template for each environment."""
    found = (Stack(manifests, environment) for environment in manifests.environments)
    return {f"{FOLDER}/{stack.environment.name}.env.example": head() + _text(stack) for stack in found}


def _text(stack: Stack) -> str:
    blocks = [
        _heading(stack.environment),
        *_servers(stack),
        *_secrets(stack.manifests),
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


def _secrets(manifests: Manifests) -> Iterator[str]:
    told = {name: _of(users) for name, users in users_of_secrets(manifests).items()}
    for name, users in users_in_builds(manifests).items():
        told[name] = "; ".join([*([told[name]] if name in told else []), f"of the build {_of(users)}"])
    for name, users_told in told.items():
        yield f"# {users_told}\n{name}=\n"


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
