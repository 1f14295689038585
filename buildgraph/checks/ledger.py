"""What one checkout remembers of its checks, in git's own folder: outputs as they were seen when they were right.

Deleting it costs time, never truth: what is not remembered is read and compared.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

from buildgraph.checks.script import Plan, Script
from buildgraph.checks.traces import TICK, Seen
from buildgraph.wholeness import forget_oldest, keep, read_kept

LEDGER, PLAN, TURNS = ".ledger", ".plan", "turns"
KEPT: Final = {LEDGER: 32, PLAN: 8}  # worktrees share the folder; the oldest go first

# Of a program's file: where it really is, size, time of change, inode; and the version that it then told.
Told = tuple[str, int, int, int, str]
# Of a folder: its time of change in nanoseconds, and names in it.
Listed = tuple[int, tuple[str, ...]]


class Ledger:
    """The memory of the checkout in a folder; `circumstances` is all that plans depend on besides a snapshot.

    `id` tells it from any other, also from one that is made in the same place once this one was deleted.
    """

    def __init__(self, place: Path, checkout: Path, circumstances: str) -> None:
        self._place = place
        self._circumstances = circumstances
        self._checkout = checkout
        self._file = place / (_digest(f"{circumstances}\0{checkout}") + LEDGER)
        self.id: str
        self._rows: dict[str, tuple[Any, ...]]
        self.programs: dict[str, Told]
        self._folders: dict[str, Listed]
        self._keys: tuple[str, tuple[str, ...]]
        known = read_kept(self._file, _remembered) or (os.urandom(16).hex(), {}, {}, {}, ("", ()))
        self.id, self._rows, self.programs, self._folders, self._keys = known
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
        keep(self._file, (self.id, rows, self.programs, self._folders, self._keys))
        self._is_written = True

    def plan(self, identity: str, make: Callable[[], Plan]) -> Plan:
        """The plan of a snapshot: remembered, or made."""
        file = self._place / (_digest(f"{self._circumstances}\0{identity}") + PLAN)
        known = read_kept(file, _planned)
        if known is not None:
            return known
        made = make()
        keep(file, (*made[:-1], [tuple(script) for script in made.scripts]))
        self._forget_oldest()
        return made

    def turn_of(self, name: str) -> Path:
        """The file by which runs of a script in this checkout take turns."""
        return self._place / TURNS / _digest(f"{self._checkout}\0{name}")

    def _forget_oldest(self) -> None:
        for ending, kept in KEPT.items():
            forget_oldest(self._place, ending, kept)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _remembered(plain: Any) -> tuple[str, Any, Any, Any, Any]:
    own, rows, programs, folders, (circumstances, keys) = plain
    return str(own), dict(rows), dict(programs), dict(folders), (str(circumstances), tuple(keys))


def _planned(plain: Any) -> Plan:
    root, cache, packages, scripts = plain
    return Plan(root, cache, packages, tuple(map(Script._make, scripts)))
