"""The example as its own people work on it: the scripts of its packages, run by the real pnpm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.system import ROOT, WORKSPACE
from tests.workspace.pnpm import run_pnpm

pytestmark = [pytest.mark.pnpm, pytest.mark.timeout(590)]


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


def test_the_chat_and_all_that_it_uses_pass_their_own_lint_and_tests(workspace: Path) -> None:
    """The other products are made like it; script/prove runs theirs, and the type checks of all."""
    chat = ("--filter", "{apps/chat/**}...")
    install(workspace, *chat, "--filter", ".")

    for script in ("lint", "test"):
        run_pnpm(workspace, *chat, script)


@pytest.mark.long
def test_every_package_of_the_example_passes_its_own_lint_and_tests(workspace: Path) -> None:
    install(workspace)

    for script in ("lint", "test"):
        run_pnpm(workspace, script)
