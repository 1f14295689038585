"""A graph with some files changed: only the nodes that see them are made anew; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from buildgraph.graph.ignoring import matcher
from buildgraph.graph.listing import Listing, parse_run, render_run, state_of
from buildgraph.graph.nodes import Graph, Kind, Node, Part, sources_id
from buildgraph.order import closure
from buildgraph.snapshot.snapshot import SUBMODULE, SYMLINK, Changes
from buildgraph.workspace.projects import ROOT


def patched(graph: Graph, changes: Changes, understood: Collection[str] = ()) -> Graph | None:
    """The graph after `changes` (seen from the project's folder); None when it must be made anew.

    It must, when one of the paths was read to make the graph, when a link or a submodule came, which may lead
    anywhere, or when nothing is left of a service's folder. `understood` are paths that were read, and whose
    change somebody else follows.
    """
    if not changes:
        return graph
    if any(entry is not None and entry.mode in (SYMLINK, SUBMODULE) for entry in changes.values()):
        return None
    territory = graph.territory
    touched = territory.touched(changes, understood) if territory else None
    if territory is None or touched is None:
        return None
    files = dict(graph.files)
    for node_id, paths in touched.items():
        now = {path: changes[territory.root + path] for path in paths}
        files[node_id] = _patched_listing(files[node_id], now, territory.ignored)
        if _is_deserted(graph.nodes[node_id], files[node_id]):
            return None
    changed = _changed_nodes(graph, files, touched)
    nodes = {**graph.nodes, **{node.id: node for node in changed}}
    return Graph(nodes, files, territory, still_known(graph, [node.id for node in changed]))


def _is_deserted(node: Node, listing: Listing) -> bool:
    """Whether a service's own folder may be empty now, which is a mistake; its inputs lie elsewhere."""
    if node.kind is not Kind.IMAGE or node.path == ROOT:
        return False
    return not any(path.startswith(f"{node.path}/") for path in parse_run(listing.seen))


def _patched_listing(listing: Listing, changes: Changes, ignored: tuple[str, ...]) -> Listing:
    """A listing with changes to its files; a new path is matched with the ignored patterns."""
    seen, hidden = parse_run(listing.seen), parse_run(listing.hidden)
    for path, entry in changes.items():
        is_hidden = path in hidden or (path not in seen and matcher(ignored)(path))
        run = hidden if is_hidden else seen
        if entry is None:
            run.pop(path, None)
        else:
            run[path] = state_of(entry)
    return Listing(render_run(seen), render_run(hidden))


def _changed_nodes(graph: Graph, files: Mapping[str, Listing], touched: Iterable[str]) -> list[Node]:
    """The nodes whose files differ now, with their new digests."""
    found: list[Node] = []
    for node_id in touched:
        before, after = graph.files[node_id], files[node_id]
        node = graph.nodes[node_id]
        sources = sources_id(node.path) if node.kind is Kind.PACKAGE else ""
        if before != after:
            digest = after.digest if sources else after.seen_digest
            found.append(_with_digest(node, digest))
        if sources and before.seen != after.seen:
            found.append(_with_digest(graph.nodes[sources], after.seen_digest))
    return found


def _with_digest(node: Node, digest: str) -> Node:
    others = [part for part in node.parts if (part.kind, part.name) != ("file", "")]
    return node._replace(parts=tuple(sorted([Part("file", "", digest), *others])))


def still_known(graph: Graph, changed: Iterable[str]) -> dict[str, str]:
    """The fingerprints that stay: of all nodes that use none of the changed ones."""
    if not graph.known:
        return {}
    gone = closure(graph.dependents, changed)
    return {node_id: known for node_id, known in graph.known.items() if node_id not in gone}
