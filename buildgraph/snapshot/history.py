"""History questions: commits by name, the default branch, merge bases, where a clone came from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from buildgraph.snapshot.git import Repository

REMOTES = re.compile(rb'^\s*\[remote "([^"\\\n]+)"\]', re.MULTILINE)
# A login stands before the last @ of the part before the path; a token may also stand in a query, or behind a #.
CREDENTIALS = re.compile(r"^([\w+.-]+://)(?:[^/]*@)?([^?#]*).*", re.DOTALL)
REMOTE, LOCAL, TAG = "refs/remotes/origin/", "refs/heads/", "refs/tags/"
# The places to look for the default branch, best first; written in full, so that no tag stands in for a branch.
DEFAULT_BRANCHES = (f"{REMOTE}HEAD", f"{REMOTE}main", f"{REMOTE}master", f"{LOCAL}main", f"{LOCAL}master")


def resolve_commits(repository: Repository, names: Iterable[str]) -> dict[str, str]:
    """The full commit ids of those names that name a commit here, by name; one process for all of them.

    Names go to git on standard input, so none is ever taken for an option.
    """
    asked = [name for name in dict.fromkeys(names) if name and "\n" not in name]
    if not asked:
        return {}
    request = b"".join(os.fsencode(name) + b"^{commit}\n" for name in asked)
    told = repository.try_git("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=request)
    if told.code != 0:  # git gives up where it meets `branch@{upstream}` without one
        alone = (resolve_commits(repository, [name]) for name in asked if len(asked) > 1)
        return {name: commit for found in alone for name, commit in found.items()}
    lines = told.text.split("\n")[: len(asked)]
    return {
        name: line.removesuffix(" commit") for name, line in zip(asked, lines, strict=True) if _is_found(line)
    }


def places_of(name: str) -> tuple[str, str]:
    """The branch and the tag that a name may mean, in full."""
    return LOCAL + name, TAG + name


def two_meanings(name: str, commits: Mapping[str, str]) -> str:
    """What is said of a name that is a branch and a tag, which are two commits: neither is chosen; else ""."""
    places = places_of(name)
    if len({commits[place] for place in places if place in commits}) < 2:
        return ""
    return f"{name} is a branch and a tag here; write {' or '.join(places)}"


def first_known(names: Iterable[str], commits: Mapping[str, str]) -> str | None:
    """The first of these names that has a commit."""
    return next((name for name in names if name in commits), None)


def short_name(reference: str) -> str:
    """A reference as people write it: `origin/main` for refs/remotes/origin/main, `main` for refs/heads/main."""
    return re.sub(r"^refs/(remotes|heads|tags)/", "", reference)


def read_heads(repository: Repository) -> dict[str, str]:
    """The commits at the heads of all branches that this clone knows, local and remote, each with one branch's name."""
    told = repository.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes")
    lines = (line.partition(" ") for line in reversed(told.text.split("\n")) if line)
    return {
        commit: name.removeprefix("refs/heads/").removeprefix("refs/remotes/") for commit, _, name in lines
    }


def merge_base(repository: Repository, one: str, *others: str) -> str | None:
    """The best common ancestor of a commit and any of others, or None when none can be told here.

    A shallow clone may hold an old one where history that was cut off has a better one: then it is None.
    """
    found = repository.try_git("merge-base", "--end-of-options", one, *others)
    if found.code != 0:
        return None
    commit = found.text.strip()
    cut = _read_cut(repository)
    if cut and cut & _commits_since(repository, commit, (one, *others)):
        return None
    return commit


def remote_branches(repository: Repository) -> str:
    """Where the branches of the remote stand that this clone came from: `origin`, or the only one there is."""
    try:
        names = set(REMOTES.findall((repository.git_dir / "config").read_bytes()))
    except OSError:
        names = set()
    return f"refs/remotes/{os.fsdecode(names.pop())}/" if len(names) == 1 else REMOTE


def is_shallow(repository: Repository) -> bool:
    """Whether this clone lacks old commits."""
    return bool(_read_cut(repository))


def origin_address(repository: Repository) -> str:
    """Where this clone came from, without user, password or query; "" when it knows no `origin`."""
    import git

    with git.Repo(repository.root) as opened:
        address = next((remote.url for remote in opened.remotes if remote.name == "origin"), "")
    return without_login(address)


def without_login(address: str) -> str:
    """A repository's address without what lets somebody in; a path and `git@host:path` stay as they are."""
    return CREDENTIALS.sub(r"\1\2", address)


def _is_found(line: str) -> bool:
    """Whether git answered with a commit; else it repeats the name and says `missing` or `ambiguous`."""
    return re.fullmatch(r"[0-9a-f]{40,64} commit", line) is not None


def _read_cut(repository: Repository) -> set[str]:
    """The commits whose parents this clone lacks; git keeps them in the file `shallow`."""
    try:
        return set((repository.git_dir / "shallow").read_text().split())
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _commits_since(repository: Repository, commit: str, tips: Iterable[str]) -> set[str]:
    """The commits that lead to `tips` and not to `commit`."""
    return set(repository.git("rev-list", *tips, "--not", commit).text.split())
