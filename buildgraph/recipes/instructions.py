"""A Dockerfile's text cut into instructions; it knows how they are written, not what they mean.

The rules are those of the Dockerfile reference: parser directives, comments, line continuation, heredocs;
where it leaves something open, those of BuildKit (moby/buildkit, frontend/dockerfile/parser).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from buildgraph.recipes.heredocs import Doubtful, heredocs_in
from buildgraph.recipes.words import listed, unquoted, words_in

DIRECTIVE: Final = re.compile(r"\s*(syntax|escape|check)\s*=\s*(\S.*)", re.IGNORECASE)
TAKES_HEREDOCS: Final = frozenset({"ADD", "COPY", "RUN"})


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its name in capitals, its flags (`--from=x` is from, x), the rest, its first line."""

    name: str
    flags: tuple[tuple[str, str], ...]
    rest: str
    line: int

    def flag(self, name: str) -> str:
        """The last value of a flag, or "" when it is not there."""
        return dict(self.flags).get(name, "")

    @property
    def trigger(self) -> Instruction | None:
        """What ONBUILD leaves to be done; None for all other instructions, and where it leaves nothing."""
        return _instruction(self.rest, self.line) if self.name == "ONBUILD" and self.rest else None


@dataclass(frozen=True, slots=True)
class Script:
    """A Dockerfile as written: its instructions, the image of the frontend that it names ("": none), and its escape.

    `escape` is the character that continues lines and takes the meaning from a character. `doubtful` is the first line
    whose heredocs end elsewhere for another version of BuildKit, 0 where there is none; `unseen` that of an escape
    which some versions do not see.
    """

    instructions: tuple[Instruction, ...]
    syntax: str = ""
    escape: str = "\\"
    doubtful: int = 0
    unseen: int = 0


@lru_cache(maxsize=64)
def split_instructions(text: str) -> Script:
    """A Dockerfile's text as instructions; what Docker would refuse is passed on as far as it can be read.

    Many services share a template.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]
    directives = _directives("#", (line.lstrip() for line in lines))
    escape = "`" if directives.get("escape") == "`" else "\\"
    doubtful = list[int]()
    found = tuple(_instructions(lines, escape, doubtful))
    return Script(found, _frontend(lines), escape, min(doubtful, default=0), _unseen(directives))


def _unseen(directives: Mapping[str, str]) -> int:
    """The line of an escape below `check`, which ends the directives for versions of BuildKit that know none."""
    names = list(directives)
    is_below = directives.get("escape") == "`" and "check" in names[: names.index("escape")]
    return names.index("escape") + 1 if is_below else 0


def _frontend(lines: Sequence[str]) -> str:
    """The image that `syntax` names: also below a first line `#!…`, and behind `//` where no `#` names one.

    These are the rules of `DetectSyntax` in BuildKit's directives.go, which come before those of its parser: that one
    passes over blanks before the sign, and ends its directives with the line `#!…`.
    """
    below = lines[1:] if lines[0].startswith("#!") else lines
    named = (_directives(sign, below).get("syntax", "") for sign in ("#", "//"))
    return next(filter(None, named), "")


def _directives(sign: str, lines: Iterable[str]) -> dict[str, str]:
    """Directives are comments above everything else, each once; the first other line ends them."""
    found: dict[str, str] = {}
    for line in lines:
        directive = DIRECTIVE.fullmatch(line.removeprefix(sign)) if line.startswith(sign) else None
        if not directive or directive[1].lower() in found:
            break
        found[directive[1].lower()] = directive[2].rstrip()
    return found


def _instructions(lines: Sequence[str], escape: str, doubtful: list[int]) -> Iterator[Instruction]:
    """The instructions; lines whose heredocs are doubtful are told in `doubtful`."""
    index = 0
    ends = {False: _places(lines), True: _places([line.lstrip("\t") for line in lines])}
    while index < len(lines):
        start, (text, index) = index, _logical_line(lines, index, escape)
        if not text:
            continue
        found = _instruction(text, start + 1)
        taker = found.trigger or found
        if taker.name in TAKES_HEREDOCS and listed(taker.rest) is None:
            try:
                index = _after_heredocs(text, ends, index)
            except Doubtful:
                doubtful.append(found.line)
        yield found


def _logical_line(lines: Sequence[str], index: int, escape: str) -> tuple[str, int]:
    """The text that begins at `index`, continuations joined, and the index after it.

    Comments and empty lines between continued lines are no end of it. A line is continued that ends with one
    escape and blanks: two of them, or more, are text (`lineContinuationRegex` in BuildKit's parser.go).
    """
    text = ""
    while index < len(lines):
        line = lines[index]
        index += 1
        if line.lstrip().startswith("#") or (text and not line.strip()):
            if text:
                continue
            return "", index
        stripped = line.rstrip(" \t")
        if not stripped.endswith(escape) or stripped.endswith(2 * escape):
            return (text + line).strip(), index
        text += stripped[: -len(escape)]
    return text.strip(), index


def _instruction(text: str, line: int) -> Instruction:
    name, *others = text.split(maxsplit=1)
    flags, rest = _split_flags("".join(others))
    return Instruction(name.upper(), flags, rest, line)


def _split_flags(rest: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The flags, and what stands behind them; how long that is makes no flag dearer."""
    flags: list[tuple[str, str]] = []
    end = 0
    for word in words_in(rest):
        if not word.startswith("--"):
            break
        end = rest.index(word, end) + len(word)
        name, _, value = unquoted(word[2:]).partition("=")
        if not name:  # `--` alone: what comes after it is no flag
            break
        flags.append((name, value))
    return tuple(flags), rest[end:].lstrip()


def _places(lines: Sequence[str]) -> dict[str, list[int]]:
    """Where each line stands."""
    found: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        found.setdefault(line, []).append(place)
    return found


def _after_heredocs(line: str, ends: Mapping[bool, Mapping[str, list[int]]], index: int) -> int:
    """The index after the bodies of all heredocs that a line opens; one that is never closed is none.

    `ends` tell where a line stands, with tabs before it (True) or without.
    """
    for heredoc in heredocs_in(line):
        places = ends[heredoc.is_indented].get(heredoc.end, [])
        after = bisect_left(places, index)
        if after == len(places):
            continue
        if not heredoc.is_certain:
            raise Doubtful
        index = places[after] + 1
    return index
