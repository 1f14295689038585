"""The folder in which reports of runs are kept: the newest ones, and a name that leads to the newest."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from buildgraph.errors import ConfigurationError
from buildgraph.inside import place_named
from buildgraph.wholeness import forget_halves

FOLDER = "runs"
LAST = "last.json"
KEPT = 50  # reports; the oldest go first
MOST = 100  # that lie there: to remove one with each run takes longer than to write it


def trace_file(checkout: Path, name: str) -> Path:
    """Where a trace by this name is put; ConfigurationError for a place where none can be, before anything runs."""
    file = place_named(checkout, name).absolute()
    if file.is_dir():
        raise ConfigurationError.of(name, "is a folder: a trace is one file")
    if not os.access(file.parent, os.W_OK | os.X_OK):
        raise ConfigurationError.of(
            name, "cannot be written: its folder is not there, or not to be written to"
        )
    return file


def keep_report(cache: Path, at: float, text: str) -> None:
    """Put the report of a run that began `at` on the shelf; OSError where it cannot be written.

    Whoever reads meanwhile finds the one before, or this one whole.
    """
    folder = _folder(cache)
    name = f"{_moment(at)}-{os.getpid()}.json"
    half = folder / f"{name}.half"
    try:
        half.write_text(text, "utf-8", "backslashreplace")
        half.replace(folder / name)
        half.symlink_to(name)
        half.replace(folder / LAST)
    finally:
        half.unlink(missing_ok=True)
    _remove_oldest(folder, _moment(max(at, time.time())))
    forget_halves(cache)


def last_report(cache: Path) -> bytes:
    """The newest report; nothing where there is none."""
    with suppress(OSError):
        folder = _folder(cache)
        name = os.readlink(folder / LAST)  # noqa: PTH115  # in a hurry
        if _is_report(name):
            # a commit may hold links with such names, too
            with open(os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW), "rb") as report:  # noqa: PTH123
                return report.read()
    return b""


def _folder(cache: Path) -> Path:
    """The shelf; OSError when it is a link: a commit may hold one, and it would lead anywhere."""
    folder = cache / FOLDER
    folder.mkdir(exist_ok=True)
    if folder.is_symlink():
        raise NotADirectoryError(20, "is a link", str(folder))
    return folder


def _is_report(name: str) -> bool:
    """Whether a file has the name of a report, or of half of one: only such a one is ever read or removed."""
    began, _, process = name.partition("Z-")
    number, _, ending = process.partition(".")
    is_moment = len(began) == 19 and began[8] == "T" and began[:8].isdecimal()
    return is_moment and number.isdecimal() and ending in ("json", "json.half")


def _moment(at: float) -> str:
    """Seconds since 1970 as names of reports begin."""
    return f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(at))}.{int(at * 1000) % 1000:03}Z"


def _remove_oldest(folder: Path, future: str) -> None:
    """Remove what is too many, all of it at once; names tell their age.

    What bears a moment that is yet to come was named by a clock that was wrong, and goes first.
    """
    found = (name for name in os.listdir(folder) if _is_report(name))  # noqa: PTH208  # in a hurry
    names = sorted(found, key=lambda name: (name <= future, name))
    if len(names) > MOST:
        for name in names[:-KEPT]:
            (folder / name).unlink(missing_ok=True)
