"""A clean environment for every test, and the few fixtures that many of them share; towns are beside them."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests.support.monorepo import Monorepo
from tests.support.registries import started_registry
from tests.support.system import docker, substitute
from tests.support.workers import COLLECTED, Together, turn

pytest_plugins = ["tests.support.chats", "tests.support.towns"]

KEPT = ("BUILDGRAPH_PNPM", "BUILDGRAPH_EXAMPLES")  # what whoever runs the tests tells them
# How long one example takes says how busy the machine is. The same examples each time: a change is judged by what it
# has changed; whoever asks for a number of them (script/prove) gets so many new ones, unless a test has its own number.
ASKED = os.environ.get("BUILDGRAPH_EXAMPLES")
settings.register_profile("busy", deadline=None, derandomize=ASKED is None, max_examples=int(ASKED or 100))
settings.load_profile("busy")
LEAKS = ("BUILDGRAPH_", "GIT_", "DOIT_", "CI", "GITHUB_", "GITLAB_", "DOCKER_HOST", "NO_COLOR", "COLUMNS")


def pytest_configure() -> None:
    """No variable of the machine reaches a test or a fixture, and what is started in hundreds keeps its byte code.

    What tests start can be interrupted, whoever has started them. Fixtures of a module begin before those of a test:
    what they start must not find a variable of CI either.
    """
    for name in list(os.environ):
        if name.startswith(LEAKS) and name not in KEPT:
            del os.environ[name]
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as shells have what they start in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Whoever looks for garbage later does not look through the thousands of tests, which stay to the end.

    It took a tenth of a second each time, and some tests ask for it.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True, specname="pytest_collection_modifyitems")
def pytest_remember_all(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What was collected, before marks and names choose among it, but for `long` ones: `test_spec_coverage.py` asks."""
    every = (item.nodeid.partition("[")[0] for item in items if item.get_closest_marker("long") is None)
    config.stash[COLLECTED] = frozenset(every)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of turns: beside one another, workers end at the same time."""
    items.sort(key=turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together | None:
    """`--dist loadgroup` goes by what tests share; other ways are xdist's own."""
    if config.getoption("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return Together(config, log)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Machine-level settings only reach tests with an engine."""
    if "engine" not in request.keywords:
        monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)


@pytest.fixture
def repo(tmp_path: Path) -> Monorepo:
    """An empty pnpm workspace in a real git repository."""
    return Monorepo(tmp_path / "repo")


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """The address of a real registry on loopback, of this run alone."""
    with started_registry() as address:
        yield address


@pytest.fixture(scope="session")
def real_node(registry: str) -> Iterator[str]:
    """An image with node that is no stand-in: a registry has it, and it is named by its digest."""
    name = f"{registry}/base/node:20"
    docker("tag", substitute("node:20-alpine"), name)
    docker("push", "-q", name)
    told = docker("inspect", "--format", "{{json .RepoDigests}}", name)
    digest = told.partition(f"{registry}/base/node@")[2].partition('"')[0]
    yield f"{registry}/base/node@{digest}"
    docker("rmi", name)
