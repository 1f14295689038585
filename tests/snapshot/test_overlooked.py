"""What git's status is told not to look at: a snapshot of the working tree knows nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.snapshot.overlooked import read_overlooked
from tests.support.monorepo import Monorepo


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    for name in ("edited", "removed", "as it is", "known"):
        repo.write(f"packages/{name}.ts", name)
    repo.commit()
    return repo


def test_a_file_that_git_leaves_alone_may_have_any_name(shop: Monorepo) -> None:
    names = ('"a"', "a\nb", "a\r")
    for name in names:
        shop.write(name, name)
    shop.commit()
    shop.git("update-index", "--assume-unchanged", *names)
    shop.append("a\nb")

    assert read_overlooked(shop.repository) == {"a\nb"}


@pytest.mark.parametrize("how", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_leaves_alone_is_told_where_it_is_another_one(shop: Monorepo, how: str) -> None:
    shop.git("update-index", how, *(f"packages/{name}.ts" for name in ("edited", "removed", "as it is")))
    shop.append("packages/edited.ts")
    (shop.root / "packages/removed.ts").unlink()
    shop.append("packages/known.ts")

    assert shop.working_tree().changes.keys() == {"packages/known.ts"}
    assert read_overlooked(shop.repository) == {"packages/edited.ts", "packages/removed.ts"}
    assert read_overlooked(shop.repository.at(shop.root / "packages")) == {"edited.ts", "removed.ts"}


def test_what_is_not_checked_out_is_told(shop: Monorepo) -> None:
    """A sparse checkout."""
    shop.write("apps/web.ts", "web")
    shop.commit()
    shop.git("sparse-checkout", "set", "packages")

    assert read_overlooked(shop.repository) == {"apps/web.ts"}


def test_a_submodule_is_told_when_it_is_edited_or_not_there(shop: Monorepo, tmp_path: Path) -> None:
    other = Monorepo(tmp_path / "other")
    other.commit()
    shop.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "packages/vendor")
    shop.commit()
    assert read_overlooked(shop.repository) == set()

    shop.write("packages/vendor/new.ts", "new")
    assert read_overlooked(shop.repository) == {"packages/vendor"}

    shop.git("submodule", "deinit", "-q", "--force", "packages/vendor")
    assert read_overlooked(shop.repository) == {"packages/vendor"}
