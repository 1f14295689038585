"""What pnpm has written of its last install, in the workspace's node_modules."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from buildgraph.checks.traces import Stamp, stamps_of
from buildgraph.errors import ConfigurationError
from buildgraph.workspace.yaml import parse_yaml

FOLDER: Final = "node_modules"
MODULES: Final = f"{FOLDER}/.modules.yaml"
LOCK: Final = (
    "lock.yaml"  # in its store, the lockfile that pnpm has installed from: the same text, where it did all
)
STORE: Final = ".pnpm"

Copies = Mapping[str, tuple[str, ...]]  # by the folder of a source; all seen from the workspace's


class Told(NamedTuple):
    """What pnpm says: the folders it has copied (`injectedDeps`), and where its store is (`virtualStoreDir`)."""

    copies: Copies = {}
    store: str = f"{FOLDER}/{STORE}"


@dataclass(frozen=True)
class Modules:
    """The node_modules of the workspace at `root`; they are read again when pnpm has told anew."""

    root: str
    _read: dict[Stamp, Told] = field(default_factory=dict)

    def told(self) -> Told:
        """What pnpm has written there last; where it has written nothing, what it would."""
        stamp = stamps_of(self.root, (MODULES,))[MODULES]
        if stamp not in self._read:
            self._read[stamp] = _read_modules(self.root) if stamp else Told()
        return self._read[stamp]

    def lockfile(self) -> str:
        """The path of the lockfile that was installed from, seen from the workspace's folder.

        Where all workspaces of a user share one store, pnpm has it in node_modules all the same.
        """
        moved = f"{self.told().store}/{LOCK}"
        return moved if Path(self.root, moved).is_file() else f"{FOLDER}/{STORE}/{LOCK}"


def _read_modules(root: str) -> Told:
    """Its store's path is seen from node_modules, or absolute; those of copies from the workspace's folder."""
    try:
        (said,) = parse_yaml(Path(root, MODULES).read_bytes(), MODULES)
        found = said.get("injectedDeps") or {}
        copies = {posixpath.normpath(source): tuple(map(str, paths)) for source, paths in found.items()}
        store = Path(root, FOLDER, said.get("virtualStoreDir") or STORE)
        return Told(copies, os.path.relpath(store, root))
    except (OSError, ConfigurationError, ValueError, AttributeError, TypeError):
        return Told()  # no pnpm has written this
