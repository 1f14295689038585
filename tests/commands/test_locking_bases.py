"""`buildgraph bases --update` writes the lock, or says why it cannot."""

from __future__ import annotations

import pytest

from buildgraph.commands.bases import LOCK, named_bases, write_lock
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


def test_what_makes_the_sbom_is_a_base_image_like_the_others(repo: Monorepo) -> None:
    """It is locked and counts for every image; where no SBOM is wanted, nobody names it."""
    repo.plain_service("web", "FROM scratch\nCOPY services/web/ /\n", port=80)
    settings = 'name = "acme"\nsbom_scanner = "scanner:1"\n'
    repo.write("manifests/workspace.toml", settings)
    repo.write(LOCK, f'[digests]\n"scanner:1" = "sha256:{"a" * 64}"\n')
    repo.commit()
    before = open_project(repo.root).working_picture()
    repo.write("manifests/workspace.toml", f'{settings}attestations = ["sbom"]\n')
    asked = open_project(repo.root).working_picture()
    repo.write(LOCK, f'[digests]\n"scanner:1" = "sha256:{"b" * 64}"\n')
    newer = open_project(repo.root).working_picture()

    assert "scanner:1" not in named_bases(before)
    assert "scanner:1" in named_bases(asked)
    assert asked.images["web"].bases["scanner:1"][0] == f"scanner:1@sha256:{'a' * 64}"
    prints = {picture.fingerprint("web") for picture in (before, asked, newer)}
    assert len(prints) == 3
