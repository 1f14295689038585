"""Words of a Dockerfile: split at blanks outside quotes, quotes removed, variables replaced.

The rules are those of the Dockerfile reference, "Environment replacement".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

# The name of a variable, or the sign of a special one (`processName` in BuildKit's shell/lex.go).
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+|[0-9]++|[@*#?$!-]")
HOW: Final = re.compile(r"\}|:?[-+]")  # how `${A` may go on
TEXT: Final = re.compile(r"[^'\"$}\\`]+")  # what means itself
# Signs of a word with its variables replaced: ten lines may ask for a word of gigabytes.
LONGEST: Final = 1 << 16
DEEPEST: Final = 20  # variables within variables, from which on they are an odd form
# What a variable is worth that may be anything. A Dockerfile that holds such a sign says that it may be anything there:
# nothing else could be meant, for no path and no image has it in its name.
UNKNOWN: Final = "\0"


class TooLong(Exception):
    """A word whose variables make it longer than anything that Docker could do something with."""


class _OddError(Exception):
    """What stands here BuildKit's versions read otherwise, or not at all; nor is it known where it ends."""


@dataclass(slots=True)
class Expansion:
    """A word with its variables replaced, and the names that had no value: alone, or with another one beside them.

    Where it `is_odd`, its text is known only up to the first form that is not read here, where UNKNOWN stands.
    """

    text: str = ""
    unknown: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    is_odd: bool = False


def listed(text: str) -> list[str] | None:
    """The texts of the JSON list that a text begins with, whatever stands behind it (`parseJSON` in BuildKit's parser).

    None where it is none: then it is words, as `[a-d]*.json` is.
    """
    try:
        found, _ = json.JSONDecoder().raw_decode(text) if text.startswith("[") else (None, 0)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) and all(isinstance(word, str) for word in found) else None


def split_words(text: str, escape: str = "\\") -> list[str]:
    """`text` split at blanks; quoted blanks and escaped ones split nothing. Quotes stay."""
    return list(words_in(text, escape))


def words_in(text: str, escape: str = "\\") -> Iterator[str]:
    """The same, one after another."""
    word, quote, skip = "", "", False
    for character in text:
        if skip or (character == escape and quote != "'"):
            word += character
            skip = not skip
        elif not quote and character.isspace():
            if word:
                yield word
            word = ""
        else:
            quote = _quote_after(quote, character)
            word += character
    if word:
        yield word


def _quote_after(quote: str, character: str) -> str:
    if quote:
        return "" if character == quote else quote
    return character if character in "\"'" else ""


def unquoted(word: str) -> str:
    """A flag as BuildKit takes it, without quotes; a backslash takes the meaning from the sign after it, everywhere.

    The rule is that of `extractBuilderFlags` (frontend/dockerfile/parser/split_command.go).
    """
    kept: list[str] = []
    quote, is_escaped = "", False
    for sign in word:
        if is_escaped or (sign != "\\" and sign not in (quote or "\"'")):
            kept.append(sign)
            is_escaped = False
        elif sign == "\\":
            is_escaped = True
        else:
            quote = "" if quote else sign
    return "".join(kept)


def expand(word: str, values: Mapping[str, str], escape: str = "\\") -> Expansion:
    """`word` as Docker sees it: variables replaced, quotes and escapes removed.

    A variable without value becomes empty and is told in `unknown`, or in `replaced` where the word says what stands
    for it (`${A:-b}`, `${A+b}`); where UNKNOWN is in one, it is in the word. What follows a form that is not read here
    (`${A#b}`, a quote or `${` that is never closed, a name with letters beyond ASCII) is UNKNOWN. Raises TooLong.
    """
    found = Expansion()
    found.text = "".join(_Reader(word, values, escape, found).whole())
    return found


@dataclass(slots=True)
class _Reader:
    """Reads a word once from its beginning to its end, as `shellWord` in BuildKit's shell/lex.go does."""

    word: str
    values: Mapping[str, str]
    escape: str
    found: Expansion
    at: int = 0
    length: int = 0
    depth: int = 0

    def whole(self) -> Iterator[str]:
        """All of the word, piece by piece, up to an odd form."""
        try:
            yield from self.parts()
        except _OddError:
            self.found.is_odd = True
            yield UNKNOWN

    def parts(self, end: str = "") -> Iterator[str]:
        """What stands up to an end, or to that of the word, piece by piece."""
        is_quoted = False
        while sign := self.word[self.at : self.at + 1]:
            if sign == '"':
                is_quoted = not is_quoted
                self.at += 1
            elif sign == end and not is_quoted:
                self.at += 1
                return
            else:
                yield self._part(sign, is_quoted)
        if end or is_quoted:
            raise _OddError

    def _part(self, sign: str, is_quoted: bool) -> str:
        if sign == "$":
            return self._braced() if self.word.startswith("{", self.at + 1) else self._plain()
        if sign == self.escape:
            return self._escaped(is_quoted)
        if sign == "'" and not is_quoted:
            return self._single()
        text = TEXT.match(self.word, self.at)
        return self._read(self.at, text.end() if text else self.at + 1)

    def _read(self, begin: int, end: int) -> str:
        """A part of the word as it is, and what is to be read after it."""
        self.at = end
        return self._counted(self.word[begin:end])

    def _counted(self, text: str) -> str:
        self.length += len(text)
        if self.length > LONGEST:
            raise TooLong
        return text

    def _escaped(self, is_quoted: bool) -> str:
        """In quotes, an escape takes the meaning from few signs, and is itself before all others."""
        after = self.word[self.at + 1 : self.at + 2]
        is_itself = is_quoted and after not in f'"${self.escape}'
        return self._read(self.at if is_itself else self.at + 1, self.at + 2)

    def _single(self) -> str:
        end = self.word.find("'", self.at + 1)
        if end < 0:
            raise _OddError
        text = self._read(self.at + 1, end)
        self.at += 1
        return text

    def _plain(self) -> str:
        name = NAME.match(self.word, self.at + 1)
        self.at = name.end() if name else self.at + 1
        if not self.word[self.at : self.at + 1].isascii():  # a letter of whatever tongue belongs to the name
            raise _OddError
        return self._value(name[0]) if name else "$"

    def _braced(self) -> str:
        name = NAME.match(self.word, self.at + 2)
        how = HOW.match(self.word, name.end()) if name else None
        if not name or not how:
            raise _OddError
        self.at = how.end()
        return self._value(name[0]) if how[0] == "}" else self._chosen(name[0], how[0])

    def _value(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            self.found.unknown.append(name)
        return self._counted(value or "")

    def _chosen(self, name: str, sign: str) -> str:
        """The value, or the other one beside it."""
        value = self.values.get(name)
        if value is None:
            self.found.replaced.append(name)
        has_value = bool(value) if sign.startswith(":") else value is not None
        is_other = has_value == sign.endswith("+")
        other = self._other(is_other)
        if not is_other:
            return "" if sign.endswith("+") else self._counted(value or "")
        around = UNKNOWN if UNKNOWN in (value or "") else ""
        return around + other + around

    def _other(self, is_used: bool) -> str:
        """What stands up to the brace; of one that is not used no name is told."""
        if self.depth == DEEPEST:
            raise _OddError
        kept = self.found
        self.found = kept if is_used else Expansion()
        self.depth += 1
        try:
            return "".join(self.parts("}"))
        finally:
            self.depth -= 1
            self.found = kept
