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
from itertools import islice, takewhile
from operator import methodcaller
from typing import Final, NamedTuple

from buildgraph.recipes.window import WHOLE, names_exactly

MOST_LINKS: Final = 255  # as many as BuildKit follows on one way (`RootPath` in containerd/continuity)
LONGEST_PATH: Final = 4095
MOST_SIGNS: Final = 300_000  # that are looked at: strangers may write a thousand links and as many patterns
ANY_FOLDERS: Final = "**"
ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
LITERAL: Final = re.compile(r"(?:[^*?\[\\]|\\.)*", re.DOTALL)
WILD: Final = re.compile(r"([*?\[\\])")


def followed(copies: tuple[str, ...], links: Mapping[str, str]) -> tuple[str, ...]:
    """The copies, and with them the links that they meet and where these lead.

    `links` are those of the context, with what stands in them, seen from its top. Where there are too many to be told
    apart, all of the context is copied.
    """
    if not links or WHOLE in copies:
        return copies
    try:
        return _Following(links).all(copies)
    except _TooMany:
        return (WHOLE,)


class _TooMany(Exception):
    """More links and patterns than are looked at."""


class _End(NamedTuple):
    """The links on the way that a link leads, itself first, and the place behind them (None: there is none)."""

    passed: tuple[str, ...]
    place: str | None


@dataclass
class _Following:
    """A look at links and patterns, and how many signs it took so far."""

    links: Mapping[str, str]
    signs: int = 0
    ends: dict[str, _End] = field(default_factory=dict)

    def all(self, copies: Sequence[str]) -> tuple[str, ...]:
        """The copies with all that their links add; sorted where these add anything."""
        waiting, done, passed = list(copies), set(copies), set[str]()
        while waiting:
            for link, rest in self._met(waiting.pop()):
                end = self.ends[link] = self.ends.get(link) or self._end(link)
                passed.update(end.passed)
                if end.place is None:
                    continue
                there = "/".join(filter(None, (_literal(end.place), rest))) or WHOLE
                self._look_at(len(there))
                if there not in done:
                    done.add(there)
                    waiting.append(there)
        return tuple(sorted(done.union(map(_literal, passed)))) if passed else tuple(copies)

    def _met(self, pattern: str) -> Iterator[tuple[str, str]]:
        """The links that a pattern names or leads over, with what it says of what lies behind each."""
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
        end = path.find("/")
        while 0 <= end <= self._longest:
            if path[:end] in self.links:
                return path[:end]
            end = path.find("/", end + 1)
        return path if path in self.links else None

    def _below(self, folder: str) -> Iterator[str]:
        links, is_in = self._sorted, methodcaller("startswith", folder)
        return takewhile(is_in, islice(links, bisect_left(links, folder), None))

    def _after(self, parts: Sequence[str], names: Sequence[str]) -> list[int]:
        """How many of a pattern's parts these names may be."""
        self._look_at(0)
        if len(names) > len(parts) and ANY_FOLDERS not in parts:
            return []
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
        self.signs += signs + 1
        if self.signs > MOST_SIGNS:
            raise _TooMany

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.links)

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self.links))


def _literal(path: str) -> str:
    """A path as the pattern that names it alone."""
    return WILD.sub(r"\\\1", path)
