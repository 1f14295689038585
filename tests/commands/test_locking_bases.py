"""`buildgraph bases --update` writes the lock, or says why it cannot."""

from __future__ import annotations

import pytest

from buildgraph.commands.bases import LOCK, write_lock
from buildgraph.errors import ConfigurationError
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo


def test_a_lock_that_cannot_be_written_is_told(repo: Monorepo) -> None:
    """Where its folder cannot be made, or what stands in its place cannot be read."""
    repo.commit()
    project = open_project(repo.root)
    (repo.root / LOCK).mkdir(parents=True)

    with pytest.raises(
        ConfigurationError, match=r"^manifests/bases\.toml: cannot be written: Is a directory$"
    ):
        write_lock(project, {"node:20": "sha256:1"})
    (repo.root / "manifests").rename(repo.root / "elsewhere")
    (repo.root / "manifests").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"^manifests/bases\.toml: cannot be written: File exists$"):
        write_lock(project, {"node:20": "sha256:1"})
