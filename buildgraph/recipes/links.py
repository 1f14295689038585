"""What symbolic links add to what a Dockerfile copies: BuildKit follows those that a source names or leads over.

It follows none inside of a folder that it copies. The top of the context is its root: `/x` and `../../x` stay in it.
The rules are those of fsutil (`FollowLinks`), which tells what is sent; to find more than that harms nothing.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import Final, NamedTuple

from buildgraph.recipes.effort import Effort
from buildgraph.recipes.window import WHOLE, names_exactly
from buildgraph.snapshot.links import Beginnings

MOST_LINKS: Final = 255  # as many as BuildKit follows on one way (`RootPath` in containerd/continuity)
LONGEST_PATH: Final = 4095
LOOK: Final = 30  # what it takes to look at one link, or at one part of it, in signs
ANY_FOLDERS: Final = "**"
ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
LITERAL: Final = re.compile(r"(?:[^*?\[\\]|\\.)*", re.DOTALL)
WILD: Final = re.compile(r"([*?\[\\])")


class _End(NamedTuple):
    """The links on the way that a link leads, itself first, and the place behind them (None: there is none)."""

    passed: tuple[str, ...]
    place: str | None


@dataclass(frozen=True)
class CopiedLinks:
    """The symbolic links of a context with what stands in them, seen from its top; `effort` is what looking may take.

    What was looked at is kept: many services copy the same.
    """

    links: Mapping[str, str]
    effort: Effort
    _met: dict[str, Sequence[tuple[str, str]]] = field(init=False, default_factory=dict)
    _ends: dict[str, _End] = field(init=False, default_factory=dict)

    def with_ends(self, copies: tuple[str, ...]) -> tuple[str, ...]:
        """The copies, and with them the links that they meet and where these lead; raises TooMuch.

        They are sorted where links add anything.
        """
        if not self.links or WHOLE in copies:
            return copies
        waiting, done, passed = list(copies), set(copies), set[str]()
        while waiting:
            for link, rest in self._met_by(waiting.pop()):
                end = self._end_of(link)
                self._look_at(len(end.passed))
                passed.update(end.passed)
                if end.place is None:
                    continue
                there = "/".join(filter(None, (_literal(end.place), rest))) or WHOLE
                self.effort.spend(len(there))
                if there not in done:
                    done.add(there)
                    waiting.append(there)
        return tuple(sorted(done.union(map(_literal, passed)))) if passed else copies

    def _met_by(self, pattern: str) -> Sequence[tuple[str, str]]:
        """The links that a pattern names or leads over, with what it says of what lies behind each."""
        if pattern not in self._met:
            self._look_at(len(pattern))
            self._met[pattern] = tuple(self._meet(pattern))
        return self._met[pattern]

    def _meet(self, pattern: str) -> Iterator[tuple[str, str]]:
        parts = pattern.split("/")
        known = [ESCAPED.sub(r"\1", part) for part in takewhile(LITERAL.fullmatch, parts)]
        link = self._first("/".join(known))
        if link is not None:
            yield link, "/".join(parts[link.count("/") + 1 :])
        elif len(known) < len(parts):
            folder = "".join(f"{part}/" for part in known)
            for link in self._below(folder):
                for at in self._after(parts[len(known) :], link[len(folder) :].split("/")):
                    yield link, "/".join(parts[len(known) + at :])

    def _first(self, path: str) -> str | None:
        """The link that a path begins with, or is."""
        return self._beginnings.of(path)

    def _below(self, folder: str) -> Iterator[str]:
        at = bisect_left(self._sorted, folder)
        while at < len(self._sorted) and self._sorted[at].startswith(folder):
            yield self._sorted[at]
            at += 1

    def _after(self, parts: Sequence[str], names: Sequence[str]) -> list[int]:
        """How many of a pattern's parts these names may be."""
        self._look_at(0)
        places = {0}
        for name in names:
            places = {after for at in self._closed(parts, places) for after in self._step(parts, at, name)}
            if not places:
                break
        return sorted(places)

    def _closed(self, parts: Sequence[str], places: set[int]) -> set[int]:
        """These places, and those behind what may be no folder at all."""
        found = set(places)
        for at in places:
            while at < len(parts) and parts[at] == ANY_FOLDERS:
                at += 1
                found.add(at)
        return found

    def _step(self, parts: Sequence[str], at: int, name: str) -> Iterator[int]:
        self._look_at(len(name))
        if at == len(parts):
            return
        if parts[at] == ANY_FOLDERS:
            yield at
        elif names_exactly(parts[at], name):
            yield at + 1

    def _end_of(self, link: str) -> _End:
        if link not in self._ends:
            self._ends[link] = self._end(link)
        return self._ends[link]

    def _end(self, link: str) -> _End:
        """Where a link leads: BuildKit takes `..` as it is written, and asks of no link before it."""
        passed, place = list[str](), link
        while (met := self._first(place)) is not None:
            passed.append(met)
            target = posixpath.join("/", posixpath.dirname(met), self.links[met])
            self._look_at(len(target) + len(place))
            if len(passed) > MOST_LINKS or len(target) + len(place) > LONGEST_PATH:
                return _End(tuple(passed), None)
            place = posixpath.normpath(target + place[len(met) :]).lstrip("/")
        return _End(tuple(passed), place)

    def _look_at(self, signs: int) -> None:
        self.effort.spend(LOOK + signs)

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.links)

    @cached_property
    def _beginnings(self) -> Beginnings:
        return Beginnings(self.links)


def _literal(path: str) -> str:
    """A path as the pattern that names it alone."""
    return WILD.sub(r"\\\1", path)
