"""Where symbolic links lead, as a kernel would follow them; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

from buildgraph.errors import ConfigurationError

MOST_LINKS, LONGEST_PATH = 40, 4095  # as many as a kernel follows, and as many bytes as it takes
MOST_UP = 8  # times that one link leads up from where another one led; each is a step on every way over it
UP = "../"
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

        It leads nowhere beyond as many links as a kernel follows, nor to a path that is longer than one takes. Behind a
        link, `..` leads up from where that leads: such a part stays until it is known. ConfigurationError where a link
        leads up so more often than MOST_UP times.
        """
        found = [place]
        while len(found) <= MOST_LINKS and (there := self._next(found[-1])) is not None:
            found.append(there)
        return found

    def passed(self, ways: Iterable[str]) -> Iterator[str]:
        """The links that these ways lead over."""
        return filter(None, map(self._first, ways))

    @cached_property
    def places(self) -> frozenset[str]:
        """Where links lead at once, and what they lead to from there that does not lie below one of these places."""
        strange = any(map(_leaves, self._ends.values()))
        ways = (pairwise(self.ways(path)) for path in self.targets) if strange else ()
        left = (after for way in ways for before, after in way if self._is_left(before))
        return frozenset(chain(self._ends.values(), left))

    def _is_left(self, place: str) -> bool:
        link = self._first(place)
        return _leaves(place) or (link is not None and _leaves(self._ends[link]))

    def settled(self, place: str) -> str:
        """A path without its `..`, as far as they lead to a folder that is known: no link stands before them.

        What leads out of the folder stays as it is, as nothing is known of the links there.
        """
        text = f"{place}/".removeprefix("./")
        while not text.startswith((UP, "/")) and (at := text.find(f"/{UP}")) >= 0:
            if self._first(text[:at]) is not None:
                break
            text = text[: text.rfind("/", 0, at) + 1] + text[at + 1 + len(UP) :]
        return text[:-1] or "."

    @cached_property
    def _ends(self) -> Mapping[str, str]:
        """Where each link leads at once."""
        return {path: self._end(path, target) for path, target in self.targets.items()}

    def _end(self, path: str, target: str) -> str:
        there = posixpath.join(posixpath.dirname(path), target)
        if there.startswith("/"):
            return there
        found = self.settled("/".join(part for part in there.split("/") if part not in ("", ".")))
        if not found.startswith(UP) and found.count(UP) > MOST_UP:
            told = f"leads over other links and from there more than {MOST_UP} folders up"
            raise ConfigurationError.of(path, told, "let it lead there without these links")
        return found

    def _next(self, place: str) -> str | None:
        link = self._first(place)
        if link is None or len(self._ends[link]) + len(place) - len(link) > LONGEST_PATH:
            return None
        return self.settled(self._ends[link] + place[len(link) :])

    def _first(self, place: str) -> str | None:
        """The first part of a path that is a link."""
        return place if place in self.targets else self._beginnings.of(place)

    @cached_property
    def _beginnings(self) -> Beginnings:
        return Beginnings(self.targets)


def _leaves(place: str) -> bool:
    """Whether what a path leads to may lie elsewhere than below the folder that it names: above it, or anywhere."""
    return place == "." or f"/{UP}" in f"{place}/"
