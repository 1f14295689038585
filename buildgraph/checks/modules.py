"""What pnpm has written of its last install, in the workspace's node_modules."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from buildgraph.checks.disk import beginning_of
from buildgraph.checks.traces import Stamp, stamps_of
from buildgraph.errors import ConfigurationError
from buildgraph.workspace.yaml import parse_yaml

NODE_MODULES: Final = "node_modules"
MODULES: Final = f"{NODE_MODULES}/.modules.yaml"
LOCK: Final = (
    "lock.yaml"  # in its store, the lockfile that pnpm has installed from: the same text, where it did all
)
STORE: Final = ".pnpm"
LARGEST: Final = 1 << 26  # bytes

Copies = Mapping[str, tuple[str, ...]]  # by the folder of a source; all seen from the workspace's


class Told(NamedTuple):
    """What pnpm says: the folders it has copied (`injectedDeps`), and where its store is (`virtualStoreDir`)."""

    copies: Copies = {}
    store: str = f"{NODE_MODULES}/{STORE}"


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
        is_there = os.path.isfile(f"{self.root}/{moved}")  # noqa: PTH113  # pathlib's raises where it may not look
        return moved if is_there else f"{NODE_MODULES}/{STORE}/{LOCK}"


def _read_modules(root: str) -> Told:
    """Its store's path is seen from node_modules, or absolute; those of copies from the workspace's folder."""
    try:
        (said,) = parse_yaml(beginning_of(f"{root}/{MODULES}", LARGEST), MODULES)
        found = said.get("injectedDeps") or {}
        copies = {
            posixpath.normpath(path): _possible(map(str, to))
            for path, to in found.items()
            if _possible([path])
        }
        store = Path(root, NODE_MODULES, said.get("virtualStoreDir") or STORE)
        return Told(copies, os.path.relpath(store, root))
    except (ConfigurationError, ValueError, AttributeError, TypeError):
        return Told()  # no pnpm has written this


def _possible(paths: Iterable[str]) -> tuple[str, ...]:
    """Those that a disk can have."""
    return tuple(path for path in paths if "\0" not in path)
