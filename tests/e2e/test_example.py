"""The example as its own people work on it: the scripts of its packages, run by the real pnpm."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.system import ROOT, WORKSPACE, fetch, free_port
from tests.support.waiting import until
from tests.workspace.pnpm import pnpm_of, run_pnpm

pytestmark = [pytest.mark.pnpm, pytest.mark.timeout(1770)]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A copy of the example."""
    listed = subprocess.run(
        ("git", "ls-files", "-co", "--exclude-standard", "-z", WORKSPACE),
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / name)
    return tmp_path / WORKSPACE


def install(workspace: Path, *chosen: str) -> None:
    """Install all, or the packages that pnpm's options choose."""
    run_pnpm(workspace, *chosen, "install", "--frozen-lockfile", "--prefer-offline")


def test_the_chat_passes_its_own_lint_and_all_that_it_uses_their_tests(workspace: Path) -> None:
    """The accounts, too. The other products are made like it; script/prove lints, tests and type-checks all."""
    chat = ("--filter", "{apps/chat/**}...", "--filter", "{services/**}...")
    install(workspace, *chat, "--filter", ".")

    run_pnpm(workspace, "--filter", "{apps/chat/**}", "lint")
    run_pnpm(workspace, *chat, "test")


@pytest.mark.long
def test_every_package_of_the_example_passes_its_own_lint_and_tests(workspace: Path) -> None:
    install(workspace)

    for script in ("lint", "test"):
        run_pnpm(workspace, script)


def test_an_edit_of_a_backend_answers_at_once_where_it_runs_from_its_sources(workspace: Path) -> None:
    """Without its database and its cache, which a list of models can do without."""
    install(workspace, "--filter", "@chat/backend...", "--filter", ".")
    models = workspace / "apps/chat/apps/backend/src/models.ts"

    with developing(workspace, "@chat/backend") as address:
        until(lambda: '"name":"Echo"' in asked(address))
        models.write_text(models.read_text().replace("name: 'Echo'", "name: 'Parrot'"))
        until(lambda: '"name":"Parrot"' in asked(address))


@contextmanager
def developing(workspace: Path, package: str) -> Iterator[str]:
    """The address of a backend that runs from its sources, and ends with all that pnpm has started for it."""
    port = free_port()
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:9/none", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": "9"}
    argv = [*pnpm_of("9.15.0"), "--filter", package, "dev"]
    env = {**os.environ, **nowhere, "PORT": str(port)}
    running = subprocess.Popen(
        argv,
        cwd=workspace,
        env=env,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}/api/models"
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def asked(address: str) -> str:
    """What is answered there; "" while nobody listens."""
    try:
        return fetch(address)[1]
    except OSError:
        return ""
