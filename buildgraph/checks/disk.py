"""Outputs on a disk: which there are, and whether they are as they were kept."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from buildgraph.checks.patterns import SKIPPED, Patterns
from buildgraph.checks.result import FILE, FOLDER, LINK, PERMISSIONS, Output

CHUNK = 1 << 20  # bytes that are read at once
# What a compiler notes for itself, of every file by its digest: a type check leaves it beside what a build leaves.
NOTES = ".tsbuildinfo"


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


def beginning_of(place: str, most: int) -> bytes:
    """The first bytes of a regular file; none of anything else, which may have no end, or keep waiting who opens it."""
    try:
        file = os.open(place, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError):
        return b""
    try:
        return os.read(file, most) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(file)


def is_note(path: str) -> bool:
    """Whether a path is one of what a compiler notes for itself."""
    return path.endswith(NOTES)


def digest_at(place: str) -> str:
    """The sha256 of a file's content, as hex digits."""
    with Path(place).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
