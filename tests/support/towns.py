"""An engine, a server's image and an environment of its own for each test of deployments."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from buildgraph.image.engine import Engine, open_engine
from tests.support.engines import OwnEngine
from tests.support.system import substitute
from tests.support.town import Town, build_server, held_images


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The machine's engine."""
    return open_engine("")


@pytest.fixture(scope="session")
def images(engine: Engine) -> dict[str, str]:
    """What this engine runs for the base images: their stand-ins where it holds them."""
    return held_images(engine)


@pytest.fixture(scope="session")
def server(engine: Engine, images: dict[str, str]) -> Iterator[str]:
    """The image of a small server that answers its name and version."""
    image = build_server(engine, images["node:20-alpine"])
    yield image
    engine.client.images.remove(image, force=True)


@pytest.fixture(scope="session")
def own_engine(
    tmp_path_factory: pytest.TempPathFactory, images: dict[str, str], server: str
) -> Iterator[OwnEngine]:
    """An engine that tests may kill, with the images of a town and of a registry."""
    made = OwnEngine(tmp_path_factory.mktemp("engine"), megabytes=1500)
    try:
        made.start()
        bases = {images["haproxy:2.9"], *map(substitute, ("haproxy:2.9", "registry:2"))}
        made.bring(*bases, server)
        yield made
    finally:
        made.remove()


@pytest.fixture
def far_town(own_engine: OwnEngine, images: dict[str, str], server: str) -> Iterator[Town]:
    """An environment on that engine."""
    town = Town(open_engine(own_engine.address), images, server)
    with own_engine.let_in(town.place.environment.proxy_port):
        yield town
        town.raze()


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
