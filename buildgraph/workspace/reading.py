"""Reads the workspace of a snapshot: its settings, projects, lockfile and the edges between projects."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.workspace.ahead import read_lockfile
from buildgraph.workspace.edges import Edge, Projects, index_names
from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.package import Package, parse_package
from buildgraph.workspace.projects import (
    LOCKFILE,
    MANIFESTS,
    ROOT,
    WORKSPACE_FILE,
    find_projects,
    manifest_of,
)
from buildgraph.workspace.settings import NPMRC, WorkspaceSettings, parse_npmrc, parse_workspace_yaml

WRITE_ONE = 'write one: `packages: ["apps/*", "packages/*"]`'
_BESIDE_PACKAGES = (WORKSPACE_FILE, LOCKFILE, NPMRC)


class Files(Protocol):
    """What this room asks of a snapshot: which paths there are, and their contents."""

    @property
    def entries(self) -> Mapping[str, object]:
        """Every path, with what stands there."""
        ...

    def shown(self, paths: Iterable[str]) -> dict[str, bytes]:
        """What reading these paths gives, links followed, in one go; what is no file is left out."""
        ...


@dataclass(frozen=True)
class Workspace:
    """A pnpm workspace: projects by folder, settings, lockfile and edges.

    `root` is its folder seen from the project's; all other paths are seen from `root`. `edges` hold every
    project, sorted and without edges to itself. `names` are the folders by package name: more than one
    folder makes a name ambiguous. `lockfile` is None when there is none.
    """

    root: str
    packages: Mapping[str, Package]
    settings: WorkspaceSettings = field(default_factory=WorkspaceSettings)
    lockfile: Lockfile | None = None
    edges: Mapping[str, tuple[Edge, ...]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_workspace(snapshot: Files, root: str = ROOT) -> Workspace:
    """The workspace whose pnpm-workspace.yaml lies in `root`, seen from the snapshot's folder.

    The snapshot is asked twice, however many projects there are. Raises ConfigurationError when there is
    no pnpm-workspace.yaml, and with every mistake in package.json files, settings and lockfile at once.
    """
    reader = _Reader(snapshot, posixpath.normpath(root))
    found = reader.contents(_BESIDE_PACKAGES)
    if WORKSPACE_FILE not in found:
        raise _no_workspace(reader, root)
    mistakes: list[Mistake] = []
    settings = reader.settings(found, mistakes)
    lockfile = cache(
        lambda: reader.lockfile(found, mistakes)
    )  # late, for it may still be read by another process
    patterns = settings.packages or _usual_patterns(lockfile())
    packages = reader.packages(find_projects(reader.paths, patterns), mistakes)
    lockfile()
    if mistakes:
        raise ConfigurationError(mistakes)
    return connect(reader.root, packages, settings, lockfile())


def connect(
    root: str, packages: Mapping[str, Package], settings: WorkspaceSettings, lockfile: Lockfile | None
) -> Workspace:
    """The workspace of these projects: settings completed by the root package.json, edges worked out."""
    if ROOT in packages:
        settings = settings.with_root(packages[ROOT].pnpm, packages[ROOT].resolutions)
    names = index_names(packages)
    projects = Projects(packages, settings, names)
    edges = {folder: projects.edges_of(folder, lockfile) for folder in packages}
    return Workspace(root, packages, settings, lockfile, edges, names)


class _Reader:
    """A snapshot seen from the workspace root; collects mistakes instead of raising them one by one."""

    def __init__(self, snapshot: Files, root: str) -> None:
        self.snapshot = snapshot
        self.root = root
        self.prefix = "" if root == ROOT else root + "/"

    @property
    def paths(self) -> list[str]:
        start = len(self.prefix)
        return [
            path[start:]
            for path in self.snapshot.entries
            if path.endswith(MANIFESTS) and path.startswith(self.prefix)
        ]

    def where(self, path: str) -> str:
        return self.prefix + path

    def contents(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those paths that are there; symbolic links are followed within the snapshot."""
        asked = {self.where(path): path for path in paths}
        return {asked[place]: content for place, content in self.snapshot.shown(asked).items()}

    def no_file(self, path: str) -> list[Mistake]:
        """What is wrong with a path that has no content, where something stands there."""
        place = self.where(path)
        is_there = place in self.snapshot.entries
        return [Mistake(place, "is a symbolic link to no tracked file", "retarget it")] if is_there else []

    def settings(self, found: Mapping[str, bytes], mistakes: list[Mistake]) -> WorkspaceSettings:
        try:
            settings = parse_workspace_yaml(found[WORKSPACE_FILE], self.where(WORKSPACE_FILE))
        except ConfigurationError as error:
            mistakes += error.mistakes
            return WorkspaceSettings()
        return settings.with_npmrc(parse_npmrc(found[NPMRC])) if NPMRC in found else settings

    def lockfile(self, found: Mapping[str, bytes], mistakes: list[Mistake]) -> Lockfile | None:
        if LOCKFILE not in found:
            mistakes += self.no_file(LOCKFILE)
            return None
        try:
            return read_lockfile(found[LOCKFILE], self.where(LOCKFILE))
        except ConfigurationError as error:
            mistakes += error.mistakes
            return None

    def packages(self, folders: Iterable[str], mistakes: list[Mistake]) -> dict[str, Package]:
        there = set(self.paths)
        places = {folder: manifest_of(folder, there) for folder in folders}
        contents = self.contents(places.values())
        packages: dict[str, Package] = {}
        for folder, path in places.items():
            try:
                packages[folder] = parse_package(contents[path], folder, self.where(path))
            except KeyError:
                mistakes += self.no_file(path)
            except ConfigurationError as error:
                mistakes += error.mistakes
        return packages


def _usual_patterns(lockfile: Lockfile | None) -> tuple[str, ...]:
    """What `packages` says where nobody wrote it: all folders up to pnpm 9, the root alone since pnpm 10.

    The lockfile tells which of them wrote it.
    """
    return ("**",) if lockfile is not None and lockfile.importers.keys() > {ROOT} else ()


def _no_workspace(reader: _Reader, root: str) -> ConfigurationError:
    """The error for a folder without pnpm-workspace.yaml, with the places where one lies."""
    if dangling := reader.no_file(WORKSPACE_FILE):
        return ConfigurationError(dangling)
    places = sorted(path for path in reader.snapshot.entries if posixpath.basename(path) == WORKSPACE_FILE)
    folders = [posixpath.dirname(path) or ROOT for path in places[:3]]
    hint = f"set `root` in manifests/workspace.toml to {' or '.join(repr(folder) for folder in folders)}"
    way_out = hint if folders else f"{WRITE_ONE} (files that git ignores do not count)"
    return ConfigurationError.of(
        posixpath.normpath(posixpath.join(root, WORKSPACE_FILE)), "is missing", way_out
    )
