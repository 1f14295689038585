"""What a disk says of files without their being read: as long as it says the same, they are as they were."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from buildgraph.checks.patterns import SKIPPED
from buildgraph.graph.nodes import digest_of

TICK = 50_000_000  # nanoseconds in which some file systems tell no two changes apart

# Of an output: path, mode, size, times of change in nanoseconds, inode.
Trace = tuple[str, int, int, int, int, int]
# Of a file that a script sees or leaves: size, times of change in nanoseconds, inode (of a folder nothing: what lies
# in one is another matter); None when it is not there.
Stamp = tuple[int, int, int, int] | None
Stamps = Mapping[str, Stamp]


class Seen(NamedTuple):
    """A script's outputs as they were seen when they were right; `key` is that of the result they belong to.

    `is_own` says that this result is the checkout's alone. `around` is how all of the script's folder stood, where
    nobody knows which of it are its outputs (`state_of`), else empty.
    """

    key: str
    traces: tuple[Trace, ...] = ()
    is_own: bool = False
    around: str = ""


def is_as_seen(folder: str, traces: Iterable[Trace]) -> bool:
    """Whether every output still stands as it was seen."""
    try:
        for path, mode, *others in traces:
            told = os.lstat(f"{folder}/{path}")
            now = [told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino]
            if told.st_mode != mode or (now != others and not stat.S_ISDIR(mode)):
                return False
    except OSError:
        return False
    return True


def trace_of(folder: str, path: str) -> Trace | None:
    """What the disk says of an output; None when it is not there.

    Of one that is as young as the clock can tell nothing is believed: it is read again next time.
    """
    found = exact_trace(folder, path)
    return found if found is None else _believed(found)


def exact_trace(folder: str, path: str) -> Trace | None:
    """The same as it is, young or not: for whoever looks again before it is believed."""
    try:
        told = os.lstat(f"{folder}/{path}")
    except OSError:
        return None
    if stat.S_ISDIR(told.st_mode):
        return (path, told.st_mode, 0, 0, 0, 0)
    return (path, told.st_mode, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino)


def traces_since(folder: str, exact: Iterable[Trace]) -> tuple[Trace, ...]:
    """What is to be remembered of outputs that were seen a while ago; of one that has changed nothing is believed."""
    return tuple(
        _believed(trace) if exact_trace(folder, trace[0]) == trace else _doubted(trace) for trace in exact
    )


def _believed(trace: Trace) -> Trace:
    is_young = time.time_ns() - trace[4] < TICK
    return _doubted(trace) if is_young else trace


def _doubted(trace: Trace) -> Trace:
    return (*trace[:4], 0, trace[5])


def is_unchanged(folder: str, seen: Trace) -> bool:
    """Whether a file or link has the content that it was seen with, as far as its size and times tell."""
    now = exact_trace(folder, seen[0])
    return now is not None and not stat.S_ISDIR(now[1]) and (*now[:4], now[5]) == (*seen[:4], seen[5])


def is_as_left(folder: str, traces: Iterable[Trace]) -> bool:
    """Whether nobody has put anything else where these outputs stood; the youngest are believed, too."""
    try:
        for path, mode, size, written, changed, inode in traces:
            told = os.lstat(f"{folder}/{path}")
            is_same = (told.st_size, told.st_mtime_ns, told.st_ino) == (size, written, inode)
            is_known = is_same and changed in (0, told.st_ctime_ns)
            if told.st_mode != mode or not (is_known or stat.S_ISDIR(mode)):
                return False
    except OSError:
        return False
    return True


def state_of(folder: str) -> str:
    """What the disk says of all that lies in a folder, as one digest; what is nobody's output is passed over."""
    told: list[tuple[str, Trace]] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in SKIPPED]
        found = (exact_trace(place, name) for name in (*folders, *files))
        told += [(place, trace) for trace in found if trace is not None]
    return digest_of(repr(sorted(told)).encode("utf-8", "surrogateescape"))


def stamps_of(folder: str, paths: Iterable[str]) -> dict[str, Stamp]:
    """What the disk says of these files now; a change in between is seen, also one that was undone."""
    return {path: _stamp_of(f"{folder}/{path}") for path in paths}


def changed_since(folder: str, stamps: Stamps) -> Iterator[str]:
    """The paths of which the disk says something else by now."""
    return (path for path, stamp in stamps.items() if _stamp_of(f"{folder}/{path}") != stamp)


def _stamp_of(place: str) -> Stamp:
    try:
        told = os.lstat(place)
    except OSError:
        return None
    if stat.S_ISDIR(told.st_mode):
        return (0, 0, 0, 0)
    return (told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino)


def is_below_link(folder: str, path: str) -> bool:
    """Whether a symbolic link, or something else than a folder, stands on the way to a path inside a folder."""
    parts = path.split("/")[:-1]
    for end in range(1, len(parts) + 1):
        try:
            told = os.lstat(f"{folder}/{'/'.join(parts[:end])}")
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(told.st_mode):
            return True
    return False
