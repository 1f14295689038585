"""What the listing of an image has from the npm registry, beside what the lockfile gives a service that runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from buildgraph.order import closure
from buildgraph.workspace import DEVELOPMENT, Lockfile
from buildgraph.workspace.references import linked_folder, name_of, without_suffix

HOLDS, STORE = "node_modules/", ".pnpm/"
PROGRAMS = ".bin"  # they start packages, which are looked at themselves
# Where pnpm links all that an install of the workspace would have, be it there or not.
LINKS = re.compile(rf"{re.escape(STORE + HOLDS)}(@[^/]+/)?[^/]+")


class Installed(NamedTuple):
    """What may be in an image.

    Packages as pnpm's store calls their folders, without peers, the folders of projects, and the names that lead to
    either.
    """

    packages: frozenset[str] = frozenset()
    projects: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    def has(self, called: str) -> bool:
        """Whether what is called so belongs to it."""
        if not called.startswith(STORE):
            return called in self.names
        folder = called.removeprefix(STORE)
        return any(folder == package or folder.startswith(f"{package}_") for package in self.packages)


def surplus(listing: Iterable[str], installed: Installed) -> set[str]:
    """What lies below a node_modules in a listing and does not belong there: names, and folders of pnpm's store."""
    places = (path.partition(HOLDS)[2] for path in listing if HOLDS in path)
    found = {_called(place) for place in places if not LINKS.fullmatch(place)}
    return {called for called in found if not installed.has(called)}


def in_production(lockfile: Lockfile, folder: str) -> Installed:
    """What the project in a folder needs to run: its dependencies, those of projects that it links, and all below."""
    folders = closure({one: _linked(lockfile, one) for one in lockfile.importers}, (folder,))
    lines = [
        line
        for each in folders
        for line in lockfile.importers[each].dependencies
        if line.group != DEVELOPMENT
    ]
    keys = closure(
        lockfile.edges, filter(None, (lockfile.key_of(line.alias, line.version) for line in lines))
    )
    return Installed(
        frozenset(without_suffix(key).replace("/", "+") for key in keys),
        frozenset(folders),
        frozenset({PROGRAMS, *(line.alias for line in lines), *map(name_of, keys)}),
    )


def _linked(lockfile: Lockfile, folder: str) -> list[str]:
    """The projects that a project links to run."""
    found = (
        linked_folder(line.version, folder)
        for line in lockfile.importers[folder].dependencies
        if line.group != DEVELOPMENT
    )
    return [each for each in found if each]


def _called(place: str) -> str:
    """The package that a place below a node_modules belongs to, or that it links."""
    first, _, rest = place.partition("/")
    is_whole = not rest or not (first.startswith("@") or f"{first}/" == STORE)
    return first if is_whole else f"{first}/{rest.partition('/')[0]}"
