"""What changes no fingerprint although somebody may think that it does: imports and inputs that lead nowhere."""

from __future__ import annotations

from typing import Final

from buildgraph.graph.ignoring import is_met
from buildgraph.picture import Picture
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.overlooked import nested_repositories, read_edited
from buildgraph.snapshot.snapshot import EXECUTABLE, REGULAR
from buildgraph.workspace.imports import SOURCES, undeclared
from buildgraph.workspace.projects import owners_of
from buildgraph.workspace.pruning import names_in

UNDECLARED: Final = (
    "{folder} imports {name}, which its package.json does not declare (it is found by hoisting): "
    "its changes are not seen"
)
LEFT_ALONE: Final = (
    "{} is edited, which git was told to pass over: what the index has counts, and lies in images"
)
NESTED: Final = "{} holds a repository of its own: nothing in it counts, or lies in images"
IDLE: Final = "inputs: {!r} matches no file, so it changes nothing"


def undeclared_imports(picture: Picture) -> tuple[str, ...]:
    """A line for every package that a project imports and no package.json gives it.

    Only names that an install brings count: any other is an alias of a bundler, or fails by itself.
    """
    workspace = picture.workspace
    brought = {*workspace.names, *(names_in(workspace.lockfile) if workspace.lockfile else ())}
    root = workspace.packages.get(".")
    return tuple(
        UNDECLARED.format(folder="the root" if folder == "." else folder, name=name)
        for folder, sources in _sources(picture).items()
        for name in undeclared(workspace.packages[folder], sources, root, brought)
    )


def idle_inputs(picture: Picture) -> tuple[str, ...]:
    """A line for every declared input that is no file: what it was meant to count does not."""
    declared = picture.manifests
    patterns = {
        *declared.workspace.inputs,
        *(text for service in declared.services for text in service.inputs),
    }
    paths = picture.layout.files.entries
    idle = (pattern for pattern in sorted(patterns) if not is_met(pattern, paths))
    return tuple(map(IDLE.format, idle))


def passed_over(picture: Picture, repository: Repository) -> tuple[str, ...]:
    """A line for all in the working tree that git passes over, so that no snapshot of it has what is on the disk."""
    edited, nested = read_edited(repository), nested_repositories(picture.snapshot.changes)
    return (*map(LEFT_ALONE.format, sorted(edited)), *map(NESTED.format, nested))


def _sources(picture: Picture) -> dict[str, dict[str, bytes]]:
    """Every project's sources by path, all read at once; symbolic links and submodules hold none."""
    workspace, snapshot = picture.workspace, picture.snapshot.below(picture.workspace.root)
    files = (path for path, entry in snapshot.entries.items() if entry.mode in (REGULAR, EXECUTABLE))
    owners = owners_of((path for path in files if path.endswith(SOURCES)), workspace.packages)
    contents = snapshot.read_many(owners)
    found: dict[str, dict[str, bytes]] = {folder: {} for folder in sorted({*owners.values()})}
    for path, folder in owners.items():
        found[folder][path] = contents[path]
    return found
