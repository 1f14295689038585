"""Where symbolic links lead, as a kernel would follow them; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from buildgraph.snapshot.snapshot import LONGEST_PATH, MOST_LINKS

Tree = dict[str, "Tree"]
_HERE = ""  # no part of a path is empty, but where a tree says that one of its paths ends


@dataclass(frozen=True)
class Beginnings:
    """Paths, to be asked which of them another path begins with.

    They are kept part by part: a path of a thousand parts is gone through once, and mostly ends at its second.
    """

    paths: Iterable[str]

    def of(self, place: str) -> str | None:
        """The shortest of the paths that a place is, or that it lies below."""
        tree, end = self._tree, -1
        while end < len(place):
            start = end + 1
            end = place.find("/", start)
            end = len(place) if end < 0 else end
            inner = tree.get(place[start:end])
            if inner is None:
                return None
            if _HERE in inner:
                return place[:end]
            tree = inner
        return None

    @cached_property
    def _tree(self) -> Tree:
        whole: Tree = {}
        for path in self.paths:
            tree = whole
            for part in path.split("/"):
                tree = tree.setdefault(part, {})
            tree[_HERE] = {}
        return whole


@dataclass(frozen=True)
class Links:
    """Symbolic links by path, with what stands in them; all is seen from one folder."""

    targets: Mapping[str, str]

    def ways(self, place: str) -> list[str]:
        """A place and, one after another, those that it leads to over links of files and folders.

        It leads nowhere beyond as many links as a kernel follows, nor to a path that is longer than one takes.
        """
        found = [place]
        while len(found) <= MOST_LINKS and (there := self._next(found[-1])) is not None:
            found.append(there)
        return found

    def passed(self, ways: Iterable[str]) -> Iterator[str]:
        """The links that these ways lead over."""
        return filter(None, map(self._first, ways))

    @cached_property
    def ends(self) -> Mapping[str, str]:
        """Where each link leads at once."""
        return {
            path: posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            for path, target in self.targets.items()
        }

    def _next(self, place: str) -> str | None:
        link = self._first(place)
        if link is None or len(self.ends[link]) + len(place) - len(link) > LONGEST_PATH:
            return None
        return self.ends[link] + place[len(link) :]

    def _first(self, place: str) -> str | None:
        """The first part of a path that is a link."""
        return place if place in self.targets else self._beginnings.of(place)

    @cached_property
    def _beginnings(self) -> Beginnings:
        return Beginnings(self.targets)
