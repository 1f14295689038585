"""The example as its own people work on it: the scripts of its packages, run by the real pnpm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.system import ROOT, WORKSPACE
from tests.workspace.pnpm import run_pnpm

pytestmark = [pytest.mark.pnpm, pytest.mark.timeout(590)]


def test_every_package_of_the_example_passes_its_own_lint_and_tests(tmp_path: Path) -> None:
    """Type checks take minutes: script/prove runs them."""
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
    workspace = tmp_path / WORKSPACE

    run_pnpm(workspace, "install", "--frozen-lockfile", "--prefer-offline")
    run_pnpm(workspace, "lint")
    run_pnpm(workspace, "test")
