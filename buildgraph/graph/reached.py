"""The files outside of a project that its build reads all the same: behind links, in linked folders, configs; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain, filterfalse

from buildgraph.graph.files import Files, in_order, split_by_owner
from buildgraph.graph.listing import state_of
from buildgraph.graph.nodes import digest_of
from buildgraph.snapshot.links import Links
from buildgraph.snapshot.snapshot import SYMLINK, Entry
from buildgraph.workspace import Workspace
from buildgraph.workspace import links as locked_links
from buildgraph.workspace.edges import linked_by_specifier, project_at
from buildgraph.workspace.projects import ROOT


def reached_files(
    files: Files,
    links: Links,
    linked: Mapping[str, Iterable[str]],
    configs: Mapping[str, Iterable[str]],
) -> dict[str, tuple[str, ...]]:
    """Folder of a project -> the paths that it reaches outside of itself, sorted; those without any are left out.

    `links` are those of the workspace, `linked` the folders of no project that one links or copies, and
    `configs` the files that its compiler settings extend. All is seen from the workspace's root.
    """
    found: dict[str, list[Iterable[str]]] = {folder: [paths] for folder, paths in configs.items()}
    for folder, paths in split_by_owner(links.targets, files.projects).items():
        found.setdefault(folder, []).append(files_at(paths, links, files))
    for folder, places in linked.items():
        found.setdefault(folder, []).append(files_at(places, links, files))
    if links.targets:
        found = {folder: [with_ends(chain(*runs), links, files)] for folder, runs in found.items()}
    owned = split_by_owner(set().union(*chain.from_iterable(found.values())), files.projects)
    outside = {
        folder: tuple(filterfalse(frozenset(owned[folder]).__contains__, in_order(runs)))
        for folder, runs in found.items()
        if folder in files.projects
    }
    return {folder: paths for folder, paths in outside.items() if paths}


def linked_folders(workspace: Workspace) -> dict[str, list[str]]:
    """Folder of a project -> the folders it links or copies that no project owns; some lie outside."""
    found: dict[str, list[str]] = {}
    for folder, package in workspace.packages.items():
        locked = (
            [edge.folder for edge in locked_links(workspace.lockfile, folder)] if workspace.lockfile else []
        )
        linked = {*locked, *linked_by_specifier(package)}
        strange = sorted(path for path in linked if _is_strange(path, workspace))
        if strange:
            found[folder] = strange
    return found


def _is_strange(folder: str, workspace: Workspace) -> bool:
    return project_at(folder, workspace.packages) is None and folder != ROOT


def shown_entries(entries: Mapping[str, Entry], links: Links) -> Mapping[str, Entry]:
    """Entries in which a link to a file is another one when that file is: who opens the link reads the file."""
    ends = {path: entries.get(links.ways(path)[-1]) for path in links.targets}
    shown = {
        path: Entry(SYMLINK, digest_of(f"{entries[path].blob} {state_of(end)}"))
        for path, end in ends.items()
        if end is not None
    }
    return {**entries, **shown} if shown else entries


def files_at(places: Iterable[str], links: Links, files: Files) -> list[str]:
    """The files that places lead to over symbolic links, those links, and the places that are files; sorted.

    Where several lead to one place, that is looked up once.
    """
    found, ends = set[str](), set[str]()
    for place in places:
        ways = links.ways(place)
        found.update(links.passed(ways))
        ends.add(ways[-1])
    return in_order([sorted(found), *map(files.at, sorted(ends))])


def with_ends(paths: Iterable[str], links: Links, files: Files) -> list[str]:
    """These paths, and all that links among them lead to, and links among that in turn; sorted.

    A link without its end is worth nothing to who opens it. What several lead to is looked up once.
    """
    found, ends = set(paths), set[str]()
    came = found
    while left := [path for path in came if path in links.targets]:
        ways = [links.ways(path) for path in left]
        new = {way[-1] for way in ways} - ends
        ends |= new
        came = set(chain(*map(links.passed, ways), *map(files.at, new))) - found
        found |= came
    return sorted(found)
