"""Whose files are whose: a workspace's paths by project, and which of them an image sees; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from typing import TypeVar

from buildgraph.graph.ignoring import matching
from buildgraph.graph.listing import Listing, listing_of, state_of
from buildgraph.graph.nodes import Part
from buildgraph.snapshot.links import Beginnings
from buildgraph.snapshot.snapshot import SUBMODULE, Entry
from buildgraph.workspace import LOCKFILE, WORKSPACE_FILE, owner_of, owners_of
from buildgraph.workspace.projects import MANIFESTS, ROOT

Sortable = TypeVar("Sortable", str, Part)
INSTALL_FILES = frozenset((*MANIFESTS, LOCKFILE, WORKSPACE_FILE))


@dataclass(frozen=True)
class Files:
    """A workspace's entries, and patterns (gitignore syntax) of what no image sees."""

    entries: Mapping[str, Entry]
    projects: Collection[str]
    ignored: tuple[str, ...] = ()

    @cached_property
    def _matched(self) -> dict[tuple[str, ...], list[str]]:
        """What was asked for before: many services declare the same inputs."""
        return {}

    @cached_property
    def owned(self) -> Mapping[str, tuple[str, ...]]:
        """Every project's own paths, sorted: the owner of a file is the nearest enclosing project.

        What no project owns is the root's.
        """
        return split_by_owner(self.entries, self.projects)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The paths that no image sees."""
        return frozenset(matching(self.ignored, self.entries))

    def seen(self, folder: str) -> list[str]:
        """A project's paths of phase `image`: its own, without the ignored ones.

        The root's install files are not among them: an image gets these cut to what it needs.
        """
        kept_out = self.hidden | INSTALL_FILES if folder == ROOT else self.hidden
        return [path for path in self.owned[folder] if path not in kept_out]

    def listing(self, folder: str) -> Listing:
        """All of a project's files."""
        owned, seen = self.owned[folder], self.seen(folder)
        hidden = sorted(set(owned).difference(seen)) if len(seen) < len(owned) else []
        return listing_of(seen, hidden, self.entries)

    def is_seen(self, path: str, folders: Collection[str]) -> bool:
        """Whether a path is among what images see of these projects."""
        return (
            path not in self.hidden and owner_of(path, self.projects) in folders and path not in INSTALL_FILES
        )

    def at(self, place: str) -> list[str]:
        """The path itself, all that lies below it, and the submodule that it lies in; the root is no such place."""
        if place in self.entries:
            return [place]
        submodule = self._submodules.of(place)
        return [submodule] if submodule else in_folder(self._sorted, place)

    @cached_property
    def submodules(self) -> list[str]:
        """The paths that hold a repository of their own, of which nothing but its commit is known."""
        return [path for path, entry in self.entries.items() if entry.mode == SUBMODULE]

    @cached_property
    def _submodules(self) -> Beginnings:
        return Beginnings(self.submodules)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.entries)

    def below(self, folder: str) -> list[str]:
        """The unignored paths in a folder, whoever owns them."""
        prefix = "" if folder == ROOT else folder.rstrip("/") + "/"
        return sorted(path for path in self.entries if path.startswith(prefix) and path not in self.hidden)

    def shown(self, is_shown: Callable[[str], bool]) -> list[str]:
        """The unignored paths of which a question is true, sorted."""
        return [path for path in self._sorted if path not in self.hidden and is_shown(path)]

    def matching(self, patterns: tuple[str, ...]) -> list[str]:
        """The paths that match any of these patterns (gitignore syntax), sorted."""
        if patterns not in self._matched:
            self._matched[patterns] = sorted(matching(patterns, self.entries))
        return self._matched[patterns]

    @cached_property
    def part(self) -> Callable[[str], Part]:
        """The part of a file: the same one for all nodes that have it, as thousands may see one large folder."""
        return cache(lambda path: Part("file", path, state_of(self.entries[path])))

    def described(self, paths: Iterable[str]) -> dict[str, str]:
        """Path -> mode and blob id, as reasons show a file's state."""
        return {path: state_of(self.entries[path]) for path in paths}


def in_folder(paths: list[str], folder: str) -> list[str]:
    """Those of sorted paths that lie in a folder."""
    return paths[bisect_left(paths, f"{folder}/") : bisect_left(paths, f"{folder}0")]  # "0" is after "/"


def in_order(runs: Iterable[Iterable[Sortable]]) -> list[Sortable]:
    """What any of these has, sorted and each once; it takes little where each is sorted already."""
    return list(dict.fromkeys(sorted(chain.from_iterable(runs))))


def split_by_owner(paths: Iterable[str], projects: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Every project's folder with the sorted paths it owns; what no other owns is the root's."""
    folders = {ROOT, *projects}
    owned: dict[str, list[str]] = {folder: [] for folder in folders}
    for path, owner in owners_of(sorted(paths), folders).items():
        owned[owner].append(path)
    return {folder: tuple(found) for folder, found in owned.items()}
