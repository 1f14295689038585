"""Pieces of patterns, each a question to a path: at which places may it begin when what follows begins at these?

Places are the bits of a number: bit k is the place that has k signs of the path behind it. All are looked at together,
from the path's end to its beginning, so none is tried twice, in however many ways a pattern may be read. Backwards, for
what an exception (`!(a)b`) may be depends on where all that follows it begins: recipes/automaton.py goes forwards, and
once through all patterns, which have no exceptions within.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

END = 1


class Asked:
    """A path that is asked: which of its signs lead to a place from the one behind it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.within = (1 << len(text)) - 1
        self.known = dict[object, int]()  # by sign, and by what else holds of all places alike
        self.slashes = self.places_of("/")
        self.of_names = self.within & ~self.slashes

    def places_of(self, signs: str) -> int:
        """The places behind these signs."""
        found = self.known.get(signs)
        if found is None:
            found, last = 0, len(self.text) - len(signs)
            at = self.text.find(signs)
            while at >= 0:
                found |= 1 << (last - at)
                at = self.text.find(signs, at + 1)
            self.known[signs] = found
        return found

    @cached_property
    def begins(self) -> int:
        """The places that names begin at."""
        return self.slashes | 1 << len(self.text)

    @cached_property
    def dotted(self) -> int:
        """The places that a dot follows: there no wildcard begins a name."""
        return self.places_of(".") << 1

    @cached_property
    def visible(self) -> int:
        """The signs other than a dot that begins a name, and the `/` of a name that has none."""
        return self.within & ~((self.begins >> 1) & (self.places_of(".") | self.slashes))


Piece = Callable[[Asked, int], int]


def text(signs: str) -> Piece:
    """These signs."""

    def begins(path: Asked, ends: int) -> int:
        if ends & (ends - 1):
            return (ends & path.places_of(signs)) << len(signs)
        end = len(path.text) - ends.bit_length() + 1
        return ends << len(signs) if path.text.endswith(signs, 0, end) else 0

    return begins


def one_of(test: Callable[[str], bool]) -> Piece:
    """One sign that is taken."""

    def begins(path: Asked, ends: int) -> int:
        if test not in path.known:
            path.known[test] = sum(path.places_of(sign) for sign in set(path.text) if test(sign))
        return (ends & path.known[test]) << 1

    return begins


def one(path: Asked, ends: int) -> int:
    """A sign of a name."""
    return (ends & path.of_names) << 1


def first(path: Asked, ends: int) -> int:
    """A sign that begins a name."""
    return one(path, ends) & ~path.dotted


def some(path: Asked, ends: int) -> int:
    """Any number of signs of a name."""
    return _through(path.of_names, ends)


def some_first(path: Asked, ends: int) -> int:
    """Any number of signs that begin a name, with others behind."""
    return some(path, ends) & ~path.dotted


def name(path: Asked, ends: int) -> int:
    """A whole name, or the beginning of one."""
    return first(path, some(path, ends))


def folders(path: Asked, ends: int) -> int:
    """Any number of folders, each with the `/` behind it, from a name's beginning on."""
    behind = (ends & path.slashes & path.visible) << 1
    return ends | _through(path.visible, behind) & path.begins


def anything(path: Asked, ends: int) -> int:
    """Any number of names with `/` between them, from a name's beginning on."""
    return ends | folders(path, name(path, ends))


def chain(pieces: Sequence[Piece]) -> Piece:
    """One piece after another."""
    backwards = tuple(reversed(pieces))

    def begins(path: Asked, ends: int) -> int:
        for piece in backwards:
            if not ends:
                return 0
            ends = piece(path, ends)
        return ends

    return begins


def choice(choices: Sequence[Piece]) -> Piece:
    """Any of them."""

    def begins(path: Asked, ends: int) -> int:
        found = 0
        for piece in choices:
            found |= piece(path, ends)
        return found

    return begins


def perhaps(piece: Piece) -> Piece:
    """The piece, or nothing."""
    return lambda path, ends: ends | piece(path, ends)


def repeated(piece: Piece) -> Piece:
    """The piece any number of times."""

    def begins(path: Asked, ends: int) -> int:
        found = new = ends
        while new:
            new = piece(path, new) & ~found
            found |= new
        return found

    return begins


def other_than(refused: Piece) -> Piece:
    """Any number of signs that begin a name, where what is refused does not lead to the name's end."""

    def begins(path: Asked, ends: int) -> int:
        if refused not in path.known:
            path.known[refused] = refused(path, path.slashes << 1 | END)
        return some_first(path, ends) & ~path.known[refused]

    return begins


def _through(signs: int, ends: int) -> int:
    """The places from which only these signs lead to one of the ends: a sum carries over signs side by side."""
    return (((ends & signs) + signs) ^ signs) | ends
