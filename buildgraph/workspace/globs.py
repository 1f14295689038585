"""Turns the glob patterns of pnpm-workspace.yaml into questions about POSIX paths.

The dialect is fast-glob's, which pnpm uses: `*`, `?`, `**`, `[a-z]`, `{a,b}` and `@(a|b)` with its
siblings; a name that begins with a dot is matched only by a pattern that spells the dot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from buildgraph.bounded import signs_of
from buildgraph.errors import ConfigurationError
from buildgraph.workspace import places
from buildgraph.workspace.places import END, Asked, Piece, chain, choice

MOST_STEPS: Final = 1000  # a range of more is no list of folders
LONGEST: Final = 1000  # signs of a pattern
DEEPEST: Final = 20  # brackets within brackets
MOST_CHOICES: Final = 2000  # of patterns that are asked together; a wildcard is one
WAY_OUT: Final = "write several plain ones"
# A choice that may be met again, or whose absence is looked at together with what follows, counts as so many.
_COUNTS: Final = {"*": 20, "+": 20, "!": 100}
_REPEATS: Final = frozenset("*+")
_RANGE = re.compile(r"(-?[0-9]{1,9}|[a-zA-Z])\.\.(-?[0-9]{1,9}|[a-zA-Z])")
_PLAIN = re.compile(r"[^*?+@!(){}\[\]\\]+")
_SIMPLE: Final[Mapping[str, Piece]] = {
    "folders": places.folders,
    "anything": places.anything,
    "one": places.one,
    "first": places.first,
    "some": places.some,
    "some first": places.some_first,
    "name": places.name,
}
_GROUPS: Final[Mapping[str, Callable[[Piece], Piece]]] = {
    "?": places.perhaps,
    "*": places.repeated,
    "+": lambda piece: chain((piece, places.repeated(piece))),
}


class Glob(NamedTuple):
    """A pattern: the signs that all it matches begins with, what it asks of a path, and how many choices it has."""

    beginning: str
    piece: Piece
    choices: int


class _Token(NamedTuple):
    """A piece of a pattern as it is written; `inside` is what stands between its brackets."""

    kind: str
    inside: str
    length: int
    sign: str = ""


class _Intricate(Exception):
    """A pattern has so many choices that to look at each takes too long."""


def parse_globs(patterns: Iterable[str], where: str) -> Callable[[str], bool]:
    """Whether one of the patterns matches a whole path, in a time that grows with their length, however they are read.

    Raises ConfigurationError when they have so many choices that to look at each takes too long; `where` names the
    file and the key that hold them.
    """
    globs = [parse_glob(pattern, where) for pattern in patterns]
    if sum(glob.choices for glob in globs) > MOST_CHOICES:
        told = f"are patterns of more than {MOST_CHOICES} wildcards and choices, which take too long to be matched"
        raise ConfigurationError.of(where, told, "write fewer")

    def matches(text: str) -> bool:
        pieces = [piece for beginning, piece, _ in globs if text.startswith(beginning)]
        if not pieces:
            return False
        path, whole = Asked(text), 1 << len(text)
        return any(piece(path, END) & whole for piece in pieces)

    return matches


@lru_cache(maxsize=1024)
def parse_glob(pattern: str, where: str) -> Glob:
    """One pattern as a question, told as `where` by mistakes; a set that is none (`[z-a]`) matches nothing."""
    path = pattern.removeprefix("./")
    plain = _PLAIN.match(path)
    reader = _Reader()
    try:
        if len(path) > LONGEST:
            raise _Intricate
        piece = reader.read(path, starts_name=True)
    except ValueError:
        piece = choice(())
    except _Intricate:
        told = "is a pattern that takes too long to be matched"
        raise ConfigurationError.of(f"{where}: {pattern[:60]!r}", told, WAY_OUT) from None
    return Glob(plain[0] if plain else "", piece, reader.choices)


class _Reader:
    """Reads one pattern, and counts its choices."""

    def __init__(self) -> None:
        self.choices = 0

    def read(self, pattern: str, *, starts_name: bool, within: str = "") -> Piece:
        """A pattern, or a choice that stands within groups of these signs."""
        backwards: list[Piece] = []
        rest: list[Piece] = []  # of the name, backwards
        for token, is_first in reversed(list(_tokens(pattern, starts_name=starts_name))):
            piece = self._piece(token, within, starts_name=is_first)
            if token.sign == "!":
                piece = places.other_than(chain((piece, *rest[::-1])))
            backwards.append(piece)
            before, slash, _ = token.inside.partition("/") if token.kind == "text" else ("", "", "")
            if slash or token.kind == "folders":
                rest = [places.text(before)] if before else []
            else:
                rest.append(piece)
        return chain(backwards[::-1])

    def _piece(self, token: _Token, within: str, *, starts_name: bool) -> Piece:
        if token.kind == "text":
            return places.text(token.inside)
        if token.kind == "group":
            return self._group(token, within, starts_name=starts_name)
        self._count(1, within)
        return places.one_of(_taken(token.inside)) if token.kind == "set" else _SIMPLE[token.kind]

    def _group(self, token: _Token, within: str, *, starts_name: bool) -> Piece:
        choices = _choices(token.inside, "|") if token.sign != "{" else _alternatives(token.inside)
        around = within + token.sign
        self._count(len(choices), around)
        if (token.sign in _REPEATS and not _REPEATS.isdisjoint(within)) or len(around) > DEEPEST:
            raise _Intricate
        piece = choice([self.read(one, starts_name=starts_name, within=around) for one in choices])
        return _GROUPS[token.sign](piece) if token.sign in _GROUPS else piece

    def _count(self, choices: int, around: str) -> None:
        self.choices += choices * max((_COUNTS.get(sign, 1) for sign in around), default=1)
        if self.choices > MOST_CHOICES:
            raise _Intricate


def _tokens(pattern: str, *, starts_name: bool) -> Iterator[tuple[_Token, bool]]:
    """What a pattern is made of, and whether each begins a name."""
    round_ends, curly_ends = _ends_of(pattern, "()"), _ends_of(pattern, "{}")
    at = 0
    while at < len(pattern):
        is_first = pattern[at - 1] == "/" if at else starts_name
        sign, after = pattern[at], pattern[at + 1 : at + 2]
        if sign in "@?+*!" and at + 1 in round_ends:
            end = round_ends[at + 1]
            token = _Token("group", pattern[at + 2 : end], end + 1 - at, sign)
        elif sign == "{" and at in curly_ends and _alternatives(pattern[at + 1 : curly_ends[at]]):
            end = curly_ends[at]
            token = _Token("group", pattern[at + 1 : end], end + 1 - at, sign)
        elif sign == "[" and (end := pattern.find("]", at + 2)) > 0:
            token = _Token("set", pattern[at + 1 : end], end + 1 - at)
        elif sign == "\\" and after:
            token = _Token("text", after, 2)
        elif sign == "*":
            token = _stars(pattern, at, is_first=is_first)
        elif sign == "?":
            token = _Token("first" if is_first else "one", "", 1)
        else:
            plain = _PLAIN.match(pattern, at)
            token = _Token("text", plain[0] if plain else sign, len(plain[0]) if plain else 1)
        yield token, is_first
        at += token.length


def _stars(pattern: str, at: int, *, is_first: bool) -> _Token:
    if is_first and pattern.startswith("**/", at):
        return _Token("folders", "", 3)
    if is_first and pattern[at:] == "**":
        return _Token("anything", "", 2)
    end = at
    while pattern[end : end + 1] == "*":
        end += 1
    whole = "name" if pattern[end : end + 1] in ("", "/") else "some first"
    return _Token(whole if is_first else "some", "", end - at)


def _taken(inside: str) -> Callable[[str], bool]:
    """Whether a set takes a sign; one of the signs that it does not name is none that parts folders."""
    takes = signs_of(inside, "!", "^")
    return (lambda sign: sign != "/" and takes(sign)) if inside[0] in "!^" else takes


def _alternatives(inside: str) -> list[str]:
    """What stands between braces: a list, or every step of a range (`1..3`, `a..c`); empty when it is neither."""
    found = _RANGE.fullmatch(inside)
    if found is None:
        return choices if len(choices := _choices(inside, ",")) > 1 else []
    first, last = found.groups()
    if first.isalpha() != last.isalpha():
        return []
    start, end = (ord(first), ord(last)) if first.isalpha() else (int(first), int(last))
    steps = range(min(start, end), max(start, end) + 1)[:MOST_STEPS]
    return [chr(step) if first.isalpha() else str(step) for step in steps]


def _ends_of(pattern: str, brackets: str) -> dict[int, int]:
    """Where each bracket that opens and closes does so."""
    ends, opened = dict[int, int](), list[int]()
    for at, sign in enumerate(pattern):
        if sign == brackets[0]:
            opened.append(at)
        elif sign == brackets[1] and opened:
            ends[opened.pop()] = at
    return ends


def _choices(inside: str, separator: str) -> list[str]:
    """The parts between separators that stand in no bracket."""
    parts, depth = [""], 0
    for sign in inside:
        depth += (sign in "({") - (sign in ")}")
        if sign == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return parts
