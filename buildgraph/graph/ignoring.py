"""Patterns in gitignore syntax, as a question about one path; pure."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=256)
def matcher(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether a path matches: the last pattern that speaks of it decides, `!` takes it out again."""
    if not patterns:
        return lambda path: False
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(patterns).match_file
