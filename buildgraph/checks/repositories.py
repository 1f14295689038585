"""What packages reach and no snapshot holds: repositories of git in their folders, and where their links lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from buildgraph.checks.script import Script
from buildgraph.graph.listing import parse_run
from buildgraph.graph.nodes import Graph, Kind, Node
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.overlooked import is_unlike
from buildgraph.snapshot.snapshot import SUBMODULE
from buildgraph.workspace.projects import ROOT, owner_of

STATE: Final = f"{SUBMODULE:o} "  # a submodule's state begins so, in listings and parts

ByFolder = Mapping[str, tuple[str, ...]]


class Unheld(NamedTuple):
    """By the folder of a package the places, seen from the workspace's root or absolute, that no snapshot holds.

    `outside` are those of which it knows nothing, `submodules` those of which it has the commit.
    """

    outside: ByFolder = {}
    submodules: ByFolder = {}


def unheld_places(graph: Graph, changes: Iterable[str], root: str) -> Unheld:
    """The places of a graph's packages; `changes` are seen from the project's folder, `root` is the workspace's there.

    Of a repository in a package's folder that is no submodule, as a clone that lies about there, git's status tells
    the folder, which ends with a slash.
    """
    packages = graph.of_kind(Kind.PACKAGE)
    folders = {node.path for node in packages}
    prefix = "" if root in ("", ROOT) else f"{root.strip('/')}/"
    inner = [path[len(prefix) : -1] for path in changes if path.endswith("/") and path.startswith(prefix)]
    found = {node.path: tuple(sorted(_submodules(graph, node))) for node in packages}
    return Unheld(
        {folder: places for folder in folders if (places := _outside(graph, folder, inner, folders))},
        {folder: paths for folder, paths in found.items() if paths},
    )


def _outside(graph: Graph, folder: str, inner: Iterable[str], folders: set[str]) -> tuple[str, ...]:
    linked = graph.territory.unseen.get(folder, ()) if graph.territory else ()
    return (*linked, *sorted(place for place in inner if (owner_of(place, folders) or ROOT) == folder))


def _submodules(graph: Graph, node: Node) -> Iterator[str]:
    yield from (part.name for part in node.parts if part.digest.startswith(STATE))
    for run in graph.files.get(node.id, ()):
        if f"\0{STATE}" in run:
            yield from (path for path, state in parse_run(run).items() if state.startswith(STATE))


def with_edited(repository: Repository, scripts: Iterable[Script]) -> list[Script]:
    """The scripts, with those submodules that are not as their commit has them among what no snapshot holds."""
    listed = list(scripts)
    seen = {path for script in listed for path in script.submodules}
    edited = {path for path in seen if is_unlike(repository, path)}
    return [_with(script, edited.intersection(script.submodules)) for script in listed]


def _with(script: Script, edited: Iterable[str]) -> Script:
    return script._replace(outside=tuple(sorted({*script.outside, *edited}))) if edited else script
