"""Patterns in gitignore syntax, as a question about one path; pure."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, cast

from buildgraph.bounded import compiled, firm_stars
from buildgraph.errors import ConfigurationError, Mistake

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec
    from pathspec.pattern import RegexPattern

MOST_REMEMBERED: Final = 1 << 12
# What pathspec writes for `**/` at the beginning and for `/**/`.
_FIRST, _FOLDERS = r"^(?:.+/)?", r"(?:/.+)?/"
_LAST_FOLDERS = re.compile(r"(^!?|(?<!\*\*)/)(?:\*\*/)++(?= *\Z)")
_NOTHING: Final = "(?!)"
_SET = re.compile(r"\\.|\[(?P<not>\^?)(?P<signs>\]?(?:\\.|[^\]\\])*)\]", re.DOTALL)
_MEMBER = re.compile(r"(\\.|[^\\])(?:-(\\.|[^\\]))?", re.DOTALL)
_UP_TO_FOLDERS = re.compile(
    rf"({re.escape(_FIRST)}|{re.escape(_FOLDERS)})((?:(?!{re.escape(_FOLDERS)}).)+)(?={re.escape(_FOLDERS)})"
)
_LAZY: Final = {_FIRST: r"^(?>(?:.+?/)??", _FOLDERS: r"(?>(?:/.+?)??/"}


@lru_cache(maxsize=256)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path matches: the last pattern that speaks of it decides, `!` takes it out again."""
    if not patterns:
        return lambda path: False
    spec, mentions = _spec(patterns), _mentions(patterns)
    return lambda path: mentions(path) is not None and spec.match_file(path)


def matching(patterns: tuple[str, ...], paths: Iterable[str]) -> list[str]:
    """Those of many paths that match.

    Many paths share few names, and a pattern without a `/` inside speaks of names: each name, and each folder, is
    asked once. Only what they find, or what a longer pattern mentions, is looked at as a path.
    """
    if not patterns:
        return []
    of_names = tuple(line for line in patterns if "/" not in line.removesuffix("/"))
    of_paths = tuple(line for line in patterns if line not in of_names and not line.startswith("!"))
    names = (line.removesuffix("/") for line in of_names)
    # A lone slash is the name of nothing.
    in_name = _mentions(tuple(name for name in names if name.strip("!")))
    in_path = _mentions(of_paths)
    is_named = cache(lambda name: in_name(name) is not None)
    is_below = cache(lambda folder: any(map(is_named, folder.split("/"))))
    match = _spec(patterns).match_file

    split = ((path, *path.rpartition("/")[::2]) for path in paths)
    if of_paths:
        mentioned = (
            path for path, folder, name in split if is_named(name) or is_below(folder) or in_path(path)
        )
    else:
        mentioned = (path for path, folder, name in split if is_named(name) or is_below(folder))
    return list(filter(match, mentioned))


def is_met(pattern: str, paths: Iterable[str]) -> bool:
    """Whether a pattern, alone, matches any of the paths."""
    return any(map(_mentions((pattern,)), paths))


@lru_cache(maxsize=256)
def _mentions(patterns: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
    return compiled(mentioning(patterns)).search


def mentioning(patterns: tuple[str, ...]) -> str:
    """A regular expression that finds itself in every path that may match, and in few others.

    Most paths of a repository are mentioned by no pattern, and learn it at once; whether `!` takes one out
    again is not looked at.
    """
    found = (p for p in _spec(patterns).patterns if p.include)
    expressions = [re.sub(r"\(\?P<\w+>", "(?:", pattern.regex.pattern) for pattern in found if pattern.regex]
    return "|".join(f"(?s:{text})" for text in expressions) or _NOTHING


def _spec(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    """The patterns as they are matched; ConfigurationError names those that are none."""
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(patterns, lambda line: copy(_parsed(line)))
    except (re.error, ValueError):
        raise ConfigurationError(
            _mistake_in(line) for line in patterns if line and not _is_pattern(line)
        ) from None
    for pattern in spec.patterns:
        if pattern.regex:
            pattern.regex = _firm(pattern.regex.pattern)
    return spec


@lru_cache(maxsize=MOST_REMEMBERED)
def _parsed(line: str) -> RegexPattern:
    """One pattern as pathspec has it; to compile it takes longest, and many services ask for the same.

    To git, `a/**/` are the folders in `a` with what they hold, and not its files; pathspec takes these, too.
    """
    from pathspec import GitIgnoreSpec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # as in `compiled`
        found = GitIgnoreSpec.from_lines([_LAST_FOLDERS.sub(r"\1*/", line)]).patterns[0]
    pattern = cast("RegexPattern", found)
    if pattern.regex and "//" in line:  # no name is empty
        pattern.regex = re.compile(_NOTHING)
    return pattern


@lru_cache(maxsize=MOST_REMEMBERED)
def _firm(expression: str) -> re.Pattern[str]:
    return compiled(_bounded(expression), re.DOTALL)


def _is_pattern(line: str) -> bool:
    try:
        _parsed(line)
    except (re.error, ValueError):
        return False
    return True


def _mistake_in(line: str) -> Mistake:
    return Mistake(
        "manifests", f"{line!r} is no pattern in gitignore syntax", "mend it, for example its brackets"
    )


def _bounded(expression: str) -> str:
    """The same expression without trying again what cannot help.

    It is with names between two `**` as with signs between two stars. A line's end is a sign like any other.
    """
    within = _SET.sub(_within_names, expression)
    found = _UP_TO_FOLDERS.sub(lambda one: f"{_LAZY[one[1]]}{one[2]}(?=/))", firm_stars(within))
    return found.removesuffix("|$)") + "|\\Z)" if found.endswith("|$)") else found


def _within_names(one: re.Match[str]) -> str:
    """A set of signs that takes no `/`, which is no sign of a name to git (wildmatch.c, WM_PATHNAME)."""
    signs = one["signs"]
    if signs is None or one[0] == "[^/]":
        return one[0]
    if one["not"]:
        return f"[^/{_MEMBER.sub(_escaped, signs)}]"
    kept = "".join(part for member in _MEMBER.finditer(signs) for part in _parted(member))
    return f"[{kept}]" if kept else _NOTHING


def _escaped(member: re.Match[str]) -> str:
    first, last = (_sign(sign) for sign in member.groups(""))
    return f"{re.escape(first)}-{re.escape(last)}" if last else re.escape(first)


def _sign(text: str) -> str:
    return text[-1:]  # behind a backslash


def _parted(member: re.Match[str]) -> Iterator[str]:
    """The signs of a set's member, those before `/` and those after it."""
    first, last = (_sign(sign) for sign in member.groups(""))
    if not first <= "/" <= (last or first):
        yield _escaped(member)
        return
    if first < "/":
        yield f"{re.escape(first)}-\\."
    if last > "/":
        yield f"0-{re.escape(last)}"
