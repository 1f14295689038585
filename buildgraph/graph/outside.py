"""What projects read outside of their workspace: where links and linked folders lead, and what stands there; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from buildgraph.graph.files import Files, split_by_owner
from buildgraph.graph.listing import state_of
from buildgraph.graph.nodes import Part
from buildgraph.graph.reached import files_at
from buildgraph.snapshot.links import Links
from buildgraph.workspace.projects import ROOT


def places_outside(
    projects: Collection[str], links: Links, linked: Mapping[str, Iterable[str]]
) -> dict[str, tuple[str, ...]]:
    """Folder of a project -> where its links and linked folders lead out of the workspace, sorted.

    Such a place begins with `..`, or is absolute. `links` are the workspace's, `linked` the
    folders of no project that one links or copies. All is seen from the workspace's root.
    """
    found = {folder: set(filter(_is_outside, places)) for folder, places in linked.items()}
    for folder, paths in split_by_owner(links.targets, projects).items():
        outside = (way for path in paths for way in links.ways(path) if _is_outside(way))
        found.setdefault(folder, set()).update(outside)
    return {folder: tuple(sorted(places)) for folder, places in found.items() if places}


def _is_outside(place: str) -> bool:
    """Whether a path leads out of the folder that it is seen from."""
    return place.startswith(("../", "/")) or place == ".."


def _is_beyond(place: str) -> bool:
    return _is_outside(place) or place == ROOT


@dataclass(frozen=True)
class Outside:
    """What the projects of a workspace read outside of it.

    `root` is the way to the workspace from the project's folder: it ends with a slash, or is empty. `places` are
    as above, by folder of a project; `files` and `links` all files and symbolic links of the project's folder.
    """

    root: str
    places: Mapping[str, tuple[str, ...]]
    files: Files
    links: Links

    @cached_property
    def parts(self) -> Mapping[str, tuple[Part, ...]]:
        """The files at the places of each project, by its folder; their paths are seen from the workspace's root."""
        found = {folder: files_at(places, self.links, self.files) for folder, places in self._seen.items()}
        return {folder: tuple(sorted(map(self._part, paths))) for folder, paths in found.items() if paths}

    @cached_property
    def read(self) -> set[str]:
        """The paths that were looked for, seen from the project's folder: of files and links."""
        paths = self._met.union(files_at(self._met, self.links, self.files))
        return {path for path in paths if not _is_beyond(path)}

    @cached_property
    def folders(self) -> set[str]:
        """The beginnings of paths below which any file was looked for, seen from the project's folder."""
        return {f"{place}/" for place in self._met if not _is_beyond(place)}

    @cached_property
    def unseen(self) -> Mapping[str, tuple[str, ...]]:
        """By folder of a project the places that lie above the project's folder, or anywhere: no snapshot holds them.

        They are seen from the workspace's root, or absolute. The project's folder itself is one of them.
        """
        up = "../" * self.root.count("/")
        found = {
            folder: {way for place in places for way in self.links.ways(place) if _is_beyond(way)}
            for folder, places in self._seen.items()
        }
        return {
            folder: tuple(sorted(way if way.startswith("/") else up + way for way in beyond))
            for folder, beyond in found.items()
            if beyond
        }

    @cached_property
    def _seen(self) -> Mapping[str, list[str]]:
        """The places as they are seen from the project's folder."""
        return {
            folder: [self.links.settled(posixpath.join(self.root, place)) for place in places]
            for folder, places in self.places.items()
        }

    @cached_property
    def _met(self) -> set[str]:
        """All places on the ways, of all projects."""
        return {way for places in self._seen.values() for place in places for way in self.links.ways(place)}

    @cached_property
    def _part(self) -> Callable[[str], Part]:
        return cache(self._made_part)

    def _made_part(self, path: str) -> Part:
        name = posixpath.relpath(f"/{path}", f"/{self.root}")
        return Part("file", name, state_of(self.files.entries[path]))
