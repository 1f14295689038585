"""Patterns of outputs: paths inside a package's folder, with `*`, `?` and `**`; all below a folder is meant with it.

Names that begin with a dot are names like others here: bundlers leave such files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from buildgraph.bounded import firm_folders, firm_stars

FOLDERS = r"(?:[^/]+/)*"  # any number of them
_SIDE_BY_SIDE = re.compile(r"(?<![^/])\*\*(?:/\*\*)+(?![^/])")  # `**/**`, which says what one `**` says
SKIPPED = ("node_modules", ".git", ".buildgraph")  # nobody's output


class Patterns(NamedTuple):
    """What belongs to the outputs: `matches` a path, and `may_begin` with a name at the top."""

    matches: Callable[[str], bool]
    may_begin: Callable[[str], bool]


@lru_cache(maxsize=256)
def parse_patterns(patterns: Sequence[str]) -> Patterns:
    """Patterns as tests of paths; `!` takes away what others match."""
    wanted = [pattern.removeprefix("./") for pattern in patterns if not pattern.startswith("!")]
    refused = [pattern[1:].removeprefix("./") for pattern in patterns if pattern.startswith("!")]
    takes, refuses = _expression(wanted), _expression(refused)
    first = _expression([pattern.strip("/").partition("/")[0] for pattern in wanted])
    return Patterns(
        lambda path: bool(takes.match(path)) and not refuses.match(path),
        lambda name: bool(first.match(name)),
    )


def _expression(patterns: Sequence[str]) -> re.Pattern[str]:
    """One expression for all: what a pattern matches, and everything below; without patterns it matches nothing."""
    if not patterns:
        return re.compile(r"(?!)")
    return re.compile("(?s:" + "|".join(map(_translated, patterns)) + r")(?:/|\Z)")


def _translated(pattern: str) -> str:
    segments = _SIDE_BY_SIDE.sub("**", pattern.strip("/")).split("/")
    if len(segments) > 1 and segments[-1] == "**":
        segments.pop()
    parts = [FOLDERS if part == "**" else f"{_segment(part)}/" for part in segments[:-1]]
    whole = "".join([*parts, r"[^/]+" if segments[-1] == "**" else _segment(segments[-1])])
    return firm_folders(firm_stars(whole), FOLDERS, f"{FOLDERS}?")


def _segment(part: str) -> str:
    signs = {"*": "[^/]*", "?": "[^/]"}
    return "".join(signs.get(sign, re.escape(sign)) for sign in re.sub(r"\*+", "*", part))
