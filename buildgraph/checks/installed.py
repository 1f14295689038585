"""Whether what lies in node_modules is what the lockfile says, which is what counts for a script's key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from buildgraph.checks.traces import Stamp, stamps_of
from buildgraph.errors import ConfigurationError
from buildgraph.workspace import LOCKFILE, Lockfile, parse_lockfile

# pnpm leaves there the lockfile that it has installed from: the same text, where it has installed all of it.
INSTALLED: Final = "node_modules/.pnpm/lock.yaml"
OTHERWISE: Final = f"is not installed as {LOCKFILE} says: run `pnpm install`"


@dataclass(frozen=True)
class Installed:
    """What is installed in the workspace at `root`; both lockfiles are read again when the disk says something else."""

    root: str
    _read: dict[tuple[Stamp, ...], tuple[Lockfile, Lockfile] | None] = field(default_factory=dict)

    def doubt(self, folders: Iterable[str]) -> str:
        """What is installed otherwise for the projects in these folders, as a sentence; "" where nothing is.

        Nothing is said of a project that nothing was ever installed for, nor where pnpm has left no such file.
        """
        lockfiles = self._lockfiles()
        if lockfiles is None:
            return ""
        from buildgraph.workspace.installed import installed_changes

        there, wanted = lockfiles
        for folder in there.importers.keys() & set(folders):
            for change in installed_changes(there, wanted, folder):
                return f"{change.name} {OTHERWISE}"
        return ""

    def _lockfiles(self) -> tuple[Lockfile, Lockfile] | None:
        """The lockfile that was installed from, and the one that stands there; None where they are the same."""
        stamps = tuple(stamps_of(self.root, (INSTALLED, LOCKFILE)).values())
        if stamps not in self._read:
            self._read[stamps] = _parsed(Path(self.root, INSTALLED), Path(self.root, LOCKFILE))
        return self._read[stamps]


def _parsed(there: Path, wanted: Path) -> tuple[Lockfile, Lockfile] | None:
    try:
        installed, said = there.read_bytes(), wanted.read_bytes()
        return None if installed == said else (parse_lockfile(installed), parse_lockfile(said))
    except (OSError, ConfigurationError):
        return None
