"""What a disk says of outputs without their being read: as long as it says the same, they are as they were."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable
from typing import NamedTuple

TICK = 50_000_000  # nanoseconds in which some file systems tell no two changes apart

# Of an output: path, mode, size, times of change in nanoseconds, inode.
Trace = tuple[str, int, int, int, int, int]


class Seen(NamedTuple):
    """A script's outputs as they were seen when they were right; `key` is that of the result they belong to."""

    key: str
    traces: tuple[Trace, ...] = ()


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
    try:
        told = os.lstat(f"{folder}/{path}")
    except OSError:
        return None
    if stat.S_ISDIR(told.st_mode):
        return (path, told.st_mode, 0, 0, 0, 0)
    is_young = time.time_ns() - told.st_ctime_ns < TICK
    changed = 0 if is_young else told.st_ctime_ns
    return (path, told.st_mode, told.st_size, told.st_mtime_ns, changed, told.st_ino)


def is_unchanged(folder: str, seen: Trace) -> bool:
    """Whether a file or link has the content that it was seen with, as far as its size and times tell."""
    now = trace_of(folder, seen[0])
    return now is not None and not stat.S_ISDIR(now[1]) and (*now[:4], now[5]) == (*seen[:4], seen[5])


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
