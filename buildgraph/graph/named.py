"""What the checks of projects see because their scripts name it: other projects, and files of none; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from buildgraph.graph.files import Files, in_folder
from buildgraph.graph.listing import state_of
from buildgraph.graph.nodes import Part, digest_of_pairs
from buildgraph.graph.reached import files_at
from buildgraph.snapshot.links import Links
from buildgraph.workspace.projects import ROOT, owner_of
from buildgraph.workspace.script_words import Words


@dataclass(frozen=True)
class Named:
    """What scripts name, by folder of their project; `links` are those of the workspace.

    Places outside of the workspace are none of these.
    """

    words: Mapping[str, Words]
    links: Links
    files: Files

    @cached_property
    def projects(self) -> Mapping[str, tuple[str, ...]]:
        """The folders of other projects that lie at these places, or that these lie in."""
        return {folder: self._projects(folder, words.places) for folder, words in self.words.items()}

    @cached_property
    def parts(self) -> Mapping[str, tuple[Part, ...]]:
        """The files of no project at these places, each; and of each pattern all that match it, as one."""
        return {
            folder: (*self._parts(words.places), *map(self._matching, words.patterns))
            for folder, words in self.words.items()
        }

    @cached_property
    def places(self) -> frozenset[str]:
        """The places of no project, whether anything is there or not."""
        found = {place for words in self.words.values() for place in words.places}
        return frozenset(place for place in found if not place.startswith("..") and self._is_free(place))

    @property
    def patterns(self) -> set[str]:
        """All patterns."""
        return {pattern for words in self.words.values() for pattern in words.patterns}

    def _is_free(self, place: str) -> bool:
        return owner_of(place, self.files.projects) in (None, ROOT)

    def _projects(self, folder: str, places: Iterable[str]) -> tuple[str, ...]:
        owners = {owner_of(place, self.files.projects) or ROOT for place in places}
        below = {inner for place in places for inner in in_folder(self._folders, place)}
        return tuple(sorted(owners.union(below) - {ROOT, folder}))

    @cached_property
    def _folders(self) -> list[str]:
        return sorted(self.files.projects)

    def _parts(self, places: Iterable[str]) -> Iterator[Part]:
        found = files_at((place for place in places if place in self.places), self.links, self._free)
        return (self.files.part(path) for path in found if path in self._free.entries)

    @cached_property
    def _free(self) -> Files:
        """The files of no project."""
        entries = self.files.entries
        return Files({path: entries[path] for path in self.files.owned.get(ROOT, ())}, ())

    def _matching(self, pattern: str) -> Part:
        found = self.files.matching((pattern,))
        states = ((path, state_of(self.files.entries[path])) for path in found)
        return Part("file", pattern.removeprefix("/"), digest_of_pairs(states))
