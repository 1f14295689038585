"""Words of a Dockerfile: split at blanks outside quotes, quotes removed, variables replaced.

The rules are those of the Dockerfile reference, "Environment replacement".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

TOKEN: Final = re.compile(
    r"(?P<single>'[^']*')"
    r"|\$\{(?P<braced>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<sign>:?[-+])(?P<other>(?:[^{}]|\$\{[^{}]*\})*))?\}"
    r"|\$(?P<plain>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<odd>\$\{[^}]{0,1000}+\})"  # bounded, or one that never ends is looked through from each of its signs
)
# Signs of a word with its variables replaced: ten lines may ask for a word of gigabytes.
LONGEST: Final = 1 << 16


PLAIN: Final = re.compile(r"[^$'\"\\`]+")  # what stands for itself, whatever the escape is
# What a variable is worth that may be anything. A Dockerfile that holds such a sign says that it may be anything there:
# nothing else could be meant, for no path and no image has it in its name.
UNKNOWN: Final = "\0"


class TooLong(Exception):
    """A word whose variables make it longer than anything that Docker could do something with."""


@dataclass(slots=True)
class Expansion:
    """A word with its variables replaced, and the names that had no value: alone, or with another one beside them.

    It is kept in `parts`: a text that grows is copied with each sign that comes to it.
    """

    parts: list[str] = field(default_factory=list)
    signs: int = 0
    unknown: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.parts)

    def add(self, text: str) -> None:
        """Let the text stand behind what is there; raises TooLong."""
        self.signs += len(text)
        if self.signs > LONGEST:
            raise TooLong
        self.parts.append(text)


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
    for it (`${A:-b}`, `${A+b}`); where UNKNOWN is in one, it is in the word. One in a form that is not known here
    (`${A#b}`) is looked up by its whole text. Raises TooLong.
    """
    found = Expansion()
    position, quote = 0, ""
    while position < len(word):
        plain = PLAIN.match(word, position)
        if plain:
            found.add(plain[0])
            position = plain.end()
            continue
        character = word[position]
        if character == escape:  # behind which nothing is left it is nothing itself
            found.add(word[position + 1 : position + 2])
            position += 2
            continue
        token = TOKEN.match(word, position) if character == "$" or (character == "'" and not quote) else None
        if token:
            _append(found, token, values)
            position = token.end()
            continue
        if character == '"':
            quote = "" if quote else '"'
        else:
            found.add(character)
        position += 1
    return found


def _append(found: Expansion, token: re.Match[str], values: Mapping[str, str]) -> None:
    if token["single"]:
        found.add(token["single"][1:-1])
    elif token["odd"]:
        _append_value(found, token["odd"], values.get(token["odd"]))
    else:
        _append_variable(found, token, values)


def _append_variable(found: Expansion, token: re.Match[str], values: Mapping[str, str]) -> None:
    name, sign = token["braced"] or token["plain"], token["sign"] or ""
    value = values.get(name)
    has_value = bool(value) if sign.startswith(":") else value is not None
    if sign and value is None:
        found.replaced.append(name)
    if sign.endswith("+") and UNKNOWN in (value or ""):
        found.add(UNKNOWN)
    if sign and has_value == sign.endswith("+"):
        other = expand(token["other"], values)
        found.add(other.text)
        found.unknown += other.unknown
        found.replaced += other.replaced
    elif sign.endswith("+"):
        return
    else:
        _append_value(found, name, value)


def _append_value(found: Expansion, name: str, value: str | None) -> None:
    if value is None:
        found.unknown.append(name)
    else:
        found.add(value)
