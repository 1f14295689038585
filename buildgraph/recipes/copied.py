"""What a path that a Dockerfile copies may mean, where not all of it is known; pure."""

from __future__ import annotations

import posixpath
from typing import Final

from buildgraph.recipes.window import WHOLE
from buildgraph.recipes.words import UNKNOWN

ANYTHING: Final = "*"  # what is not known of a path, as a pattern
# What a variable is worth that is some name, as far as is known: never empty, and no path. It is a sign as UNKNOWN is.
NAME: Final = "\1"


def paths_meant(marked: str) -> set[str]:
    """The patterns of all that a path may mean.

    What is not known may be empty, a path, or `..`, which BuildKit works out with what stands before it (`a/$B` may be
    the top): nothing but the folders and names behind it is certain. What a template may mean is told by `*`, too.
    """
    told = {_inside(as_pattern(marked))}
    if UNKNOWN not in marked:
        return told
    behind = _inside(as_pattern(marked.rpartition(UNKNOWN)[2].partition("/")[2]))
    return told | {WHOLE if behind == WHOLE else f"**/{behind}"}


def as_pattern(marked: str) -> str:
    """A path in which what is not known stands as a pattern."""
    return marked.replace(UNKNOWN, ANYTHING).replace(NAME, ANYTHING)


def _inside(path: str) -> str:
    """A path as it stands in the context: without leading slash, and never above its top."""
    return posixpath.normpath(f"/{path}").lstrip("/") or WHOLE
