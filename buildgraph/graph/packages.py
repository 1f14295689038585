"""Package nodes and their sources: what a package is to its checks, and what it is to images; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from buildgraph.graph.files import Files, digest_of_files
from buildgraph.graph.nodes import Kind, Node, Part
from buildgraph.workspace import LOCKFILE, Workspace, importer_digest
from buildgraph.workspace.projects import ROOT


@dataclass(frozen=True, slots=True)
class PackageNodes:
    """The nodes of all packages, with the files each stands for, and a folder's id."""

    nodes: tuple[Node, ...]
    files: Mapping[str, Mapping[str, str]]


def package_names(workspace: Workspace) -> dict[str, str]:
    """Folder -> the name its ids have: the package's own when it is unique, else its path."""
    named = Counter(package.name for package in workspace.packages.values())
    return {
        folder: package.name
        if folder != ROOT and named[package.name] == 1 and package.name
        else _path_name(folder)
        for folder, package in workspace.packages.items()
    }


def package_nodes(workspace: Workspace, files: Files, settings: Iterable[Part]) -> PackageNodes:
    """Two nodes per workspace project: `package` sees all its files, `sources` those that images see.

    `settings` are parts that hold for every package, such as pnpm's own settings.
    """
    names = package_names(workspace)
    shared = tuple(settings)
    nodes: list[Node] = []
    contents: dict[str, Mapping[str, str]] = {}
    for folder, name in names.items():
        used = sorted(
            {names[edge.folder] for edge in workspace.edges.get(folder, ()) if edge.folder in names} - {name}
        )
        own = {
            Kind.PACKAGE: files.described(files.owned[folder]),
            Kind.SOURCES: files.described(files.seen_by_images[folder]),
        }
        for kind, described in own.items():
            node_id = f"{kind.value}:{name}"
            contents[node_id] = described
            parts = (Part("file", "", digest_of_files(described)), *_more(kind, workspace, folder, shared))
            nodes.append(Node(node_id, kind, folder, parts, tuple(f"{kind.value}:{other}" for other in used)))
    return PackageNodes(tuple(nodes), contents)


def _more(kind: Kind, workspace: Workspace, folder: str, shared: tuple[Part, ...]) -> tuple[Part, ...]:
    """What a package's checks see besides its files; an image has lockfile and settings of its own."""
    if kind is Kind.SOURCES:
        return ()
    if workspace.lockfile is None or folder not in workspace.lockfile.importers:
        return shared
    return (*shared, Part("lockfile", LOCKFILE, importer_digest(workspace.lockfile, folder)))


def _path_name(folder: str) -> str:
    return ROOT if folder == ROOT else f"./{folder}"
