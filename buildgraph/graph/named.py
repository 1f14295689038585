"""What the checks of projects see because their scripts name it: other projects, and files of none; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from buildgraph.graph.files import Files
from buildgraph.graph.listing import state_of
from buildgraph.graph.nodes import Part
from buildgraph.graph.reached import files_at
from buildgraph.workspace.projects import ROOT, owner_of


class Named(NamedTuple):
    """By folder of a project what its scripts name: folders of other `projects`, and `parts`, which are files of none.

    `places` are those of no project, whether anything is there or not.
    """

    projects: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, tuple[Part, ...]]
    places: frozenset[str]


def read_named(places: Mapping[str, Iterable[str]], targets: Mapping[str, str], files: Files) -> Named:
    """Whose the places are that scripts name, by folder; `targets` are the symbolic links with where they lead."""
    owners = {place: owner_of(place, files.projects) or ROOT for found in places.values() for place in found}
    free = frozenset(place for place, owner in owners.items() if owner == ROOT)
    return Named(
        {folder: _others(owners[place] for place in found) for folder, found in places.items()},
        {folder: _parts(free.intersection(found), targets, files) for folder, found in places.items()},
        free,
    )


def _others(owners: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*owners} - {ROOT}))


def _parts(places: Iterable[str], targets: Mapping[str, str], files: Files) -> tuple[Part, ...]:
    paths = {path for place in places for path in files_at(place, targets, files) if path in files.entries}
    return tuple(Part("file", path, state_of(files.entries[path])) for path in sorted(paths))
