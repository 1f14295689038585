"""Outputs on a disk: which there are, and whether they are still as they were."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from buildgraph.checks.patterns import SKIPPED, Patterns
from buildgraph.checks.result import FILE, FOLDER, LINK, PERMISSIONS, Output

CHUNK = 1 << 20  # bytes that are read at once
TICK = 50_000_000  # nanoseconds in which some file systems tell no two changes apart

# What a disk says of an output: path, mode, size, times of change in nanoseconds, inode.
Trace = tuple[str, int, int, int, int, int]


class Seen(NamedTuple):
    """What was seen of a script's outputs when they were right: of a change after that a trace is another one."""

    key: str
    traces: tuple[Trace, ...] = ()


def is_as_seen(folder: str, seen: Seen) -> bool:
    """Whether every output still stands as it was seen."""
    try:
        for found in seen.traces:
            told = os.lstat(f"{folder}/{found[0]}")
            if told.st_mode != found[1]:
                return False
            if stat.S_ISDIR(told.st_mode):
                continue
            if (told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino) != found[2:]:
                return False
    except OSError:
        return False
    return True


def is_unchanged(folder: str, seen: Trace) -> bool:
    """Whether a file or link has the content that it was seen with, as far as its size and times tell."""
    now = trace_of(folder, seen[0])
    return now is not None and not stat.S_ISDIR(now[1]) and (*now[:4], now[5]) == (*seen[:4], seen[5])


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


def find_outputs(folder: str, patterns: Patterns) -> Iterator[Output]:
    """What stands in a folder of a script's outputs, without the digests of files; sorted by path."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if patterns.may_begin(entry.name))
    except FileNotFoundError:
        return
    for name in names:
        yield from _found(folder, name, patterns)


def _found(folder: str, path: str, patterns: Patterns) -> Iterator[Output]:
    told = os.lstat(f"{folder}/{path}")
    if stat.S_ISLNK(told.st_mode):
        if patterns.matches(path):
            yield Output(path, LINK, target=str(Path(folder, path).readlink()))
    elif stat.S_ISREG(told.st_mode):
        if patterns.matches(path):
            yield Output(path, FILE, told.st_mode & PERMISSIONS, told.st_size)
    elif stat.S_ISDIR(told.st_mode):
        yield from _inside(folder, path, told.st_mode & PERMISSIONS, patterns)


def _inside(folder: str, path: str, mode: int, patterns: Patterns) -> Iterator[Output]:
    if path in SKIPPED:
        return
    names = sorted(entry.name for entry in Path(folder, path).iterdir())
    if not names and patterns.matches(path):
        yield Output(path, FOLDER, mode)
    for name in names:
        yield from _found(folder, f"{path}/{name}", patterns)


def stands(folder: str, output: Output) -> bool:
    """Whether an output stands on the disk as it was kept; its content is read."""
    place = f"{folder}/{output.path}"
    try:
        told = os.lstat(place)
        if output.kind == LINK:
            return stat.S_ISLNK(told.st_mode) and str(Path(place).readlink()) == output.target
        if told.st_mode & PERMISSIONS != output.mode:
            return False
        if output.kind == FOLDER:
            return stat.S_ISDIR(told.st_mode)
        return (
            stat.S_ISREG(told.st_mode) and told.st_size == output.size and digest_at(place) == output.digest
        )
    except OSError:
        return False


def digest_at(place: str) -> str:
    """The sha256 of a file's content, as hex digits."""
    with Path(place).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
