"""History questions: the default branch, merge bases, where a clone came from."""

from __future__ import annotations

import re

from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.reading import resolve_commit

CREDENTIALS = re.compile(r"^(\w+://)[^/@]*@")
DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def default_branch(repository: Repository) -> str | None:
    """The default branch's name as this clone knows it, or None."""
    return next((name for name in DEFAULT_BRANCHES if resolve_commit(repository, name)), None)


def merge_base(repository: Repository, one: str, other: str) -> str | None:
    """The best common ancestor of two commits, or None when there is none here (a shallow clone, say)."""
    found = repository.try_git("merge-base", "--end-of-options", one, other)
    return found.text.strip() if found.code == 0 else None


def origin_address(repository: Repository) -> str:
    """Where this clone came from, without user or password; "" when it knows no `origin`."""
    import git

    with git.Repo(repository.root) as opened:
        address = next((remote.url for remote in opened.remotes if remote.name == "origin"), "")
    return CREDENTIALS.sub(r"\1", address)
