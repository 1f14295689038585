"""What git's status says of the working tree: which paths differ from the index, and how."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from buildgraph.snapshot.git import Repository


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """A path that is not as the index has it. A moved submodule has another commit checked out."""

    path: str
    is_gone: bool = False
    is_moved_submodule: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """The changes against the index, sorted, and whether anything differs from the commit at all."""

    changes: tuple[Change, ...]
    is_dirty: bool


def read_status(repository: Repository) -> Status:
    """The status below the project's folder; untracked files that are not ignored count."""
    listing = repository.git("status", "--porcelain=v2", "-z", "--no-renames", "-uall", "--", ".").stdout
    records = [record for record in listing.split(b"\0") if record]
    return Status(tuple(sorted(_changes(records, os.fsencode(repository.prefix)))), bool(records))


def _changes(records: Iterable[bytes], prefix: bytes) -> Iterable[Change]:
    """The records of porcelain v2 that tell of the working tree; paths in it are seen from the top folder."""
    for record in records:
        path = _path(record)
        if path and path.startswith(prefix):
            name = os.fsdecode(path[len(prefix) :])
            yield Change(name, _is_gone(record), record[:2] == b"1 " and record[5:7] == b"SC")


def _path(record: bytes) -> bytes:
    kind = record[:2]
    if kind == b"? ":
        return record[2:]
    if kind == b"1 ":
        # XY: when Y is `.` the file is as the index has it, and `git ls-files` told its blob.
        return b"" if record[3:4] == b"." else record.split(b" ", 8)[8]
    return record.split(b" ", 10)[10] if kind == b"u " else b""


def _is_gone(record: bytes) -> bool:
    """Git's word, not the disk's: behind a symlink that replaced a folder the file may still be seen."""
    return record[:2] == b"1 " and record[3:4] == b"D"
