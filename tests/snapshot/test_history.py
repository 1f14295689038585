"""What a clone knows of its branches, whatever signs their names have."""

from __future__ import annotations

from buildgraph.snapshot.history import read_heads
from tests.support.monorepo import Monorepo


def test_a_branch_whose_name_has_a_sign_that_ends_lines_is_one_branch(repo: Monorepo) -> None:
    """git forbids control characters in names, not U+2028 and U+0085, at which Python ends lines."""
    name = "odd\u2028\x85name"
    commit = repo.commit()
    repo.git("update-ref", f"refs/remotes/origin/{name}", commit)
    repo.git("update-ref", "-d", f"refs/heads/{repo.git('branch', '--show-current').strip()}")

    assert read_heads(repo.repository) == {commit: f"origin/{name}"}


def test_a_clone_without_branches_has_no_heads(repo: Monorepo) -> None:
    assert read_heads(repo.repository) == {}
