"""Whether the folders that pnpm has copied into node_modules (`injected`, `file:`) are as their sources.

It makes hard links of their files when it installs: a file that is edited in place is the same in both, and one that
is written anew, as git and most editors do it, is not.
"""

from __future__ import annotations

import filecmp
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from buildgraph.checks.modules import Modules
from buildgraph.checks.patterns import SKIPPED

OTHERWISE: Final = "is not as it was copied into node_modules: run `pnpm install`"


@dataclass(frozen=True)
class Copied:
    """The folders that pnpm has copied, as it tells of its modules."""

    modules: Modules

    def doubt(self, others: Collection[str]) -> str:
        """A file of a copied folder that is another one in its copy, as a sentence; "" for none.

        `others` are folders whose copies do not matter.
        """
        copies = ((source, copy) for source, found in self.modules.told().copies.items() for copy in found)
        unlike = (
            path for source, copy in copies if source not in others for path in self._unlike(source, copy)
        )
        return next((f"{path} {OTHERWISE}" for path in unlike), "")

    def _unlike(self, source: str, copy: str) -> Iterator[str]:
        """The files in a copy that its source has otherwise, or no more; what is not packed is in no copy."""
        root = self.modules.root
        top = os.path.join(root, copy)  # noqa: PTH118  # it may be absolute
        for place, folders, names in os.walk(top):
            folders[:] = sorted(set(folders).difference(SKIPPED))
            for name in sorted(names):
                path = f"{source}/{os.path.relpath(f'{place}/{name}', top)}"
                if not _is_same(f"{place}/{name}", f"{root}/{path}"):
                    yield path


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other) or filecmp.cmp(one, other, shallow=False)  # noqa: PTH121
    except OSError:
        return False
