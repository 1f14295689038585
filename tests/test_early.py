"""What git is asked before the program is loaded: the same as without, or nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.early import GIT, OF_HOOKS, PLACE, QUIET, STATUS, ask_git, is_asked, taken
from buildgraph.process import Command, SystemRunner
from tests.support.monorepo import Monorepo

QUESTIONS = (PLACE, (*GIT, *STATUS))


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Monorepo]:
    here = Path.cwd()
    monorepo = Monorepo(tmp_path / "repo")
    monorepo.write("pnpm-workspace.yaml", "packages: []\n")
    monorepo.write("deep/readme", "hello\n")
    monorepo.commit()
    os.chdir(monorepo.root)
    yield monorepo
    os.chdir(here)
    for question in QUESTIONS:
        taken(str(monorepo.root), question)


def asked_now(repo: Monorepo, argv: tuple[str, ...]) -> bytes:
    return SystemRunner().run(Command(argv, repo.root, QUIET, without=OF_HOOKS)).stdout


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_early_question_has_the_answer_of_a_late_one_and_is_asked_once(
    repo: Monorepo, question: tuple[str, ...]
) -> None:
    late = asked_now(repo, question)
    repo.write("new", "file\n")
    ask_git(["affected"])
    early = taken(str(repo.root), question)

    assert early is not None and not is_asked(str(repo.root), question)
    assert early == asked_now(repo, question)
    assert (early != late) == (question != PLACE)


@pytest.mark.parametrize("arguments", [["affected", "--head", "main"], ["why", "--head=main"], ["--help"]])
def test_nothing_is_asked_where_the_working_tree_does_not_count(repo: Monorepo, arguments: list[str]) -> None:
    ask_git(arguments)
    assert not any(is_asked(str(repo.root), question) for question in QUESTIONS)


def test_nothing_is_asked_in_a_folder_that_is_no_project(repo: Monorepo) -> None:
    os.chdir(repo.root / "deep")
    ask_git(["affected"])
    assert not any(is_asked(str(repo.root / "deep"), question) for question in QUESTIONS)


def test_what_git_refuses_is_asked_again_by_who_tells_why(repo: Monorepo) -> None:
    (repo.root / ".git").rename(repo.root / "gone")
    ask_git(["affected"])
    assert [taken(str(repo.root), question) for question in QUESTIONS] == [None, None]


def test_a_hook_of_git_leads_nobody_astray(repo: Monorepo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    ask_git(["affected"])
    assert taken(str(repo.root), PLACE) is not None
