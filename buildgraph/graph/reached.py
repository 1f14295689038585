"""The files outside of a project that its build reads all the same: behind links, in linked folders, configs; pure."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from buildgraph.graph.files import Files
from buildgraph.graph.listing import state_of
from buildgraph.graph.nodes import digest_of
from buildgraph.snapshot.snapshot import MOST_LINKS, SUBMODULE, SYMLINK, Entry
from buildgraph.workspace import Workspace, links
from buildgraph.workspace.edges import linked_by_specifier, project_at
from buildgraph.workspace.projects import ROOT, owner_of


def reached_files(
    files: Files,
    targets: Mapping[str, str],
    linked: Mapping[str, Iterable[str]],
    configs: Mapping[str, Iterable[str]],
) -> dict[str, tuple[str, ...]]:
    """Folder of a project -> the paths that it reaches outside of itself, sorted; those without any are left out.

    `targets` are the symbolic links of the workspace with where they lead, `linked` the folders of no
    project that one links or copies, and `configs` the files that its compiler settings extend. All is
    seen from the workspace's root.
    """
    found: dict[str, set[str]] = {folder: set(paths) for folder, paths in configs.items()}
    for path in targets:
        owner = owner_of(path, files.projects) or ROOT
        found.setdefault(owner, set()).update(files_at(path, targets, files) - {path})
    for folder, places in linked.items():
        found.setdefault(folder, set()).update(path for place in places for path in _at(place, files))
    outside = {
        folder: tuple(sorted(path for path in paths if owner_of(path, files.projects) != folder))
        for folder, paths in found.items()
        if folder in files.projects
    }
    return {folder: paths for folder, paths in outside.items() if paths}


def linked_folders(workspace: Workspace) -> dict[str, list[str]]:
    """Folder of a project -> the folders it links or copies that no project owns; some lie outside."""
    found: dict[str, list[str]] = {}
    for folder, package in workspace.packages.items():
        locked = [edge.folder for edge in links(workspace.lockfile, folder)] if workspace.lockfile else []
        linked = {*locked, *linked_by_specifier(package)}
        strange = sorted(path for path in linked if _is_strange(path, workspace))
        if strange:
            found[folder] = strange
    return found


def _is_strange(folder: str, workspace: Workspace) -> bool:
    return project_at(folder, workspace.packages) is None and folder != ROOT


def shown_entries(entries: Mapping[str, Entry], targets: Mapping[str, str]) -> Mapping[str, Entry]:
    """Entries in which a link to a file is another one when that file is: who opens the link reads the file."""
    ends = {path: entries.get(ways(path, targets)[-1]) for path in targets}
    shown = {
        path: Entry(SYMLINK, digest_of(f"{entries[path].blob} {state_of(end)}"))
        for path, end in ends.items()
        if end is not None
    }
    return {**entries, **shown} if shown else entries


def files_at(place: str, targets: Mapping[str, str], files: Files) -> set[str]:
    """The files that a place leads to over symbolic links, those links, and the place if it is one."""
    *passed, end = ways(place, targets)
    return {*filter(None, (_first_link(way, targets) for way in passed)), *_at(end, files)}


def ways(place: str, targets: Mapping[str, str]) -> list[str]:
    """A place and, one after another, those that it leads to over symbolic links of files and folders."""
    found = [place]
    while len(found) <= MOST_LINKS and (link := _first_link(found[-1], targets)) is not None:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(link), targets[link]))
        found.append(target + found[-1][len(link) :])
    return found


def _first_link(place: str, targets: Mapping[str, str]) -> str | None:
    """The first part of a path that is a symbolic link, or None."""
    parts = place.split("/")
    ways = ("/".join(parts[: end + 1]) for end in range(len(parts)))
    return next((way for way in ways if way in targets), None)


def _at(place: str, files: Files) -> Iterator[str]:
    """The path itself, all that lies below it, or the submodule that it lies in."""
    above = place
    while above:
        entry = files.entries.get(above)
        if entry is not None and (above == place or entry.mode == SUBMODULE):
            yield above
        above = above.rpartition("/")[0]
    if place not in files.entries:
        yield from files.in_folder(place)
