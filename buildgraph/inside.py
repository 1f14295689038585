"""Files of a project's folder by their paths: none is read, written or removed through a link that leads out of it."""

from __future__ import annotations

import os
from pathlib import Path

from buildgraph.errors import ConfigurationError

GIT = ".git"  # what stands in there is run by git: no file of ours belongs there


def is_inside(folder: Path, path: str) -> bool:
    """Whether a path of a folder lies in it, outside of git's own, wherever symbolic links on its way lead."""
    root = os.path.realpath(folder)
    place = os.path.realpath(f"{root}/{path}")
    way = place.removeprefix(f"{root.rstrip('/')}/").lower().split("/")
    return place != root and place.startswith(f"{root.rstrip('/')}/") and GIT not in way


def place_inside(folder: Path, path: str) -> Path:
    """Where a path of a folder lies; ConfigurationError when it lies elsewhere, as a commit may hold any link."""
    if not is_inside(folder, path):
        raise ConfigurationError.of(
            path,
            "leads out of the project's folder, or into git's own",
            "remove the symbolic link on its way",
        )
    return folder / path
