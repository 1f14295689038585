"""What git's status says of the working tree: the commit it stands on, and which paths differ from it, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from buildgraph.snapshot.snapshot import SUBMODULE, Entry, decoded, encoded

_OID = b"# branch.oid "
_UNBORN = b"(initial)"


class Change(NamedTuple):
    """A path that is not as the commit has it.

    `committed` is its entry in the commit and `indexed` that in the index (our side's, of a path in conflict), which
    stands when the file is as the index has it. `edited` says that only the disk knows what stands, where it has `mode`
    (0: status does not tell).
    """

    path: str
    committed: Entry | None = None
    indexed: Entry | None = None
    edited: bool = False
    mode: int = 0


class Status(NamedTuple):
    """The commit that HEAD names (None before the first) and the changes against it."""

    commit: str | None
    changes: tuple[Change, ...]


def parse_status(listing: bytes, prefix: str) -> Status:
    """The answer of `git status` with the options of STATUS; only what lies below `prefix` counts.

    Paths in it are seen from the top folder (git-status, "Porcelain Format Version 2").
    """
    records = [record for record in listing.split(b"\0") if record]
    commit = next((record[len(_OID) :] for record in records if record.startswith(_OID)), _UNBORN)
    changes = tuple(_changes(records, encoded(prefix)))
    return Status(None if commit == _UNBORN else commit.decode(), changes)


def _changes(records: Iterable[bytes], prefix: bytes) -> Iterator[Change]:
    for record in records:
        path, change = _change(record)
        if path and path.startswith(prefix):
            yield change._replace(path=decoded(path[len(prefix) :]))


def _change(record: bytes) -> tuple[bytes, Change]:
    """A record's path and what it says; the path is empty for a record that tells of no file."""
    kind = record[:2]
    if kind == b"1 ":
        _, xy, _, *told, path = record.split(b" ", 8)
        return path, _ordinary(xy.decode(), [part.decode() for part in told])
    if kind == b"? ":
        return record[2:], Change("", edited=True)
    if kind == b"u ":  # unmerged: the index holds several, the disk what counts
        _, _, _, _, ours, _, mode, _, blob, _, path = record.split(b" ", 10)
        if mode == b"000000":
            return path, Change("")
        indexed = _entry(ours.decode(), blob.decode())
        return path, Change("", indexed=indexed, edited=True, mode=int(mode, 8))
    return b"", Change("")


def _ordinary(xy: str, told: list[str]) -> Change:
    """XY tells how the index differs from the commit, and the file from the index; `.` is not at all."""
    committed, indexed = _entry(told[0], told[3]), _entry(told[1], told[4])
    if xy[1] == ".":
        return Change("", committed, indexed)
    if xy[1] == "D":
        return Change("", committed)
    return Change("", committed, indexed, edited=True, mode=int(told[2], 8))


def _entry(mode: str, blob: str) -> Entry | None:
    return Entry(int(mode, 8), blob) if int(mode, 8) else None


def is_submodule(change: Change) -> bool:
    """Whether another commit is checked out in a submodule than the index says."""
    return change.edited and change.mode == SUBMODULE
