"""The workspace that checks are tried on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.monorepo import Monorepo
from tests.support.played import Shop


@pytest.fixture
def shop(repo: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """`web` is tested after `core` is built; no program but git is run."""
    for name in ("pnpm", "node"):
        program = tmp_path / "programs" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/false\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "programs"), prepend=":")
    monkeypatch.setenv("BUILDGRAPH_CHECKS", str(tmp_path / "store"))
    repo.package("core", scripts={"build": "tsc"})
    repo.package("web", uses=["core"], scripts={"test": "vitest"})
    repo.lock()
    repo.commit()
    return Shop(repo)
