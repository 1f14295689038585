"""Reads snapshots: a commit from its tree; the working tree from the index, git's status and edited files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.snapshot import EXECUTABLE, REGULAR, SUBMODULE, SYMLINK, Entry, Snapshot

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
    records = _status_records(repository)
    changed = _changed_paths(repository, records)
    present = {path: mode for path in changed if (mode := _mode(repository.folder, path)) is not None}
    for path in changed:
        if entries.get(path, Entry(0, "")).mode != SUBMODULE:
            entries.pop(path, None)
    modes = _modes_git_keeps(repository, present)
    blobs = _store_edited(repository, modes)
    for path, blob in blobs.items():
        entries[path] = Entry(modes[path], blob)
    return Snapshot(entries, repository, commit, dirty=bool(records))


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


def _status_records(repository: Repository) -> list[bytes]:
    """What differs between commit, index and working tree below the project's folder, as git tells it."""
    listing = repository.git("status", "--porcelain=v2", "-z", "--no-renames", "-uall", "--", ".").stdout
    return list(_records(listing))


def _changed_paths(repository: Repository, records: Iterable[bytes]) -> list[str]:
    """Paths below the project's folder that differ from the index, and untracked ones, sorted."""
    paths = (_status_path(record) for record in records)
    prefix = os.fsencode(repository.prefix)
    return sorted(os.fsdecode(path[len(prefix) :]) for path in paths if path and path.startswith(prefix))


def _status_path(record: bytes) -> bytes:
    """The path of a record of status --porcelain=v2; empty when the index already tells it all."""
    kind = record[:2]
    if kind == b"? ":
        return record[2:]
    if kind == b"1 ":
        # XY: when Y is `.` the file is as the index has it, and `git ls-files` told its blob.
        return b"" if record[3:4] == b"." else record.split(b" ", 8)[8]
    if kind == b"u ":
        return record.split(b" ", 10)[10]
    return b""


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
    return {
        path: tracked[path].mode if mode != SYMLINK and path in tracked else mode
        for path, mode in modes.items()
    }


def _store_edited(repository: Repository, modes: dict[str, int]) -> dict[str, str]:
    """Blob ids of edited files, whose contents are written to the store."""
    regular = [path for path, mode in modes.items() if mode != SYMLINK]
    links = [path for path, mode in modes.items() if mode == SYMLINK]
    if not modes:
        return {}
    _make_store(repository.store)
    plain = [path for path in regular if "\n" not in path and not path.startswith('"')]
    ids = _hash_paths(repository, plain)
    for path in set(regular) - set(plain):
        ids[path] = _written(repository, ["--path", path, "--", path], b"")
    for path in links:
        ids[path] = _written(
            repository, ["--no-filters", "--stdin"], os.fsencode((repository.folder / path).readlink())
        )
    return ids


def _make_store(store: Path) -> None:
    """Create the folder of our own, which hides itself from git: it must not show in the next snapshot."""
    store.mkdir(parents=True, exist_ok=True)
    marker = store.parent / ".gitignore"
    if not marker.exists():
        marker.write_text("*\n")


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
