"""Versions and npm's ranges: whether a workspace package satisfies what another asks for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

# Longer numbers are none to npm either, which counts up to 2**53.
_VERSION = re.compile(
    r"^[v=\s]*([0-9]{1,16})\.([0-9]{1,16})\.([0-9]{1,16})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$"
)
_PART = r"([0-9]{1,16}|[xX*])"
_PARTIAL = rf"[v=\s]*{_PART}(?:\.{_PART}(?:\.{_PART}(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?)?"
_COMPARATOR = re.compile(rf"^(\^|~>?|>=|<=|>|<|=|){_PARTIAL}$")
_HYPHEN = re.compile(r"^\s*(\S+)\s+-\s+(\S+)\s*$")
_SPACE_AFTER_SIGN = re.compile(r"(\^|~>?|>=|<=|>|<|=)\s+")

LONGEST = 16  # digits of a number
MOST_REMEMBERED = 1 << 14
Identifiers = tuple[tuple[int, int, str], ...]
Core = tuple[int, int, int]


class Version(NamedTuple):
    """A version in precedence order; `released` is 0 for a prerelease, which comes before its release."""

    major: int
    minor: int
    patch: int
    released: int = 1
    identifiers: Identifiers = ()

    @property
    def core(self) -> Core:
        """Without the prerelease."""
        return self.major, self.minor, self.patch


_BEFORE_ALL = Version(0, 0, 0, 0, ())
_NEVER = Version(2**62, 0, 0)


class Bounds(NamedTuple):
    """Versions from `least` (inclusive) up to `below` (exclusive)."""

    least: Version
    below: Version = _NEVER


@dataclass(frozen=True, slots=True)
class Spans:
    """Versions within any of some bounds, which are apart and in order here: found by halving."""

    starts: tuple[Version, ...] = ()
    ends: tuple[Version, ...] = ()

    def holds(self, version: Version) -> bool:
        """Whether `version` lies within, by precedence alone."""
        at = bisect_right(self.starts, version) - 1
        return at >= 0 and version < self.ends[at]


@dataclass(frozen=True, slots=True)
class Range:
    """The versions that satisfy a range of npm's: releases within `spans`, and some prereleases.

    A prerelease satisfies only alternatives that name a prerelease of the same version (node-semver): those lie in
    `prereleases`, by that version. `is_whole` says that all alternatives could be read.
    """

    spans: Spans
    prereleases: Mapping[Core, Spans]
    is_whole: bool

    def holds(self, version: Version) -> bool:
        """Whether `version` satisfies it."""
        if version.released:
            return self.spans.holds(version)
        named = self.prereleases.get(version.core)
        return named is not None and named.holds(version)


@lru_cache(maxsize=MOST_REMEMBERED)
def parse_version(text: str) -> Version | None:
    """The version, or None when `text` is none."""
    found = _VERSION.match(text.strip())
    if found is None:
        return None
    return _version((int(found[1]), int(found[2]), int(found[3])), found[4] or "")


@lru_cache(maxsize=MOST_REMEMBERED)
def parse_range(specifier: str) -> Range:
    """The range that `specifier` is; alternatives that cannot be read are left out."""
    texts = {part.strip() for part in specifier.split("||")}
    read = [alternative for text in texts if (alternative := _parse_alternative(text)) is not None]
    named: dict[Core, list[Bounds]] = {}
    for alternative in read:
        for core in _named_prereleases(alternative):
            named.setdefault(core, []).append(_all_of(alternative))
    return Range(
        _any_of(_all_of(alternative) for alternative in read),
        {core: _any_of(bounds) for core, bounds in named.items()},
        len(read) == len(texts),
    )


def is_satisfied(specifier: str, version: str) -> bool:
    """Whether `version` satisfies npm's range `specifier`; False when either is not one."""
    parsed = parse_version(version)
    return parsed is not None and parse_range(specifier).holds(parsed)


def _named_prereleases(alternative: Iterable[Bounds]) -> set[Core]:
    """The versions that some of the bounds name a prerelease of."""
    ends = chain.from_iterable(alternative)
    return {end.core for end in ends if end.identifiers and not end.released}


def _all_of(alternative: Iterable[Bounds]) -> Bounds:
    """What lies within all of the bounds."""
    starts, ends = zip(*alternative, strict=True)
    return Bounds(max(starts), min(ends))


def _any_of(bounds: Iterable[Bounds]) -> Spans:
    """What lies within any of the bounds; those that meet become one."""
    starts: list[Version] = []
    ends: list[Version] = []
    for least, below in sorted(one for one in bounds if one.least < one.below):
        if ends and least <= ends[-1]:
            ends[-1] = max(ends[-1], below)
        else:
            starts.append(least)
            ends.append(below)
    return Spans(tuple(starts), tuple(ends))


def _parse_alternative(text: str) -> tuple[Bounds, ...] | None:
    hyphen = _HYPHEN.match(text)
    pieces = [f">={hyphen[1]}", f"<={hyphen[2]}"] if hyphen else _SPACE_AFTER_SIGN.sub(r"\1", text).split()
    bounds: list[Bounds] = []
    for piece in pieces or ["*"]:
        found = _COMPARATOR.match(piece)
        if found is None:
            return None
        bounds.append(_parse_bounds(found[1], found.groups()[1:]))
    return tuple(bounds)


def _parse_bounds(sign: str, parts: tuple[str | None, ...]) -> Bounds:
    numbers = [int(part) for part in _known(parts[:3])]
    lowest = _version(_core(numbers), parts[3] or "")
    highest = lowest if len(numbers) == 3 else _before(_raised(numbers, len(numbers) - 1))
    if sign in ("^", "~", "~>") or (sign in ("", "=") and len(numbers) < 3):
        return Bounds(lowest, _before(_raised(numbers, _kept(sign, numbers))))
    if sign == ">=":
        return Bounds(lowest)
    if sign == "<":
        return Bounds(_BEFORE_ALL, lowest if len(numbers) == 3 else _before(lowest))
    if sign == ">":
        return Bounds(_after(lowest) if len(numbers) == 3 else highest)
    if sign == "<=":
        return Bounds(_BEFORE_ALL, _after(lowest) if len(numbers) == 3 else highest)
    return Bounds(lowest, _after(lowest))


def _known(parts: tuple[str | None, ...]) -> list[str]:
    """The numbers before the first wildcard."""
    found: list[str] = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        found.append(part)
    return found


def _kept(sign: str, numbers: list[int]) -> int:
    """The index of the number that must stay below its successor; -1 when nothing bounds it."""
    if sign == "^":
        first = next((index for index, number in enumerate(numbers) if number), None)
        return len(numbers) - 1 if first is None else first
    return min(1, len(numbers) - 1)


def _raised(numbers: list[int], index: int) -> Version:
    if index < 0:
        return _NEVER
    return _version(_core([*numbers[:index], numbers[index] + 1]))


def _core(numbers: list[int]) -> Core:
    """Three numbers, zeros where none are given."""
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    return major, minor, patch


def _before(version: Version) -> Version:
    """The place before all prereleases of `version`, where the upper end of `^1.2.3` lies."""
    return Version(*version.core, 0, ())


def _after(version: Version) -> Version:
    """The place right after `version`."""
    return Version(*version.core, version.released, (*version.identifiers, (-1, 0, "")))


def _version(core: Core, prerelease: str = "") -> Version:
    identifiers = tuple(_identifier(part) for part in prerelease.split(".")) if prerelease else ()
    return Version(*core, 0 if identifiers else 1, identifiers)


def _identifier(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() and len(part) <= LONGEST else (1, 0, part)
