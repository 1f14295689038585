"""Files that lie in a checkout: none is read, written or removed where a link that a commit may hold leads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from buildgraph.errors import ConfigurationError

GIT: Final = ".git"  # what stands in there is run by git: no file of ours belongs there
MOST_LINKS: Final = 40  # on one way: Linux follows no more


def is_inside(folder: Path, path: str) -> bool:
    """Whether a path of a folder lies in it, outside of git's own, wherever symbolic links on its way lead."""
    root = os.path.realpath(folder)
    way = _way_below(root, os.path.realpath(f"{root}/{path}"))
    return bool(way) and GIT not in way


def place_inside(folder: Path, path: str) -> Path:
    """Where a path of a folder lies; ConfigurationError when it lies elsewhere, as a commit may hold any link."""
    if not is_inside(folder, path):
        raise ConfigurationError.of(
            path,
            "leads out of the project's folder, or into git's own",
            "remove the symbolic link on its way",
        )
    return folder / path


def place_named(checkout: Path, name: str) -> Path:
    """Where a file comes to lie by the name that a user gives it.

    ConfigurationError where that is in git's own folder, or where a link of the checkout is on the way, wherever it
    leads: a commit may hold it, and what git ignores lies in the checkout, too. Links elsewhere (`/dev/stdout`) are
    the user's own.
    """
    root = os.path.realpath(checkout)
    if GIT in _way_below(root, os.path.realpath(name)):
        raise ConfigurationError.of(name, "lies in git's own folder", "name another place")
    for link in _links_on(os.path.join(os.getcwd(), name)):  # noqa: PTH109, PTH118  # `..` must stay
        if _way_below(root, link):
            what = f"would be written through {os.path.relpath(link, root)}, a symbolic link of the checkout"
            raise ConfigurationError.of(name, what, "name where it leads, or remove it")
    return Path(name)


def _way_below(root: str, place: str) -> list[str]:
    """The names that lead from a folder to a place below it, in small letters; none to any other place."""
    above = f"{root.rstrip('/')}/"
    return place.removeprefix(above).lower().split("/") if place.startswith(above) else []


def _links_on(way: str) -> Iterator[str]:
    """The symbolic links that are met on a way, as the system meets them: also those that links lead to."""
    place, rest, met = "/", way.split("/")[::-1], 0
    while rest and met < MOST_LINKS:
        step = os.path.normpath(os.path.join(place, rest.pop()))  # noqa: PTH118
        if not os.path.islink(step):  # noqa: PTH114
            place = step
            continue
        yield step
        target, met = os.readlink(step), met + 1  # noqa: PTH115
        place = "/" if target.startswith("/") else place
        rest += target.split("/")[::-1]
