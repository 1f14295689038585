"""Which paths wake, and how a burst is named."""

from __future__ import annotations

import pytest

from buildgraph.loop.edits import Edits, is_telling, render_edits


@pytest.mark.parametrize(
    "path",
    ["apps/web/src/[id]/+page.svelte", "package.json", ".gitignore", ".github/workflows/ci.yml", ".git/HEAD"],
)
def test_files_of_the_project_and_what_names_the_commit_may_matter(path: str) -> None:
    assert is_telling(path)


@pytest.mark.parametrize(
    "path",
    [
        ".git/FETCH_HEAD",
        ".git/index.lock",
        "node_modules/a/index.js",
        "apps/web/node_modules",
        ".buildgraph/runs/last.json",
    ],
)
def test_what_git_writes_for_itself_and_what_is_installed_does_not(path: str) -> None:
    assert not is_telling(path)


def test_a_few_files_are_named_and_the_others_counted() -> None:
    assert render_edits([]) == ""
    assert render_edits(["a.ts"]) == "a.ts"
    assert render_edits([f"{number}.ts" for number in range(500)]) == "0.ts, 1.ts, 2.ts and 497 more"


def test_a_name_that_steers_a_terminal_is_shown_as_it_is_written() -> None:
    assert render_edits(["a\x1b[2J.ts"]) == r"a\x1b[2J.ts"


def test_git_s_own_files_are_no_edits_to_name() -> None:
    assert Edits((".git/HEAD", "a.ts")).files == ["a.ts"]
