"""Package nodes and their sources: what a package is to its checks, and what it is to images; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import filterfalse, starmap

from buildgraph.graph.files import Files, in_order
from buildgraph.graph.listing import Listing
from buildgraph.graph.nodes import SETTINGS_ID, Kind, Node, Part, sources_id
from buildgraph.workspace import (
    LOCKFILE,
    Lockfile,
    Workspace,
    importer_digest,
    install_digest,
    installs_anything,
)
from buildgraph.workspace.inputs import RootInputs
from buildgraph.workspace.projects import ROOT


@dataclass(frozen=True)
class PackageMaker:
    """Makes the nodes of a workspace's projects.

    `inputs` are what the root gives to checks, and `shared` the files that the manifests declare for all;
    `reached` are the files outside of a project that its build reads, by folder; `root_dependencies` says
    that images install what the root depends on. `taken_in` are the folders of projects that a package's
    checks see without depending on them, by folder; `outside` are files outside of the workspace that they see.
    """

    workspace: Workspace
    files: Files
    inputs: RootInputs
    shared: tuple[Part, ...] = ()
    reached: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    root_dependencies: bool = False
    taken_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outside: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)

    def nodes(self) -> Iterator[Node]:
        """Two nodes per project: `package` sees all its files, `sources` those that images see.

        One more node has what holds for every package.
        """
        every = (*starmap(Part, self.inputs.every), *self.shared)
        # what the root links stands in its node_modules, where the checks of every package find it
        linked = self._packages_in(self._uses.get(ROOT, ()))
        yield Node(SETTINGS_ID, Kind.SETTINGS, "", tuple(sorted(every)), linked)
        for folder, name in self._names.items():
            yield self._package(folder, name)
            yield self._sources(folder, name)

    @cached_property
    def listings(self) -> dict[str, Listing]:
        """The files of every package, by its id."""
        return {f"package:{name}": self.files.listing(folder) for folder, name in self._names.items()}

    def _package(self, folder: str, name: str) -> Node:
        parts = [
            *self._file_parts(folder, self.listings[f"package:{name}"].digest, frozenset()),
            *starmap(Part, self.inputs.some.get(folder, ())),
            *self.outside.get(folder, ()),
        ]
        if self.workspace.lockfile is not None and folder in self.workspace.lockfile.importers:
            parts.append(Part("lockfile", LOCKFILE, importer_digest(self.workspace.lockfile, folder)))
        uses = [SETTINGS_ID, *self._packages_in({*self._uses[folder], *self.taken_in.get(folder, ())})]
        return Node(f"package:{name}", Kind.PACKAGE, folder, tuple(in_order([parts])), tuple(sorted(uses)))

    def _packages_in(self, folders: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(f"package:{self._names[folder]}" for folder in folders))

    def _sources(self, folder: str, name: str) -> Node:
        digest = self.listings[f"package:{name}"].seen_digest
        parts = [*self._file_parts(folder, digest, self.files.hidden)]
        lockfile = self.workspace.lockfile
        if lockfile is not None and self._is_installed(lockfile, folder):
            parts.append(Part("lockfile", LOCKFILE, install_digest(lockfile, folder)))
        uses = tuple(map(sources_id, self._uses[folder]))
        return Node(sources_id(folder), Kind.SOURCES, folder, tuple(sorted(parts)), uses)

    def _is_installed(self, lockfile: Lockfile, folder: str) -> bool:
        """Whether images install what this project asks for; the root's own only where manifests say so."""
        return folder != ROOT or (self.root_dependencies and installs_anything(lockfile, ROOT))

    def _file_parts(self, folder: str, digest: str, hidden: Collection[str]) -> Iterator[Part]:
        yield Part("file", "", digest)
        yield from map(self.files.part, filterfalse(hidden.__contains__, self.reached.get(folder, ())))

    @cached_property
    def _names(self) -> dict[str, str]:
        return package_names(self.workspace)

    @cached_property
    def _uses(self) -> Mapping[str, list[str]]:
        """Folder -> the folders of the projects it needs, sorted and without itself."""
        edges = self.workspace.edges
        return {
            folder: sorted({edge.folder for edge in edges.get(folder, ())} & self._names.keys() - {folder})
            for folder in self._names
        }


def package_names(workspace: Workspace) -> dict[str, str]:
    """Folder -> the name its ids have: the package's own when it is unique, else its path."""
    named = Counter(package.name for package in workspace.packages.values())
    return {
        folder: package.name
        if folder != ROOT and named[package.name] == 1 and package.name
        else _path_name(folder)
        for folder, package in workspace.packages.items()
    }


def _path_name(folder: str) -> str:
    return ROOT if folder == ROOT else f"./{folder}"
