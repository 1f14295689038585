"""Which folders are projects of the workspace, and which of them owns a path; pure text, no disk."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from buildgraph.errors import ConfigurationError
from buildgraph.workspace.globs import parse_globs

ROOT = "."
MANIFEST = "package.json"
MANIFESTS = (MANIFEST, "package.json5", "package.yaml")  # in one folder the first of them counts
LOCKFILE = "pnpm-lock.yaml"
WORKSPACE_FILE = "pnpm-workspace.yaml"
# What is installed for the root, among what holds for every package.
OF_THE_ROOT = f"{LOCKFILE}: importers[{ROOT}]"
DEEPEST: Final = 100  # folders within folders: tools look for files in all those above a project
_NEVER = re.compile(r"(?:^|/)(?:node_modules|bower_components)/")


def find_projects(paths: Iterable[str], patterns: Iterable[str]) -> tuple[str, ...]:
    """The folders of the workspace's projects, sorted; `.` is always one when it holds a package.json.

    `paths` are files seen from the workspace root (only package.json, package.json5 and package.yaml
    matter); `patterns` are the `packages` of pnpm-workspace.yaml. A pattern with `!` excludes wherever it
    stands in the list, and node_modules and bower_components are never searched (pnpm's find-packages).
    Raises ConfigurationError when a project lies deeper than DEEPEST folders.
    """
    asked = [pattern.strip() for pattern in patterns]
    is_wanted = _matching(pattern for pattern in asked if not pattern.startswith("!"))
    is_refused = _matching(pattern[1:] for pattern in asked if pattern.startswith("!"))
    folders = {path.rpartition("/")[0] or ROOT for path in paths if path.rpartition("/")[2] in MANIFESTS}
    return tuple(
        _not_too_deep(folder) for folder in sorted(folders) if _is_project(folder, is_wanted, is_refused)
    )


def manifest_of(folder: str, paths: Collection[str]) -> str:
    """The path of a project's package.json, or of what stands for it; `paths`: a set or mapping."""
    places = [posixpath.normpath(posixpath.join(folder, name)) for name in MANIFESTS]
    return next((place for place in places if place in paths), places[0])


def owner_of(path: str, projects: Collection[str]) -> str | None:
    """The nearest project whose folder holds `path` or is it, or None; `projects`: a set or mapping."""
    folder = path
    while folder:
        if folder in projects:
            return folder
        folder = folder.rpartition("/")[0]
    return ROOT if ROOT in projects else None


def owners_of(paths: Iterable[str], projects: Collection[str]) -> dict[str, str]:
    """The owner of each file that has one; each folder is looked up once, with those above it."""
    owners: dict[str, str | None] = {"": ROOT if ROOT in projects else None}
    found: dict[str, str] = {}
    for path in paths:
        folder = path.rpartition("/")[0]
        if folder not in owners:
            owners.update(_owners_from(folder, projects, owners))
        owner = owners[folder]
        if owner is not None:
            found[path] = owner
    return found


def _owners_from(
    folder: str, projects: Collection[str], known: Mapping[str, str | None]
) -> dict[str, str | None]:
    """The owner of a folder, for it and for those above it up to that one, or to one whose owner is known."""
    passed, place = [folder], folder
    while place not in projects and place not in known:
        place = place.rpartition("/")[0]
        passed.append(place)
    return dict.fromkeys(passed, known.get(place, place))


def _matching(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether one of the patterns matches the path of a package.json."""
    manifests = (f"{posixpath.normpath(pattern)}/{MANIFEST}" for pattern in patterns)
    return parse_globs(manifests, f"{WORKSPACE_FILE}: packages")


def _not_too_deep(folder: str) -> str:
    if folder.count("/") < DEEPEST:
        return folder
    told = f"give a project that lies more than {DEEPEST} folders deep: {folder[:60]!r}…"
    way_out = "move it up, or leave it out by a pattern that begins with `!`"
    raise ConfigurationError.of(f"{WORKSPACE_FILE}: packages", told, way_out)


def _is_project(folder: str, is_wanted: Callable[[str], bool], is_refused: Callable[[str], bool]) -> bool:
    if folder == ROOT:
        return True
    path = f"{folder}/{MANIFEST}"
    return not _NEVER.search(path) and is_wanted(path) and not is_refused(path)
