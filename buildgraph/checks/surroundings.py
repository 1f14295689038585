"""What scripts may see on the disk and no snapshot holds: `.env` files, and what lies above the project's folder."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from buildgraph.checks.dotenv import read_dotenv
from buildgraph.checks.ledger import Ledger
from buildgraph.checks.script import Script
from buildgraph.graph.nodes import digest_of, digest_of_pairs
from buildgraph.workspace.looked_for import LOOKED_FOR
from buildgraph.workspace.projects import ROOT

GIT: Final = ".git"
PASSED_OVER: Final = frozenset((GIT, "node_modules"))
LARGE: Final = 16 * 1024 * 1024  # bytes of a file that is not read
MOST: Final = 10_000  # files of a folder that are looked at

Seen = tuple[tuple[str, str], ...]  # paths seen from a folder, or absolute, and digests


def read_surroundings(ledger: Ledger, root: str, scripts: Iterable[Script]) -> dict[str, Seen]:
    """Folder -> what its scripts may see besides files of the snapshot; folders without any are left out.

    Folders are seen from `root`, the workspace's. What lies above that, as far as the repository reaches, is in `.`.
    """
    outside = {script.folder: script.outside for script in scripts}
    found: dict[str, Seen] = dict(read_dotenv(ledger, root, (ROOT, *outside)))
    above = tuple(_above(root))
    for folder, seen in (
        (ROOT, above),
        *((at, _outside(root, at, places)) for at, places in outside.items()),
    ):
        if seen:
            found[folder] = (*found.get(folder, ()), *seen)
    return found


def _above(root: str) -> Iterator[tuple[str, str]]:
    """What tools look for in the folders above, up to the repository's top."""
    place, way = root, ""
    while not os.path.lexists(f"{place}/{GIT}") and place != os.path.dirname(place):  # noqa: PTH120
        place, way = os.path.dirname(place), f"../{way}"  # noqa: PTH120
        for name in _names(place):
            yield f"{way}{name}", _digest(f"{place}/{name}")


def _names(folder: str) -> list[str]:
    """What tools look for in a folder; nothing of one that cannot be read, as they find nothing there either."""
    with suppress(OSError):
        return sorted(LOOKED_FOR.intersection(os.listdir(folder)))  # noqa: PTH208
    return []


def _outside(root: str, folder: str, places: Iterable[str]) -> Seen:
    """What stands at places that are seen from the root, as they are seen from a folder."""
    up = "" if folder == ROOT else "../" * (folder.count("/") + 1)
    return tuple(
        (place if place.startswith("/") else up + place, _digest(os.path.join(root, place)))  # noqa: PTH118
        for place in places
    )


def _digest(place: str) -> str:
    """The digest of a file's content, or of what a folder says of its files; "" for what is not there or no file."""
    with suppress(OSError):
        found = os.stat(place)  # noqa: PTH116
        if stat.S_ISDIR(found.st_mode):
            return _digest_of_folder(place)
        if stat.S_ISREG(found.st_mode):
            return _digest_of_file(place, found)
    return ""


def _digest_of_file(place: str, found: os.stat_result) -> str:
    """By its content; a large one by its time, and one that says it is empty unread: the kernel's have no end."""
    if found.st_size > LARGE:
        return digest_of(f"{found.st_size} {found.st_mtime_ns}")
    return digest_of(Path(place).read_bytes() if found.st_size else b"")


def _digest_of_folder(place: str) -> str:
    """By the files in it; one of too many is another one each time, as nobody can look through it."""
    told = list(islice(_told(place), MOST + 1))
    return digest_of_pairs(told) if len(told) <= MOST else digest_of(str(time.time_ns()))


def _told(folder: str) -> Iterator[tuple[str, ...]]:
    """Of every file below a folder its path, mode, size and time: to read them all on each run would take long."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - PASSED_OVER)
        for name in sorted(names):
            with suppress(OSError):
                found = os.lstat(f"{place}/{name}")
                told = (found.st_mode, found.st_size, found.st_mtime_ns)
                yield (os.path.relpath(f"{place}/{name}", folder), *map(str, told))
