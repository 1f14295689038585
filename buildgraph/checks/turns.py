"""Whose turn it is to run a script: two runs of it in one checkout would write into the same outputs."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

PAUSE: Final = 0.05  # seconds between two looks
# Runs a command, with both its streams in the order in which they were written, and ends it with all that it has
# started as soon as nobody holds its standard input open: what goes on after us would write into what comes next.
TIED: Final = (
    "/bin/sh",
    "-c",
    "trap : INT TERM; exec 3<&0 </dev/null; { read -r _ <&3; kill -KILL 0; } >/dev/null 2>&1 & "
    '"$0" "$@" 2>&1 3<&-; code=$?; kill -KILL "$!"; exit "$code"',
)


@contextmanager
def held_turn(place: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Have the turn whose file is at `place`; `wait` is called once when somebody else has it.

    It ends with its process. Where no lock can be had nobody is waited for.
    """
    descriptor, waited = _open(place), False
    while descriptor is not None and not _is_ours(descriptor, place):
        if not waited:
            wait()
        waited = True
        os.close(descriptor)
        time.sleep(PAUSE)
        descriptor = _open(place)
    try:
        yield
    finally:
        if descriptor is not None:
            with suppress(OSError):
                place.unlink()  # while it is ours: whoever waits finds another file, or none
            os.close(descriptor)


def _open(place: Path) -> int | None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return os.open(place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        return None


def _is_ours(descriptor: int, place: Path) -> bool:
    """Whether this process has the lock now, on the file that stands there now."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a disk without locks
    with suppress(OSError):
        return os.path.samestat(os.fstat(descriptor), place.stat())
    return False
