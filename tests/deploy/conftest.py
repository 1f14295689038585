"""An engine, a server's image and an environment of its own for each test of deployments."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from buildgraph.image.engine import Engine, open_engine
from tests.deploy.town import Town, build_server


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The machine's engine."""
    return open_engine("")


@pytest.fixture(scope="session")
def images(engine: Engine) -> dict[str, str]:
    """What this engine runs for the base images: their stand-ins where it holds them."""
    bases = ("haproxy:2.9", "postgres:16-alpine", "redis:7-alpine", "node:20-alpine")
    held = sorted(engine.held_tags())
    own = {base: f"buildgraph.local/{base.partition(':')[0]}:" for base in bases}
    stand_ins = {base: [tag for tag in held if tag.startswith(own[base])] for base in bases}
    return {base: tags[-1] if base not in held and tags else base for base, tags in stand_ins.items()}


@pytest.fixture(scope="session")
def server(engine: Engine, images: dict[str, str]) -> Iterator[str]:
    """The image of a small server that answers its name and version."""
    image = build_server(engine, images["node:20-alpine"])
    yield image
    engine.client.images.remove(image, force=True)


@pytest.fixture
def make_town(engine: Engine, images: dict[str, str], server: str) -> Iterator[Callable[..., Town]]:
    """Makes environments that end with the test."""
    towns: list[Town] = []

    def make(name: str = "") -> Town:
        towns.append(Town(engine, images, server, name))
        return towns[-1]

    yield make
    for town in towns:
        town.raze()


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    """An environment where nothing was ever deployed."""
    return make_town()
