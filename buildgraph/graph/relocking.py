"""A graph with another lockfile: only the nodes of projects that install otherwise are made anew; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from buildgraph.graph.nodes import SETTINGS_ID, Graph, Node, Part, sources_id
from buildgraph.graph.patching import still_known
from buildgraph.graph.territory import Territory
from buildgraph.workspace.projects import LOCKFILE, OF_THE_ROOT, ROOT


def reinstalled(graph: Graph, territory: Territory, digests: Mapping[str, tuple[str, str]]) -> Graph | None:
    """The graph with these digests of what projects install, by folder; None when it must be made anew.

    It must, when images may install what the root depends on. `territory` is the new graph's.
    """
    changed: list[Node] = []
    for folder, (installed, said) in digests.items():
        name = territory.names.get(folder, "")
        if folder == ROOT and (not name or _part(graph.nodes.get(sources_id(folder)), LOCKFILE)):
            return None
        changed += _changed(graph.nodes.get(f"package:{name}"), LOCKFILE, installed)
        changed += _changed(graph.nodes.get(sources_id(folder)), LOCKFILE, said)
        if folder == ROOT:
            changed += _changed(graph.nodes.get(SETTINGS_ID), OF_THE_ROOT, installed)
    nodes = {**graph.nodes, **{node.id: node for node in changed}}
    return Graph(nodes, graph.files, territory, still_known(graph, [node.id for node in changed]))


def _changed(node: Node | None, name: str, digest: str) -> Iterator[Node]:
    """The node with another digest of what it installs, when that is among its parts and differs."""
    part = _part(node, name)
    if node is not None and part is not None and part.digest != digest:
        parts = (part._replace(digest=digest) if each is part else each for each in node.parts)
        yield node._replace(parts=tuple(sorted(parts)))


def _part(node: Node | None, name: str) -> Part | None:
    parts = node.parts if node is not None else ()
    return next((part for part in parts if (part.kind, part.name) == ("lockfile", name)), None)
