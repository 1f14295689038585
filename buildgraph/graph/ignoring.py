"""Patterns in gitignore syntax, as a question about one path; pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=256)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path matches: the last pattern that speaks of it decides, `!` takes it out again."""
    if not patterns:
        return lambda path: False
    import pathspec

    spec = pathspec.GitIgnoreSpec.from_lines(patterns)
    mentions = re.compile(mentioning(patterns)).search
    return lambda path: mentions(path) is not None and spec.match_file(path)


def mentioning(patterns: tuple[str, ...]) -> str:
    """A regular expression that finds itself in every path that may match, and in few others.

    Most paths of a repository are mentioned by no pattern, and learn it at once; whether `!` takes one out
    again is not looked at.
    """
    import pathspec

    found = (p for p in pathspec.GitIgnoreSpec.from_lines(patterns).patterns if p.include)
    expressions = [re.sub(r"\(\?P<\w+>", "(?:", pattern.regex.pattern) for pattern in found if pattern.regex]
    return "|".join(f"(?:{text})" for text in expressions) or "(?!)"
