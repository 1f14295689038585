"""What a comparison starts from: the commit that was named, CI's, or where this branch left the default one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from buildgraph.ci import COMMIT_ID, Environ, Start, is_ci, read_start
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.history import (
    DEFAULT_BRANCHES,
    REMOTE,
    first_known,
    is_shallow,
    merge_base,
    places_of,
    remote_branches,
    resolve_commits,
    short_name,
    two_meanings,
)

NAME_IT = "name the base with --base"
DEPLOYED = "deployed:"  # begins a base that is no commit: what runs in the environment named after it


class Base(NamedTuple):
    """What is compared with: its name and its commit, which is None when it cannot be found.

    `problem` then says why not and the way out.
    """

    ref: str
    commit: str | None
    problem: str = ""


def find_base(repository: Repository, asked: str | None, head: str | None, environ: Environ) -> Base:
    """The commit that `head` (a commit id; None before the first commit) is compared with.

    `asked` is what the user named. Without it the variables of CI decide, and outside CI it is the merge base
    with the default branch. A base that cannot be found has a problem and no commit; no other takes its place.
    """
    if asked is not None:
        return _named(repository, asked)
    if head is None:
        return Base("", None, "there is no commit here yet")
    start = read_start(environ)
    if start.problem:
        return Base("", None, f"{start.problem}; {NAME_IT}")
    branches = remote_branches(repository)
    names = tuple(name.replace(REMOTE, branches, 1) for name in start.names)
    return _located(repository, start._replace(names=names), head)


def default_head(environ: Environ) -> str | None:
    """What is compared when nobody names it: HEAD in CI, where files of earlier steps must not count; else None.

    None stands for the working tree.
    """
    return "HEAD" if is_ci(environ) else None


def _named(repository: Repository, asked: str) -> Base:
    """The commit that the user named."""
    if not asked.strip():
        return Base(asked, None, "the base that was given is empty (an unset variable?)")
    there = remote_branches(repository) + asked
    known = resolve_commits(repository, [asked, *places_of(asked), there])
    problem = two_meanings(asked, known)
    if problem or asked in known:
        return Base(asked, None if problem else known[asked], problem)
    return Base(
        asked,
        None,
        f"there is no commit {asked!r} here; {_hint(repository, asked, there if there in known else '')}",
    )


def _hint(repository: Repository, asked: str, there: str) -> str:
    if there:
        return f"did you mean {short_name(there)}?"
    if ".." in asked:
        return "a range is no base: name one commit"
    if not asked.strip("0"):
        return "all zeros stand for no commit, as before the first push of a branch"
    if is_shallow(repository):
        return "this clone is shallow: fetch the rest (`git fetch --unshallow`, fetch-depth: 0, GIT_DEPTH=0)"
    return "`git fetch` it, or name another"


def _located(repository: Repository, start: Start, head: str) -> Base:
    """The commit of a start that is here.

    In CI it differs from head: a job that compared a commit with itself would pass whatever it holds.
    """
    parents = (f"{head}^1", f"{head}^2") if start.merge_of else ()
    known = resolve_commits(repository, [*start.names, start.beside, *parents])
    if start.merge_of and known.get(f"{head}^2") == start.merge_of:
        return Base(short_name(start.names[0]), known[f"{head}^1"])
    name = first_known((*start.names, start.beside), known)
    if name is None:
        return Base(_told(start), None, _missing(repository, start))
    commit = _fork(repository, (name, start.beside), known, head) if start.forks else known[name]
    if commit is None:
        return Base(short_name(name), None, _unrelated(repository, start, name))
    if commit == head and start.in_ci:
        return Base(short_name(name), None, f"HEAD holds nothing beyond {short_name(name)}; {NAME_IT}")
    return Base(short_name(name), commit)


def _fork(repository: Repository, names: Iterable[str], known: Mapping[str, str], head: str) -> str | None:
    """The merge base of head with a branch; git need not search for it where head is the branch."""
    states = sorted({known[name] for name in names if name in known})
    return head if head in states else merge_base(repository, head, *states)


def _missing(repository: Repository, start: Start) -> str:
    """Why nothing of a start is here, and the way out."""
    name = _told(start)
    if is_shallow(repository):
        what = name or "the default branch"
        return f"{what} is not in this shallow clone: {start.deepen} fetches all, or {NAME_IT}"
    if not name:
        return f"no default branch is known here; {NAME_IT}"
    lost = ", and a forced push may have removed it" if COMMIT_ID.fullmatch(name) else ""
    return f"{name} is not in this clone{lost}; {NAME_IT}"


def _told(start: Start) -> str:
    """What people call a start that is not here; a default branch that is not known has no name."""
    return "" if len(start.names) == len(DEFAULT_BRANCHES) else short_name(start.names[0])


def _unrelated(repository: Repository, start: Start, name: str) -> str:
    """Why head and a branch have no common commit here, and the way out."""
    other = short_name(name)
    if is_shallow(repository):
        return f"where HEAD left {other} is cut off from this shallow clone: {start.deepen} fetches all, or {NAME_IT}"
    return f"HEAD and {other} have no common commit (an orphan branch?); {NAME_IT}"
