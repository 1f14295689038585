"""Patterns asked all at once, sign by sign: a path takes one step for each of its signs, however it may be read.

What may follow is a set of places in the patterns, the bits of a number. What a sign makes of such a set is worked
out once, as most paths begin alike.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from functools import reduce
from operator import or_
from typing import Final

MOST_KEPT: Final = 1 << 27  # bits of sets that are remembered

Test = Callable[[str], bool]  # of one sign


class Piece(Enum):
    """What stands for more than one sign."""

    ANYTHING = "any number of signs"
    NAME = "any number of signs of a name"
    FOLDERS = "any number of folders, each with its `/`"
    INSIDE = "signs up to a `/`"
    BELOW = "whatever lies below what is named"


Pieces = Sequence[str | Test | Piece]  # a text is one sign


class Places(dict[str, "Places"]):
    """Where paths that begin alike stand in the patterns, and by each sign that was met, where they stand after it."""

    def __init__(self, automaton: Automaton, bits: int) -> None:
        super().__init__()
        self.automaton = automaton
        self.bits = bits

    def __missing__(self, sign: str) -> Places:
        after = self[sign] = self.automaton.after(self.bits, sign)
        return after


class Automaton:
    """Patterns, as a question about paths."""

    def __init__(self, patterns: Iterable[Pieces]) -> None:
        ends, begins, laid = list[int](), list[int](), list[str | Test | Piece]()
        for pieces in patterns:
            begins.append(len(laid))
            laid.extend(_laid(pieces))
            ends.append(len(laid) - 1)
        self._ends = ends
        self._named = _bits([*ends, *(end - 1 for end in ends)])
        self._crossing = _places(laid, Piece.ANYTHING, Piece.INSIDE, Piece.BELOW)
        self._staying = _places(laid, Piece.NAME)
        self._skipping = _places(laid, Piece.ANYTHING, Piece.NAME, Piece.FOLDERS)
        self._leaping = _places(laid, Piece.FOLDERS)
        self._inside = _places(laid, Piece.INSIDE)
        self._tests = [(at, piece) for at, piece in enumerate(laid) if callable(piece)]
        self._signs = defaultdict[str, list[int]](list)
        for at, piece in enumerate(laid):
            if isinstance(piece, str):
                self._signs[piece].append(at)
        self._takers: dict[str, int] = {}
        self._known: dict[int, Places] = {}
        self._begin = self._closed(_bits(begins))

    def last(self, path: str) -> int | None:
        """Which is the last pattern that names a path or a folder above it, by its number."""
        named = self._named_by(path)
        return bisect_left(self._ends, named.bit_length() - 1) if named else None

    def met(self, paths: Iterable[str]) -> list[int]:
        """Which patterns name some of the paths, or a folder above one, by their numbers."""
        named = reduce(or_, map(self._named_by, paths), 0)
        return [number for number, end in enumerate(self._ends) if named >> (end - 1) & 3]

    def last_into(self, folder: str) -> int | None:
        """Which is the last pattern that may name something in a folder, by its number."""
        places = self._after_all(f"{folder}/").bits
        return bisect_left(self._ends, places.bit_length() - 1) if places else None

    def _named_by(self, path: str) -> int:
        """The ends of patterns that a path leads to."""
        return self._after_all(path).bits & self._named

    def _after_all(self, signs: str) -> Places:
        places = self._at(self._begin)
        for sign in signs:
            places = places[sign]
        return places

    def after(self, bits: int, sign: str) -> Places:
        """Where the next sign leads from these places."""
        staying = self._crossing if sign == "/" else self._crossing | self._staying
        return self._at(self._closed((bits & self._takes(sign)) << 1 | bits & staying))

    def _at(self, bits: int) -> Places:
        known = self._known.get(bits)
        if known is None:
            if len(self._known) * (self._ends[-1] if self._ends else 0) > MOST_KEPT:
                self._known = {}
            known = self._known[bits] = Places(self, bits)
        return known

    def _closed(self, bits: int) -> int:
        """These places, and those that are reached from them without a sign."""
        before = -1
        while bits != before:
            before = bits
            bits |= (bits & self._skipping) << 1 | (bits & self._leaping) << 2
        return bits

    def _takes(self, sign: str) -> int:
        """The places that the sign leads on from."""
        if sign not in self._takers:
            tested = [at for at, test in self._tests if test(sign)]
            inside = self._inside if sign == "/" else 0
            self._takers[sign] = _bits([*tested, *self._signs.get(sign, ())]) | inside
        return self._takers[sign]


def _laid(pieces: Pieces) -> Iterator[str | Test | Piece]:
    """The pieces one after another, each in one place, and the two that a path may end in."""
    for piece in pieces:
        yield piece
        if piece is Piece.FOLDERS:
            yield Piece.INSIDE
    yield "/"
    yield Piece.BELOW


def _places(laid: Pieces, *those: Piece) -> int:
    return _bits([at for at, piece in enumerate(laid) if piece in those])


def _bits(places: Sequence[int]) -> int:
    """The number that has these bits, in a time that grows with how many they are."""
    found = bytearray(max(places, default=0) // 8 + 1)
    for at in places:
        found[at // 8] |= 1 << at % 8
    return int.from_bytes(found, "little")
