"""Whether the folders that pnpm has copied into node_modules (`injected`, `file:`) are as their sources.

It makes hard links of their files when it installs: a file that is edited in place is the same in both, and one that
is written anew, as git and most editors do it, is not.
"""

from __future__ import annotations

import filecmp
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from buildgraph.checks.patterns import SKIPPED
from buildgraph.checks.traces import Stamp, stamps_of
from buildgraph.errors import ConfigurationError
from buildgraph.workspace.yaml import parse_yaml

# What pnpm has done there last: `injectedDeps` has by source the copies of it.
MODULES: Final = "node_modules/.modules.yaml"
OTHERWISE: Final = "is not as it was copied into node_modules: run `pnpm install`"

Copies = Mapping[str, tuple[str, ...]]  # by the folder of a source, seen from the workspace's


@dataclass(frozen=True)
class Copied:
    """The folders that are copied in the workspace at `root`; which ones is read again when pnpm has told anew."""

    root: str
    _read: dict[Stamp, Copies] = field(default_factory=dict)

    def doubt(self, others: Collection[str]) -> str:
        """A file of a copied folder that is another one in its copy, as a sentence; "" for none.

        `others` are folders whose copies do not matter.
        """
        copies = ((source, copy) for source, found in self._copies().items() for copy in found)
        unlike = (
            path for source, copy in copies if source not in others for path in self._unlike(source, copy)
        )
        return next((f"{path} {OTHERWISE}" for path in unlike), "")

    def _copies(self) -> Copies:
        stamp = stamps_of(self.root, (MODULES,))[MODULES]
        if stamp not in self._read:
            self._read[stamp] = _read_copies(Path(self.root, MODULES)) if stamp else {}
        return self._read[stamp]

    def _unlike(self, source: str, copy: str) -> Iterator[str]:
        """The files in a copy that its source has otherwise, or no more; what is not packed is in no copy."""
        top = os.path.join(self.root, copy)  # noqa: PTH118  # it may be absolute
        for place, folders, names in os.walk(top):
            folders[:] = sorted(set(folders).difference(SKIPPED))
            for name in sorted(names):
                path = f"{source}/{os.path.relpath(f'{place}/{name}', top)}"
                if not _is_same(f"{place}/{name}", f"{self.root}/{path}"):
                    yield path


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other) or filecmp.cmp(one, other, shallow=False)  # noqa: PTH121
    except OSError:
        return False


def _read_copies(place: Path) -> Copies:
    try:
        (told,) = parse_yaml(place.read_bytes(), MODULES)
        found = told.get("injectedDeps") or {}
        return {os.path.normpath(source): tuple(map(str, copies)) for source, copies in found.items()}
    except (OSError, ConfigurationError, ValueError, AttributeError, TypeError):
        return {}  # no pnpm has written this
