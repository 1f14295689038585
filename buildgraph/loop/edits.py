"""What was edited, as one burst: which of the paths that were heard of matter, and how they are named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from buildgraph.harmless import on_one_line

NAMED: Final = 3  # files that a line names
OWN_OF_GIT: Final = ".git/"
# Of git's own files these say which commit is checked out, and which files are tracked.
TELLING: Final = frozenset((f"{OWN_OF_GIT}HEAD", f"{OWN_OF_GIT}index"))
# Tens of thousands of files, or written by us; whether or not git ignores them, no edit is made there.
NEVER: Final = frozenset((".git", "node_modules", ".buildgraph"))
# What may turn a folder that nobody looked at into one that counts.
RULES: Final = ".gitignore"


class Edits(NamedTuple):
    """One burst: paths seen from the project's folder, sorted; those of git's own files begin with `.git/`.

    `is_wish` says that somebody asked for a run, whatever was edited.
    """

    paths: tuple[str, ...] = ()
    is_wish: bool = False

    @property
    def files(self) -> list[str]:
        """The paths that are not git's own."""
        return [path for path in self.paths if not path.startswith(OWN_OF_GIT)]


def is_telling(path: str) -> bool:
    """Whether a path may matter, as far as its name tells: most of what git writes for itself does not."""
    return path in TELLING or NEVER.isdisjoint(path.split("/"))


def render_edits(files: Iterable[str]) -> str:
    """The files of a burst in a few words: `a, b, c and 12 more`."""
    found = [on_one_line(file) for file in files]
    more = len(found) - NAMED
    return ", ".join(found[:NAMED]) + (f" and {more} more" if more > 0 else "")
