"""Reads snapshots: a commit from its tree; the working tree as its commit and what git's status tells of edits."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from buildgraph.early import STATUS
from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.process import Started
from buildgraph.snapshot.git import REACH_IT, Repository
from buildgraph.snapshot.snapshot import (
    EXECUTABLE,
    REGULAR,
    SUBMODULE,
    SYMLINK,
    Changes,
    Entries,
    Entry,
    Snapshot,
    decoded,
)
from buildgraph.snapshot.status import Change, is_submodule, parse_status
from buildgraph.snapshot.storing import begin_storing, on_disk

NO_SUCH_TREE = "Not a valid object name"
FETCH_IT = "fetch it first (a shallow clone lacks old commits: `git fetch --unshallow`)"


def read_commit(repository: Repository, revision: str) -> Snapshot:
    """The snapshot of a commit; ConfigurationError when `revision` names none here, or two."""
    # a working tree has no history to ask
    from buildgraph.snapshot.history import places_of, resolve_commits, two_meanings

    if not revision.strip():
        raise ConfigurationError.of("", "the commit that was given is empty", "is a variable not set?")
    known = resolve_commits(repository, [revision, *places_of(revision)])
    if problem := two_meanings(revision, known):
        raise ConfigurationError.of("", problem)
    if revision not in known:
        raise ConfigurationError.of("", f"there is no commit {revision!r} here", FETCH_IT)
    return commit_snapshot(repository, known[revision])


def commit_snapshot(repository: Repository, commit: str) -> Snapshot:
    """The snapshot of a commit that is known to be here, by its full id."""
    return Snapshot(partial(_list_commit, repository, commit), repository, commit)


def begin_status(repository: Repository) -> Started:
    """Ask git what differs in the working tree: it works on it while we go on."""
    return repository.begin_git(*STATUS)


def read_working_tree(repository: Repository, begun: Started | None = None) -> Snapshot:
    """The snapshot of the working tree: its commit, edits and untracked files that are not ignored.

    Edited and untracked files are copied into the repository's store of edited files, cleaned as git would
    on commit, so the snapshot stays what it is while the files are edited on. `begun` is the status asked
    for earlier.
    """
    found = begin_working_tree(repository, begun)
    found.changes  # noqa: B018  # read now
    return found


def begin_working_tree(repository: Repository, begun: Started | None = None) -> Snapshot:
    """The snapshot of the working tree, whose edits git copies while we go on, until somebody asks for them."""
    told = (begun or begin_status(repository)).result()
    if told.code != 0:
        raise ToolError(f"`git status` failed: {told.last_lines}")
    status = parse_status(told.stdout, repository.prefix)
    changes = _begin_changes(repository, status.changes)
    committed = partial(_list_commit, repository, status.commit)
    return Snapshot(committed, repository, status.commit, changes, dirty=bool(status.changes))


def read_difference(repository: Repository, base: str, head: str) -> dict[str, Entry | None]:
    """What differs in one commit from another: path -> its entry in `head`, None where it is gone."""
    listing = repository.git(
        *("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none"),
        *("--relative", "--end-of-options", base, head),
    )
    records = iter(decoded(listing.stdout).split("\0"))
    found: dict[str, Entry | None] = {}
    for facts in records:
        if facts:
            _, mode, _, blob, _ = facts.split(" ")
            found[next(records)] = Entry(int(mode, 8), blob) if int(mode, 8) else None
    return found


def _list_commit(repository: Repository, commit: str | None, folder: str) -> Entries:
    """A commit's entries below a folder of the project; none where there is no commit, or no such folder then."""
    if commit is None:
        return {}
    tree = f"{commit}:{repository.prefix.rstrip('/')}" if repository.prefix else commit
    below = ("--", folder) if folder else ()
    listing = repository.try_git("ls-tree", "-r", "-z", "--full-tree", tree, *below)
    if listing.code != 0 and not (repository.prefix and NO_SUCH_TREE in listing.last_lines):
        raise ToolError(f"git cannot read {commit}: {listing.last_lines}", REACH_IT)
    return dict(_parse_tree(decoded(listing.stdout))) if listing.code == 0 else {}


def _parse_tree(listing: str) -> Iterator[tuple[str, Entry]]:
    """The records of `git ls-tree -z`: mode, type and id, parted by blanks, then a tab and the path."""
    modes = {"100644": REGULAR, "100755": EXECUTABLE, "120000": SYMLINK, "160000": SUBMODULE}
    for record in listing.split("\0"):
        facts, tab, path = record.partition("\t")
        if tab:
            mode = facts[:6]
            yield path, Entry(modes.get(mode) or int(mode, 8), facts[facts.rindex(" ") + 1 :])


def _begin_changes(repository: Repository, changes: Iterable[Change]) -> Callable[[], Changes]:
    """The entries of all that differs from the commit, on their way; what turns out to be as there is left out."""
    told = tuple(changes)
    edited = [change for change in told if change.edited]
    indexed = {change.path: change.indexed for change in edited if change.indexed}
    stored = begin_storing(repository, _modes(repository, edited), indexed)

    def read() -> Changes:
        found = {change.path: None if change.edited else change.indexed for change in told}
        found.update(
            {change.path: _checked_out(repository, change.path) for change in edited if is_submodule(change)}
        )
        found.update(stored())
        committed = {change.path: change.committed for change in told if change.committed}
        return {path: entry for path, entry in found.items() if entry is None or entry != committed.get(path)}

    return read


def _checked_out(repository: Repository, path: str) -> Entry:
    """The commit that a submodule really has checked out."""
    return Entry(SUBMODULE, repository.git("-C", path, "rev-parse", "HEAD").text.strip())


def _modes(repository: Repository, changes: Iterable[Change]) -> dict[str, int]:
    """The git modes of edited files that are there: status tells those of tracked ones."""
    found: dict[str, int] = {}
    for change in changes:
        on_disk = _mode(repository.folder, change.path)
        if on_disk is not None:
            found[change.path] = change.mode or on_disk
    untracked = [c.path for c in changes if not c.mode and found.get(c.path) == EXECUTABLE]
    if untracked and not _trusts_modes(repository):
        found.update(dict.fromkeys(untracked, REGULAR))
    return found


def _mode(folder: Path, path: str) -> int | None:
    """The git mode of a path on disk, or None when it is gone or is a folder (a nested repository)."""
    try:
        found = os.lstat(on_disk(folder, path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}") from error
    if stat.S_ISLNK(found.st_mode):
        return SYMLINK
    if stat.S_ISREG(found.st_mode):
        return EXECUTABLE if found.st_mode & stat.S_IXUSR else REGULAR
    return None


def _trusts_modes(repository: Repository) -> bool:
    """Where core.fileMode is off the disk's executable bit says nothing."""
    told = repository.try_git("config", "--type=bool", "core.fileMode").text.strip()
    return told != "false"
