"""Whether what lies in node_modules is what the lockfile says, which is what counts for a script's key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from buildgraph.checks.disk import beginning_of
from buildgraph.checks.modules import Modules
from buildgraph.checks.traces import Stamp, stamps_of
from buildgraph.errors import ConfigurationError
from buildgraph.workspace import LOCKFILE, Lockfile, parse_lockfile
from buildgraph.workspace.installed import installed_changes

LARGEST: Final = 1 << 28  # bytes
OTHERWISE: Final = f"is not installed as {LOCKFILE} says: run `pnpm install`"


@dataclass(frozen=True)
class Installed:
    """What is installed, as pnpm tells of its modules; both lockfiles are read anew when the disk says otherwise."""

    modules: Modules
    _read: dict[tuple[Stamp, ...], _Compared | None] = field(default_factory=dict)

    def doubt(self, folders: Iterable[str]) -> str:
        """What is installed otherwise for the projects in these folders, as a sentence; "" where nothing is.

        Nothing is said of a project that nothing was ever installed for, nor where pnpm has left no such file.
        """
        compared = self._compared()
        if compared is None:
            return ""
        return next(filter(None, map(compared.doubt, sorted(set(folders)))), "")

    def _compared(self) -> _Compared | None:
        """The lockfile that was installed from beside the one that stands there; None where they are the same."""
        root, installed = self.modules.root, self.modules.lockfile()
        stamps = tuple(stamps_of(root, (installed, LOCKFILE)).values())
        if stamps not in self._read:
            self._read[stamps] = _compared(f"{root}/{installed}", f"{root}/{LOCKFILE}")
        return self._read[stamps]


@dataclass(frozen=True)
class _Compared:
    """Two lockfiles; what differs for a project is looked for once."""

    there: Lockfile
    wanted: Lockfile
    _doubts: dict[str, str] = field(default_factory=dict)

    def doubt(self, folder: str) -> str:
        if folder not in self._doubts:
            self._doubts[folder] = self._found(folder) if folder in self.there.importers else ""
        return self._doubts[folder]

    def _found(self, folder: str) -> str:
        changes = installed_changes(self.there, self.wanted, folder)
        return f"{changes[0].name} {OTHERWISE}" if changes else ""


def _compared(there: str, wanted: str) -> _Compared | None:
    installed, said = beginning_of(there, LARGEST), beginning_of(wanted, LARGEST)
    if not installed or not said or installed == said:
        return None
    try:
        return _Compared(parse_lockfile(installed), parse_lockfile(said))
    except ConfigurationError:
        return None
