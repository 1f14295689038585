"""A clean environment for every test, and the few fixtures that many of them share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.monorepo import Monorepo
from tests.support.system import docker, free_port, substitute

LEAKS = ("BUILDGRAPH_", "GIT_", "DOIT_", "CI", "GITHUB_", "GITLAB_", "DOCKER_HOST", "NO_COLOR")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """No variable of the machine reaches a test; machine-level settings only reach tests with an engine."""
    import os

    for name in list(os.environ):
        if name.startswith(LEAKS) and name != "BUILDGRAPH_PNPM":
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    if "engine" not in request.keywords:
        monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)
    yield


@pytest.fixture
def repo(tmp_path: Path) -> Monorepo:
    """An empty pnpm workspace in a real git repository."""
    return Monorepo(tmp_path / "repo")


@pytest.fixture(scope="session")
def registry() -> Iterator[str]:
    """The address of a real registry on loopback, of this run alone."""
    port = free_port()
    name = docker("run", "-d", "--rm", "-p", f"127.0.0.1:{port}:5000", substitute("registry:2")).strip()
    yield f"127.0.0.1:{port}"
    docker("rm", "-f", "-v", name)
