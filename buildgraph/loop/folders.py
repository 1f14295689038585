"""Which folders are listened to: all of a project that git does not ignore. It knows nothing of who listens."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from buildgraph.errors import ToolError
from buildgraph.loop.edits import NEVER
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.snapshot import decoded, encoded

HERE: Final = "./"  # before a path it keeps git from reading `:` or `-` in it
AS_PATHS: Final = {"GIT_LITERAL_PATHSPECS": "0"}  # check-ignore takes paths anyway, and refuses the word
NONE_IGNORED: Final = 1  # git-check-ignore, "EXIT STATUS"
UNUSUAL: Final = 128  # a path lies beyond a link, or in a submodule, by now


def list_folders(repository: Repository) -> list[str]:
    """The folders of the project that git does not ignore, from its own folder, which is "", downwards.

    Nested repositories are left out: of these only the commit counts. Level by level, so that nothing below
    an ignored folder is ever looked at.
    """
    found, level = [""], [""]
    while level:
        below = [inner for folder in level for inner in _below(repository.folder, folder)]
        level = sorted(set(below) - ignored(repository, below))
        found += level
    return found


def ignored(repository: Repository, paths: Collection[str]) -> set[str]:
    """Those of some paths of the project that git ignores, whether or not they are there; tracked ones never are."""
    if not paths:
        return set()
    request = b"\0".join(encoded(HERE + path) for path in paths)
    told = repository.try_git("check-ignore", "-z", "--stdin", stdin=request, env=AS_PATHS)
    if told.code not in (0, NONE_IGNORED, UNUSUAL):
        raise ToolError(f"`git check-ignore` failed: {told.last_lines}")
    return {path.removeprefix(HERE) for path in decoded(told.stdout).split("\0") if path}


def _below(root: Path, folder: str) -> Iterator[str]:
    """The folders in a folder, without links and repositories; none where it is gone or closed to us."""
    try:
        with os.scandir(root / folder) as entries:
            inner = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for name in inner:
        path = f"{folder}/{name}" if folder else name
        if name not in NEVER and os.access(root / path, os.R_OK) and not (root / path / ".git").exists():
            yield path
