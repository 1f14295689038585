"""Versions and npm's ranges: whether a workspace package satisfies what another asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

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
Identifiers = tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version in precedence order; `released` is 0 for a prerelease, which comes before its release."""

    major: int
    minor: int
    patch: int
    released: int = 1
    identifiers: Identifiers = ()

    @property
    def core(self) -> tuple[int, int, int]:
        """Without the prerelease."""
        return self.major, self.minor, self.patch


@dataclass(frozen=True, slots=True)
class Bounds:
    """Versions from `least` (inclusive) up to `below` (exclusive; None is no bound)."""

    least: Version
    below: Version | None = None

    def holds(self, version: Version) -> bool:
        """Whether `version` lies within, by precedence alone."""
        return self.least <= version and (self.below is None or version < self.below)


def parse_version(text: str) -> Version | None:
    """The version, or None when `text` is none."""
    found = _VERSION.match(text.strip())
    if found is None:
        return None
    return _version((int(found[1]), int(found[2]), int(found[3])), found[4] or "")


def is_satisfied(specifier: str, version: str) -> bool:
    """Whether `version` satisfies npm's range `specifier`; False when either is not one.

    A prerelease satisfies only a range that names a prerelease of the same version (node-semver).
    """
    parsed = parse_version(version)
    if parsed is None:
        return False
    return any(_all_hold(alternative, parsed) for alternative in _parse_range(specifier))


def is_range(specifier: str) -> bool:
    """Whether `specifier` is a version or range of them, in all its alternatives."""
    return len(_parse_range(specifier)) == specifier.count("||") + 1


def _all_hold(alternative: tuple[Bounds, ...], version: Version) -> bool:
    if not all(bounds.holds(version) for bounds in alternative):
        return False
    return bool(version.released) or any(_names_prerelease_of(bounds, version) for bounds in alternative)


def _names_prerelease_of(bounds: Bounds, version: Version) -> bool:
    named = [bounds.least] if bounds.below is None else [bounds.least, bounds.below]
    return any(end.identifiers and not end.released and end.core == version.core for end in named)


@lru_cache(maxsize=4096)
def _parse_range(specifier: str) -> tuple[tuple[Bounds, ...], ...]:
    """The alternatives of a range; those that cannot be read are left out."""
    read = (_parse_alternative(part.strip()) for part in specifier.split("||"))
    return tuple(alternative for alternative in read if alternative is not None)


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
        return Bounds(_BEFORE_ALL, lowest if len(numbers) == 3 else _before(lowest) or lowest)
    if sign == ">":
        return Bounds(_after(lowest) if len(numbers) == 3 else highest or _NEVER)
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


def _raised(numbers: list[int], index: int) -> Version | None:
    if index < 0:
        return None
    return _version(_core([*numbers[:index], numbers[index] + 1]))


def _core(numbers: list[int]) -> tuple[int, int, int]:
    """Three numbers, zeros where none are given."""
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    return major, minor, patch


def _before(version: Version | None) -> Version | None:
    """The place before all prereleases of `version`, where the upper end of `^1.2.3` lies."""
    return version and Version(*version.core, 0, ())


def _after(version: Version) -> Version:
    """The place right after `version`."""
    return Version(*version.core, version.released, (*version.identifiers, (-1, 0, "")))


def _version(core: tuple[int, int, int], prerelease: str = "") -> Version:
    identifiers = tuple(_identifier(part) for part in prerelease.split(".")) if prerelease else ()
    return Version(*core, 0 if identifiers else 1, identifiers)


def _identifier(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() and len(part) <= LONGEST else (1, 0, part)


_BEFORE_ALL = Version(0, 0, 0, 0, ())
_NEVER = Version(2**62, 0, 0)
