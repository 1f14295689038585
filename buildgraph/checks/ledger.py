"""What one checkout remembers of its checks, in git's own folder: outputs as they were seen when they were right.

Deleting it costs time, never truth: what is not remembered is read and compared.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from buildgraph.checks.script import Plan, Script
from buildgraph.checks.traces import TICK, Seen

SEAL: Final = 32  # bytes of sha256 before the rest: a damaged file is none
LEDGER, PLAN = ".ledger", ".plan"
KEPT: Final = {LEDGER: 32, PLAN: 8}  # worktrees share the folder; the oldest go first

# Of a program's file: where it really is, size, time of change, inode; and the version that it then told.
Told = tuple[str, int, int, int, str]
# Of a folder: its time of change in nanoseconds, and names in it.
Listed = tuple[int, tuple[str, ...]]


class Ledger:
    """The memory of the checkout in a folder; `circumstances` is all that plans depend on besides a snapshot."""

    def __init__(self, place: Path, checkout: Path, circumstances: str) -> None:
        self._place = place
        self._circumstances = circumstances
        self._file = place / (_digest(f"{circumstances}\0{checkout}") + LEDGER)
        plain: Any = marshal.loads(_read(self._file) or marshal.dumps(({}, {}, {}, ("", ()))))
        self._rows: dict[str, tuple[Any, ...]] = plain[0]
        self.programs: dict[str, Told] = plain[1]
        self._folders: dict[str, Listed] = plain[2]
        self._keys: tuple[str, tuple[str, ...]] = plain[3]
        self._is_written = True

    def seen(self, name: str) -> Seen:
        """A script's outputs as they were seen; with no key when they never were."""
        return Seen(*self._rows.get(name, ("", ())))

    def note(self, name: str, seen: Seen) -> None:
        """Remember a script's outputs as they stand."""
        self._rows[name] = tuple(seen)
        self._is_written = False

    def note_program(self, path: str, told: Told) -> None:
        """Remember what a program told of itself."""
        self.programs[path] = told
        self._is_written = False

    def listed(self, folder: str, beginning: str) -> tuple[str, ...]:
        """The names in a folder that begin so, always the same beginning; remembered until the folder changes."""
        try:
            changed = os.stat(folder).st_mtime_ns  # noqa: PTH116  # asked thousands of times
        except OSError:
            return ()
        known = self._folders.get(folder)
        if known is None or known[0] != changed:
            names = os.listdir(folder)  # noqa: PTH208
            is_young = time.time_ns() - changed < TICK
            found = tuple(sorted(name for name in names if name.startswith(beginning)))
            known = (0 if is_young else changed, found)
            self._folders[folder] = known
            self._is_written = False
        return known[1]

    def keys(self, circumstances: str, make: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
        """The keys of a plan's scripts under these circumstances: remembered, or made."""
        if self._keys[0] != circumstances:
            self._keys = (circumstances, make())
            self._is_written = False
        return self._keys[1]

    def write(self, known: Collection[str]) -> None:
        """Write it down where something is new, of `known` scripts; where nothing can be written nothing is kept."""
        if self._is_written:
            return
        rows = {name: row for name, row in list(self._rows.items()) if name in known}
        plain: Any = (rows, self.programs, self._folders, self._keys)
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
            for ending, kept in KEPT.items():
                files = self._place.glob(f"*{ending}")
                newest = sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)
                for file in newest[kept:]:
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
