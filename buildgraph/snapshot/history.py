"""History questions: the default branch, merge bases, who works here; off the hot path, so GitPython answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.reading import resolve_commit

if TYPE_CHECKING:
    import git

DEFAULT_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def default_branch(repository: Repository) -> str | None:
    """The default branch's name as this clone knows it, or None."""
    return next((name for name in DEFAULT_BRANCHES if resolve_commit(repository, name)), None)


def merge_base(repository: Repository, one: str, other: str) -> str | None:
    """The best common ancestor of two commits, or None when there is none here (a shallow clone, say)."""
    found = repository.try_git("merge-base", "--end-of-options", one, other)
    return found.text.strip() if found.code == 0 else None


def current_branch(repository: Repository) -> str | None:
    """The branch that is checked out, or None when HEAD is detached."""
    head = _opened(repository).head
    return None if head.is_detached else head.reference.name


def author(repository: Repository) -> str:
    """Who works here, as git would sign a commit; "" when git has no name for them."""
    reader = _opened(repository).config_reader()
    return str(reader.get_value("user", "name", default=""))


def _opened(repository: Repository) -> git.Repo:
    import git

    return git.Repo(repository.root)
