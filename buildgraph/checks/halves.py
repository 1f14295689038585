"""Outputs that are being brought back: until one is whole it has a name of its own, which no result ever holds.

Who writes one has a lock on it, which ends with its process: what nobody has locked is what a killed run has left.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

_HALF: Final = re.compile(r".*\.[0-9a-f]{16}\.half", re.DOTALL)


def half_of(place: str) -> str:
    """A name beside a place, for as long as what shall stand there is not whole."""
    return f"{place}.{os.urandom(8).hex()}.half"


def is_half(path: str) -> bool:
    """Whether a path is such a name."""
    return bool(_HALF.fullmatch(path))


def mark_as_written(file: IO[bytes]) -> None:
    """Let others see that somebody is writing an open file; where the disk knows no locks nobody can tell."""
    with suppress(OSError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def forget_halves(folder: str) -> None:
    """Remove what killed runs have left half written in a folder, which need not be there."""
    with suppress(OSError):
        for name in filter(is_half, os.listdir(folder)):  # noqa: PTH208  # of thousands
            forget_half(f"{folder}/{name}")


def forget_half(half: str) -> None:
    """Remove half an output, unless somebody is writing it."""
    with suppress(OSError):
        if not Path(
            half
        ).is_symlink():  # a link is made at once: whoever made it has died before it was renamed
            with Path(half).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(half).unlink()
