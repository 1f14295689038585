"""Heredocs that a line of a Dockerfile opens, as BuildKit finds them; it looks at no other line.

The rules are those of `heredocsFromLine` in frontend/dockerfile/parser and of the lexer that it asks
(frontend/dockerfile/shell/lex.go): it reads the whole line, a backslash is its escape whatever the file's is, and where
it fails there is no heredoc. Its versions do not agree about some lines; those are doubtful.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

# The blanks are taken at once: else the word behind them is tried from each of them.
HEREDOC: Final = re.compile(r"[0-9]*<<(-?)\s*+([^<]+)")
LOOSE: Final = re.compile(r"<<\s+")  # some versions take the word behind the blanks, others take none
OPENING: Final = re.compile(r"(?:^|\s)[0-9\\]*<<(?!<)")
PLAIN: Final = re.compile(r"[@*#?$!-]|\d+|\w+")
BRACED: Final = re.compile(r"(?:[@*#?$!-]|[0-9]++|[A-Za-z0-9_]++)?+(?P<how>\}|:?[-+]|:?[#%?]|/)?")
# Two marks. They stand in no line that is read here, as one that holds them is doubtful (UNTOLD): for a variable, which
# without a value is there for some versions as written, and nothing for others; and before what is escaped, where some
# versions keep the backslash.
VARIABLE: Final = "\0"
ESCAPE: Final = "\1"
VARYING: Final = re.compile(rf"[0-9{VARIABLE}{ESCAPE}]*<{ESCAPE}?<")
ESCAPED_LETTER: Final = re.compile(rf"{ESCAPE}(\w)")
QUOTED: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"|\\(.)", re.DOTALL)
UNTOLD: Final = re.compile(r"[\0\1\x1c-\x1f]")  # the marks, and what is a blank to Python and none to Go


class Doubtful(Exception):
    """A line that opens a heredoc for some versions of BuildKit, and none or another one for others."""


class _Unreadable(Exception):
    """A line at which the lexer fails."""


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A heredoc: the line that ends it, whether tabs may stand before that, and whether every version sees it."""

    end: str
    is_indented: bool = False
    is_certain: bool = True


class _Word(NamedTuple):
    """A word as written, and with marks for what versions differ in."""

    text: str
    marked: str


def heredocs_in(line: str) -> list[Heredoc]:
    """The heredocs that the line of an ADD, COPY or RUN opens, in their order; raises Doubtful."""
    if "<<" not in line:
        return []
    if UNTOLD.search(line):
        raise Doubtful
    try:
        words, joined = list(_words(line)), list(_words(line, joins=True))
    except _Unreadable:
        return []
    opened = [found for word in words if (found := _opened(word))]
    loose = [found for word in joined if (found := _heredoc(word.text))] if LOOSE.search(line) else opened
    if loose == opened:
        return opened
    return [replace(found, is_certain=False) for found in (*opened, *loose)]


def _opened(word: _Word) -> Heredoc | None:
    """The heredoc that a word opens for every version."""
    marked = word.marked
    if HEREDOC.match(marked) and '"' not in marked:
        marked = ESCAPED_LETTER.sub(r"\1", marked)
    if VARYING.match(marked) and (VARIABLE in marked or ESCAPE in marked):
        raise Doubtful
    return _heredoc(marked)


def _heredoc(word: str) -> Heredoc | None:
    found = HEREDOC.fullmatch(word)
    if found is None:
        return None
    if "\\" in found[2] and '"' in found[2]:
        raise Doubtful
    end = QUOTED.sub(lambda quoted: "".join(filter(None, quoted.groups())), found[2])
    return Heredoc(end, is_indented=bool(found[1])) if end else None


def _words(line: str, *, joins: bool = False) -> Iterator[_Word]:
    """The words of a line, with quotes and escapes; `joins` takes what follows `<<` and blanks as part of a word."""
    closing: list[str] = []  # signs that have yet to come, the next one last
    begin, at, marks = 0, 0, list[str]()
    while at < len(line):
        is_within = "}" in closing
        if not closing and line[at].isspace():
            if begin < at:
                yield _Word(line[begin:at], "".join(marks))
            at += 1
            begin, marks = at, []
            continue
        blanks = LOOSE.match(line, at) if joins and not closing else None
        after, marked = (blanks.end(), blanks[0]) if blanks else _step(line, at, closing)
        if not is_within:
            marks.append(marked)
        elif "<" in line[at:after]:
            # What a variable is worth is parted at its blanks, and some versions know no worth.
            raise Doubtful
        at = after
    if closing:
        raise _Unreadable
    if begin < at:
        yield _Word(line[begin:at], "".join(marks))


def _step(line: str, at: int, closing: list[str]) -> tuple[int, str]:
    """Where what begins there ends, and what it is with its mark; it keeps `closing`."""
    sign, awaited = line[at], closing[-1] if closing else ""
    if sign == awaited:
        closing.pop()
    elif sign == "\\":
        return at + 2, ESCAPE + line[at + 1 : at + 2]
    elif sign == "$":
        return _variable(line, at, closing)
    elif sign == "'" and awaited != '"':
        end = line.find("'", at + 1) + 1
        if not end:
            raise _Unreadable
        return end, line[at:end]
    elif sign == '"':
        closing.append(sign)
    return at + 1, sign


def _variable(line: str, at: int, closing: list[str]) -> tuple[int, str]:
    """The same for `$`; of `${A:-…}` up to where the word in it begins."""
    if line[at + 1 : at + 2] != "{":
        name = PLAIN.match(line, at + 1)
        return (name.end(), VARIABLE) if name else (at + 1, "$")
    found = BRACED.match(line, at + 2)
    how = found["how"] if found else None
    if found is None or line[at + 2 : at + 3] in ("", "{", "}", ":"):
        raise _Unreadable
    if how is None and line[found.end() : found.end() + 1].isascii():
        raise _Unreadable
    if how is None or how[-1] in "#%?/":  # newer forms, at which older versions fail
        raise Doubtful if OPENING.search(line) else _Unreadable
    if how != "}":
        closing.append("}")
    return found.end(), VARIABLE
