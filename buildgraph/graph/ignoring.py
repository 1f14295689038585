"""Patterns in gitignore syntax, as a question about one path; pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pathspec


@lru_cache(maxsize=256)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path matches: the last pattern that speaks of it decides, `!` takes it out again."""
    if not patterns:
        return lambda path: False
    import pathspec

    spec = pathspec.GitIgnoreSpec.from_lines(patterns)
    mentions = _mentioning(spec)
    return lambda path: mentions(path) is not None and spec.match_file(path)


def _mentioning(spec: pathspec.GitIgnoreSpec) -> Callable[[str], object]:
    """One expression for all patterns: most paths of a repository are mentioned by none, and learn it at once."""
    asked = (pattern.regex.pattern for pattern in spec.patterns if pattern.include and pattern.regex)
    expressions = [re.sub(r"\(\?P<\w+>", "(?:", text) for text in asked]
    return re.compile("|".join(f"(?:{text})" for text in expressions) or "(?!)").search
