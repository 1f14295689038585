"""Takes from the local store what nobody has asked for in a month, once a day."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from buildgraph.checks.store import DAY, KEPT, PACKS, RESULTS, SEAL

MARK: Final = "swept"  # its time of change is when it was done last


def sweep(folder: Path) -> None:
    """Remove old results, packs that no result names any more, and what killed runs have left half written.

    What came within a day stays: somebody may be about to name it. Where nothing can be removed nothing is.
    """
    now, mark = time.time(), folder / MARK
    with suppress(OSError):
        if mark.exists() and abs(now - mark.stat().st_mtime) < DAY:
            return
        mark.touch()
        kept = {pack for result in _files(folder / RESULTS) if (pack := _pack_of(result, now))}
        for file in _files(folder / PACKS):
            if file.name not in kept:
                _remove_older(file, now, DAY)
        for half in folder.glob("half-*"):
            _remove_older(half, now, DAY)


def _files(folder: Path) -> Iterator[Path]:
    return folder.glob("??/*")


def _pack_of(result: Path, now: float) -> str:
    """The digest of a result's pack; "" for a result that is old, and goes, or that is none."""
    if _remove_older(result, now, KEPT):
        return ""
    with suppress(OSError, ValueError, KeyError, TypeError, IndexError):
        return str(json.loads(result.read_bytes()[SEAL:])["pack"][0])
    return ""


def _remove_older(file: Path, now: float, most: int) -> bool:
    """Remove a file that has not changed for so many seconds; whether it was one.

    One that was written by a clock that was wrong, and would stay until that moment comes, is young from now on.
    """
    age = now - file.stat().st_mtime
    if age < -DAY:
        os.utime(file)
    if age <= most:
        return False
    file.unlink(missing_ok=True)
    return True
