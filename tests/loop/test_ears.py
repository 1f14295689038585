"""What is heard of real edits in a real repository: bursts, new folders, and what is not heard of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.loop.ears import Ears
from buildgraph.loop.edits import Edits
from buildgraph.loop.eyes import Eyes
from tests.support.monorepo import Monorepo

MANY = 500


@pytest.fixture
def repo(tmp_path: Path) -> Monorepo:
    found = Monorepo(tmp_path / "repo")
    found.package("@acme/core")
    found.write("notes.log", "")
    found.append(".gitignore", "*.log\n")
    found.commit()
    return found


def nobody_wishes() -> bool:
    return False


@pytest.fixture
def ears(repo: Monorepo) -> Iterator[Ears]:
    listening = Ears(repo.repository, 0.05, nobody_wishes).open()
    yield listening
    listening.close()


@pytest.fixture(params=["the kernel tells", "git is asked"])
def senses(repo: Monorepo, ears: Ears, request: pytest.FixtureRequest) -> Ears | Eyes:
    return ears if request.param == "the kernel tells" else Eyes(repo.repository, nobody_wishes, 0.05)


def heard_until(senses: Ears | Eyes, last: str) -> list[Edits]:
    """The bursts up to the one that holds this path: so much was heard, and nothing else."""
    bursts = [senses.hear()]
    while last not in bursts[-1].paths:
        bursts.append(senses.hear())
    return bursts


def test_an_edit_is_heard_of_and_what_git_ignores_is_not(repo: Monorepo, senses: Ears | Eyes) -> None:
    repo.append("notes.log")
    repo.write("dist/out.js", "")
    repo.write("node_modules/a/index.js", "")
    repo.append("packages/core/src/index.ts")

    heard = {path for burst in heard_until(senses, "packages/core/src/index.ts") for path in burst.paths}

    assert heard == {"packages/core/src/index.ts"}


def test_what_came_while_nobody_listened_is_heard_of_at_once(repo: Monorepo, senses: Ears | Eyes) -> None:
    repo.append("package.json", "\n")
    repo.git("status")  # meanwhile

    assert senses.hear().files == ["package.json"]


def test_each_of_two_edits_in_one_second_is_met(repo: Monorepo, senses: Ears | Eyes) -> None:
    for content in ("1", "2", "3"):
        repo.write("package.json", content)

        assert senses.hear().files == ["package.json"]


def test_a_checkout_of_500_files_is_one_burst(repo: Monorepo) -> None:
    repo.git("checkout", "-q", "-b", "other")
    for number in range(MANY):
        repo.write(f"packages/core/src/{number}.ts", "1")
    repo.commit()
    ears = Ears(repo.repository, 0.05, nobody_wishes).open()

    repo.git("checkout", "-q", "main")
    gone = ears.hear()
    repo.git("checkout", "-q", "other")
    back = ears.hear()
    repo.append("package.json", "\n")
    last = ears.hear()
    ears.close()

    names = {f"packages/core/src/{number}.ts" for number in range(MANY)}
    assert set(gone.files) == set(back.files) == names
    assert ".git/HEAD" in back.paths
    assert last.files == ["package.json"]


def test_files_in_a_folder_that_was_just_made_are_heard_of(repo: Monorepo, ears: Ears) -> None:
    repo.write("packages/new/deep/src/index.ts", "1")
    while "packages/new/deep/src" not in ears.folders:
        ears.hear()
    repo.write("packages/new/deep/src/index.ts", "22")

    assert heard_until(ears, "packages/new/deep/src/index.ts")


def test_a_folder_that_is_not_ignored_any_more_is_listened_to(repo: Monorepo) -> None:
    repo.write("dist/out.js", "1")
    ears = Ears(repo.repository, 0.05, nobody_wishes).open()

    repo.write(".gitignore", "node_modules/\n")
    ears.hear()
    repo.write("dist/out.js", "2")
    heard = heard_until(ears, "dist/out.js")
    ears.close()

    assert heard
