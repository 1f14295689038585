"""Which nodes see a path, and which paths were read to make the graph: what an edit can change at most; pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from buildgraph.recipes.window import Window
from buildgraph.workspace.looked_for import LOOKED_FOR
from buildgraph.workspace.projects import LOCKFILE, MANIFESTS, ROOT, owner_of
from buildgraph.workspace.tsconfig import is_config

# Files of these names are read wherever they stand in the workspace.
READ_NAMES = frozenset((*MANIFESTS, ".npmrc"))


class Territory(NamedTuple):
    """Who sees a path. Paths and folders are seen from the project's folder, or below `root` where it says so.

    `names` are the projects (folder below `root` -> name in ids) and `plain` the images whose folder below
    `root` is their context. `ignored` are patterns below `root`, and `inputs` a regular expression that
    mentions all declared inputs below it. `read` are paths, and
    `folders` beginnings of paths, that were read to make the graph: whatever changes there makes it anew.
    `locked` names what is remembered of the lockfile: its blob, and what settings select in it. `windows` are
    what the images see that are built from the workspace as it lies, below `root`. `unseen` are by folder of a
    project the places that its links lead to and no snapshot holds, as they are seen from `root`.
    """

    root: str = ""
    names: Mapping[str, str] = {}
    plain: Mapping[str, tuple[str, ...]] = {}
    ignored: tuple[str, ...] = ()
    inputs: str = ""
    read: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()
    locked: str = ""
    windows: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {}
    unseen: Mapping[str, tuple[str, ...]] = {}

    @property
    def lockfile(self) -> str:
        """The lockfile's path."""
        return self.root + LOCKFILE

    def touched(self, paths: Iterable[str], understood: Collection[str] = ()) -> dict[str, list[str]] | None:
        """Node id -> the changed paths among its files, below `root`; None when the graph must be made anew.

        It must when a path was read to make it; of the `understood` ones somebody else takes care.
        """
        found: dict[str, list[str]] = {}
        for path in paths:
            if path not in understood and self.is_read(path):
                return None
            for node_id in self._seers(path):
                found.setdefault(node_id, []).append(path[len(self.root) :])
        return found

    def is_read(self, path: str) -> bool:
        """Whether a change of this path makes the graph anew."""
        name = path.rpartition("/")[2]
        if path in self.read or path.startswith(self.folders):
            return True
        if not path.startswith(self.root):
            return False
        inner = path[len(self.root) :]
        return (
            name in READ_NAMES or is_config(name) or self._is_looked_for(inner, name) or self._is_input(inner)
        )

    def _is_looked_for(self, path: str, name: str) -> bool:
        """Whether tools look for a file from a project below its folder; its own project has it in its listing."""
        folder = path[: -len(name)]
        return name in LOOKED_FOR and (
            not folder or any(project.startswith(folder) for project in self.names)
        )

    def _is_input(self, path: str) -> bool:
        return bool(self.inputs) and re.search(self.inputs, path) is not None

    def _seers(self, path: str) -> Iterator[str]:
        if not path.startswith(self.root):
            return
        inner = path[len(self.root) :]
        owner = owner_of(inner, self.names) or ROOT
        if owner in self.names:
            yield f"package:{self.names[owner]}"
        for folder, images in self.plain.items():
            if folder == ROOT or inner.startswith(folder + "/"):
                yield from images
        yield from (image for image, window in self.windows.items() if Window(*window).sees(inner))
