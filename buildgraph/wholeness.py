"""Files that come to stand whole or not at all: written beside, renamed, and what died halfway is taken away later.

What may be damaged on a disk is sealed with the digest of what it holds: a file that does not fit its seal is none.
"""

from __future__ import annotations

import errno
import hashlib
import marshal
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

T = TypeVar("T")

HALF: Final = ".half"  # how the names of files that are being written end
SEAL: Final = 32  # bytes of sha256 before the rest
HOUR: Final = 3600  # seconds; nobody writes a file for longer


def write_whole(file: Path, content: bytes, folder: Path | None = None) -> None:
    """Write a file that others find as it was, or whole; OSError where it cannot be written.

    Until it is whole it stands in `folder`, or else beside itself. One that is there keeps its mode.
    """
    half = (folder or file.parent) / f"{file.name}.{os.urandom(8).hex()}{HALF}"
    try:
        half.write_bytes(content)
        with suppress(FileNotFoundError):
            half.chmod(file.stat().st_mode & 0o777)
        half.replace(file)
    except OSError as error:
        if folder is None or error.errno != errno.EXDEV:
            raise
        write_whole(file, content)  # that folder is on another disk
    finally:
        half.unlink(missing_ok=True)


def write_new(file: Path, content: bytes, folder: Path) -> None:
    """The same for a file that is not there; FileExistsError where anything is, a link that leads nowhere included."""
    if os.path.lexists(file):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file))
    write_whole(file, content, folder)


def write_named(file: Path, content: bytes) -> None:
    """Write a file that a user has named: whole or not at all, unless a device, a pipe or a link bears that name."""
    if not (_is_replaceable(file) and _replaced(file, content)):
        file.write_bytes(content)


def _replaced(file: Path, content: bytes) -> bool:
    """Whether another file could be put there: not where a container has one file mounted, or it is another user's."""
    try:
        write_whole(file, content)
    except OSError as error:
        if error.errno in (errno.EBUSY, errno.EPERM):
            return False
        raise
    return True


def _is_replaceable(file: Path) -> bool:
    if not os.path.lexists(file):
        return True
    return stat.S_ISREG(file.lstat().st_mode) and os.access(file.parent, os.W_OK)


def keep(file: Path, value: Any) -> None:
    """Keep a plain value that can be made again; where it cannot be written nothing is kept, and no half of it."""
    body = marshal.dumps(value)
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, hashlib.sha256(body).digest() + body)
        forget_halves(file.parent)


def read_kept(file: Path, parse: Callable[[Any], T]) -> T | None:
    """What `parse` makes of a value that was kept; None when it is not there, damaged, or of another shape."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    with suppress(OSError):
        os.utime(file)  # what is asked for stays
    seal, body = content[:SEAL], content[SEAL:]
    if hashlib.sha256(body).digest() != seal:
        return None
    try:
        return parse(marshal.loads(body))
    except (AttributeError, EOFError, LookupError, TypeError, ValueError):
        return None


def forget_halves(folder: Path) -> None:
    """Remove what somebody must have died over: half a file that is older than an hour, or from the future."""
    with suppress(OSError):
        for half in folder.glob(f"*{HALF}"):
            if abs(time.time() - half.stat().st_mtime) > HOUR:
                half.unlink(missing_ok=True)


def forget_oldest(folder: Path, ending: str, kept: int) -> None:
    """Keep so many of the files whose names end so, those that were written or asked for last.

    What bears a moment that is yet to come was written by a clock that was wrong, and goes first.
    """
    with suppress(OSError):
        now = time.time()
        ages = [(_age(file, now), file) for file in folder.glob(f"*{ending}")]
        for _, file in sorted(ages)[kept:]:
            file.unlink(missing_ok=True)


def _age(file: Path, now: float) -> float:
    """Seconds since a file changed; more than any other's where that is yet to come."""
    age = now - file.stat().st_mtime
    return age if age > -HOUR else float("inf")
