"""Whether what lies in node_modules is what the lockfile says, which is what counts for a script's key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from buildgraph.errors import ConfigurationError
from buildgraph.workspace import LOCKFILE, Lockfile, parse_lockfile

# pnpm leaves there the lockfile that it has installed from: the same text, where it has installed all of it.
INSTALLED: Final = "node_modules/.pnpm/lock.yaml"
OTHERWISE: Final = f"is not installed as {LOCKFILE} says: run `pnpm install`"


@dataclass(frozen=True)
class Installed:
    """What is installed in the workspace at `root`; both lockfiles are read once for each text of theirs."""

    root: str
    _read: dict[tuple[bytes, bytes], tuple[Lockfile, Lockfile] | None] = field(default_factory=dict)

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
        try:
            texts = (Path(self.root, INSTALLED).read_bytes(), Path(self.root, LOCKFILE).read_bytes())
        except OSError:
            return None
        if texts[0] == texts[1]:
            return None
        if texts not in self._read:
            self._read[texts] = _parsed(*texts)
        return self._read[texts]


def _parsed(there: bytes, wanted: bytes) -> tuple[Lockfile, Lockfile] | None:
    try:
        return parse_lockfile(there), parse_lockfile(wanted)
    except ConfigurationError:
        return None
