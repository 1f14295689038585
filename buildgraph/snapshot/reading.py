"""Reads snapshots: a commit from its tree; the working tree from the index, git's status and edited files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.snapshot import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Entry, Snapshot
from buildgraph.snapshot.status import Change, read_status

FETCH_IT = "fetch it first (a shallow clone lacks old commits: `git fetch --unshallow`)"


def read_commit(repository: Repository, revision: str) -> Snapshot:
    """The snapshot of a commit; ConfigurationError when `revision` names none here."""
    commit = resolve_commit(repository, revision)
    if commit is None:
        raise ConfigurationError.of("", f"there is no commit {revision!r} here", FETCH_IT)
    tree = f"{commit}:{repository.prefix.rstrip('/')}" if repository.prefix else commit
    listing = repository.try_git("ls-tree", "-r", "-z", "--full-tree", tree)
    if listing.code != 0:
        return Snapshot({}, repository, commit)  # the project's folder did not exist then
    return Snapshot(dict(_parse_tree(listing.stdout)), repository, commit)


def resolve_commit(repository: Repository, revision: str) -> str | None:
    """The full id of the commit that `revision` names, or None; it is never taken for an option."""
    result = repository.try_git(
        "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"
    )
    return result.text.strip() if result.code == 0 else None


def read_working_tree(repository: Repository) -> Snapshot:
    """The snapshot of the working tree: index, edits and untracked files that are not ignored.

    Edited and untracked files are copied into the repository's store of edited files, cleaned as git would
    on commit, so the snapshot stays what it is while the files are edited on.
    """
    entries = dict(_parse_index(repository.git("ls-files", "-s", "-z").stdout))
    commit = resolve_commit(repository, "HEAD")
    status = read_status(repository)
    for change in status.changes:
        _forget(entries, change)
    moved = [change.path for change in status.changes if change.is_moved_submodule and not change.is_gone]
    entries.update({path: _checked_out(repository, path) for path in moved})
    entries.update(_store_edited(repository, _modes(repository, status.changes)))
    return Snapshot(entries, repository, commit, dirty=status.is_dirty)


def _forget(entries: dict[str, Entry], change: Change) -> None:
    """Drop what the index says of a path that differs; a submodule that is only dirty inside keeps its commit."""
    if change.is_gone or entries.get(change.path, Entry(0, "")).mode != SUBMODULE:
        entries.pop(change.path, None)


def _checked_out(repository: Repository, path: str) -> Entry:
    """The commit that a submodule really has checked out."""
    return Entry(SUBMODULE, repository.git("-C", path, "rev-parse", "HEAD").text.strip())


def _parse_tree(listing: bytes) -> Iterable[tuple[str, Entry]]:
    for record in _records(listing):
        facts, _, path = record.partition(b"\t")
        mode, _, blob = facts.split(b" ")
        yield os.fsdecode(path), Entry(int(mode, 8), blob.decode())


def _parse_index(listing: bytes) -> Iterable[tuple[str, Entry]]:
    for record in _records(listing):
        facts, _, path = record.partition(b"\t")
        mode, blob, stage = facts.split(b" ")
        if stage == b"0":  # unmerged paths are read from the working tree
            yield os.fsdecode(path), Entry(int(mode, 8), blob.decode())


def _records(listing: bytes) -> Iterable[bytes]:
    return (record for record in listing.split(b"\0") if record)


def _modes(repository: Repository, changes: Iterable[Change]) -> dict[str, int]:
    """The git modes of changed files that are there."""
    there = (change.path for change in changes if not change.is_gone)
    found = {path: mode for path in there if (mode := _mode(repository.folder, path)) is not None}
    return _modes_git_keeps(repository, found)


def _mode(folder: Path, path: str) -> int | None:
    """The git mode of a path on disk, or None when it is gone or is a folder (a nested repository)."""
    try:
        found = os.lstat(folder / path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ToolError(f"{path}: {error.strerror}") from error
    if stat.S_ISLNK(found.st_mode):
        return SYMLINK
    if stat.S_ISREG(found.st_mode):
        return EXECUTABLE if found.st_mode & stat.S_IXUSR else REGULAR
    return None


def _modes_git_keeps(repository: Repository, modes: dict[str, int]) -> dict[str, int]:
    """Modes as git would record them: where core.fileMode is off the disk's executable bit says nothing."""
    if not modes or repository.try_git("config", "--type=bool", "core.fileMode").text.strip() != "false":
        return modes
    tracked = dict(_parse_index(repository.git("ls-files", "-s", "-z").stdout))
    return {path: mode if mode == SYMLINK else _kept_mode(tracked.get(path)) for path, mode in modes.items()}


def _kept_mode(entry: Entry | None) -> int:
    return entry.mode if entry and entry.mode in (REGULAR, EXECUTABLE) else REGULAR


def _store_edited(repository: Repository, modes: dict[str, int]) -> dict[str, Entry]:
    """The entries of edited files, whose contents are written to the store."""
    if not modes:
        return {}
    repository.store.mkdir(parents=True, exist_ok=True)
    regular = [path for path, mode in modes.items() if mode != SYMLINK]
    plain = [path for path in regular if "\n" not in path and not path.startswith('"')]
    ids = _hash_paths(repository, plain)
    for path in set(regular) - set(plain):
        ids[path] = _written(repository, ["--path", path, "--", path], b"")
    for path in modes.keys() - set(regular):
        target = os.fsencode((repository.folder / path).readlink())
        ids[path] = _written(repository, ["--no-filters", "--stdin"], target)
    return {path: Entry(modes[path], blob) for path, blob in ids.items()}


def _hash_paths(repository: Repository, paths: list[str]) -> dict[str, str]:
    if not paths:
        return {}
    # git takes the paths on standard input from the top of the work tree, wherever it was started
    request = b"".join(os.fsencode(repository.prefix + path) + b"\n" for path in paths)
    told = repository.git(
        "-c",
        "core.looseCompression=0",
        "hash-object",
        "-w",
        "--stdin-paths",
        stdin=request,
        env=repository.writing_store,
    )
    return dict(zip(paths, told.text.split(), strict=True))


def _written(repository: Repository, arguments: list[str], stdin: bytes) -> str:
    return repository.git(
        "hash-object", "-w", *arguments, stdin=stdin, env=repository.writing_store
    ).text.strip()
