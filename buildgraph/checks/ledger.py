"""What one checkout remembers of its checks, in git's own folder: outputs as they were seen when they were right.

Deleting it costs time, never truth: what is not remembered is read and compared.
"""

from __future__ import annotations

import hashlib
import marshal
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from buildgraph.checks.disk import Seen
from buildgraph.checks.script import Plan, Script

SEAL: Final = 32  # bytes of sha256 before the rest: a damaged file is none
KEPT: Final = 8  # plans; the oldest go first
LEDGER, PLAN = ".ledger", ".plan"

# Of a program's file: where it really is, size, time of change, inode; and the version that it then told.
Told = tuple[str, int, int, int, str]


class Ledger:
    """The memory of the checkout in a folder; `circumstances` is all that plans depend on besides a snapshot."""

    def __init__(self, place: Path, checkout: Path, circumstances: str) -> None:
        self._place = place
        self._circumstances = circumstances
        self._file = place / (_digest(os.fspath(checkout)) + LEDGER)
        plain: Any = marshal.loads(_read(self._file) or marshal.dumps(({}, {})))
        self.seen: dict[str, Seen] = {name: Seen(*row) for name, row in plain[0].items()}
        self.programs: dict[str, Told] = plain[1]
        self._is_written = True

    def note(self, name: str, seen: Seen) -> None:
        """Remember a script's outputs as they stand."""
        self.seen[name] = seen
        self._is_written = False

    def note_program(self, path: str, told: Told) -> None:
        """Remember what a program told of itself."""
        self.programs[path] = told
        self._is_written = False

    def write(self, known: Iterable[str] = ()) -> None:
        """Write it down where something is new; where nothing can be written nothing is remembered.

        Of `known` scripts only; none given: of all.
        """
        if self._is_written:
            return
        names = set(known) or self.seen.keys()
        rows = {name: tuple(seen) for name, seen in list(self.seen.items()) if name in names}
        plain: Any = (rows, dict(self.programs))
        _write(self._file, marshal.dumps(plain))
        self._is_written = True

    def plan(self, identity: str, make: Callable[[], Plan]) -> Plan:
        """The plan of a snapshot: remembered, or made."""
        file = self._place / (_digest(f"{self._circumstances}\0{identity}") + PLAN)
        body = _read(file)
        if body:
            root, cache, packages, scripts = marshal.loads(body)
            return Plan(root, cache, packages, tuple(map(Script._make, scripts)))
        made = make()
        plain: Any = (*made[:-1], [tuple(script) for script in made.scripts])
        _write(file, marshal.dumps(plain))
        self._forget_oldest()
        return made

    def _forget_oldest(self) -> None:
        with suppress(OSError):
            plans = sorted(self._place.glob(f"*{PLAN}"), key=lambda file: file.stat().st_mtime, reverse=True)
            for file in plans[KEPT:]:
                file.unlink(missing_ok=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _read(file: Path) -> bytes:
    """What stands in a file; nothing when it is not there or damaged."""
    try:
        content = file.read_bytes()
    except OSError:
        return b""
    seal, body = content[:SEAL], content[SEAL:]
    return body if hashlib.sha256(body).digest() == seal else b""


def _write(file: Path, body: bytes) -> None:
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_suffix(f".{os.getpid()}")
        half.write_bytes(hashlib.sha256(body).digest() + body)
        half.replace(file)
