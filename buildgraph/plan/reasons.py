"""Why a node is affected: the parts that differ and the shortest way from the change to the node; pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from buildgraph.graph.listing import Listing, parse_run
from buildgraph.graph.nodes import Graph, Node, Part

ABSENT = ""


class Reason(NamedTuple):
    """One thing that differs: its kind, what it is, its digests before and after (empty: absent there).

    `via` are node ids from the changed node to the affected one, both included.
    """

    kind: str
    name: str = ""
    before: str = ABSENT
    after: str = ABSENT
    via: tuple[str, ...] = ()

    @property
    def change(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before == ABSENT:
            return "added"
        return "removed" if self.after == ABSENT else "changed"


class Reasons:
    """The reasons between two graphs, worked out for the nodes that are asked about.

    `changed` are the nodes that differ by themselves; every reason begins at one of them.
    """

    def __init__(self, base: Graph, head: Graph, changed: Iterable[str]) -> None:
        self.base = base
        self.head = head
        self.changed = sorted(changed)
        self._ways: dict[str, Mapping[str, str]] = {}
        self._own: dict[str, tuple[Reason, ...]] = {}

    def of(self, node_id: str) -> tuple[Reason, ...]:
        """Every reason why a node differs, with the shortest way to each."""
        sources = [source for source in self.changed if node_id in self._way(source)]
        found = {reason for source in sources for reason in self._from(source, node_id, self._way(source))}
        return tuple(sorted(found))

    def nearest(self, node_id: str) -> Reason | None:
        """One reason, from the change that lies nearest to the node."""
        source = node_id
        while self._nearest.get(source):
            source = self._nearest[source]
        return next(iter(self._from(source, node_id, self._nearest)), None)

    def _from(self, source: str, node_id: str, came_from: Mapping[str, str]) -> Iterator[Reason]:
        if source not in self._own:
            self._own[source] = own_reasons(self.base, self.head, source)
        via = _visible(self.head, _trace_back(came_from, node_id))
        return (reason._replace(via=via) for reason in self._own[source])

    def _way(self, source: str) -> Mapping[str, str]:
        """For every dependent of a changed node the step before it on the shortest way from there."""
        if source not in self._ways:
            self._ways[source] = _walk(self.head.dependents, [source])
        return self._ways[source]

    @cached_property
    def _nearest(self) -> Mapping[str, str]:
        return _walk(self.head.dependents, self.changed)


def own_reasons(base: Graph, head: Graph, node_id: str) -> tuple[Reason, ...]:
    """The differences between a node's own parts in two graphs; a package's files one by one."""
    before, after = base.nodes.get(node_id), head.nodes.get(node_id)
    found = [*_part_reasons(before, after), *_use_reasons(base, head, node_id)]
    if any(reason.kind == "file" and not reason.name for reason in found):
        found = [reason for reason in found if reason.name or reason.kind != "file"]
        found.extend(_file_reasons(_states(base, node_id), _states(head, node_id)))
    return tuple(sorted(found))


def _walk(dependents: Mapping[str, Iterable[str]], starts: Iterable[str]) -> dict[str, str]:
    """Breadth first from `starts` to all dependents: each with the step before it, "" for the starts."""
    came_from = dict.fromkeys(starts, "")
    waiting = deque(came_from)
    while waiting:
        name = waiting.popleft()
        for other in dependents.get(name, ()):
            if other not in came_from:
                came_from[other] = name
                waiting.append(other)
    return came_from


def _trace_back(came_from: Mapping[str, str], node_id: str) -> list[str]:
    way = [node_id]
    while came_from.get(way[-1]):
        way.append(came_from[way[-1]])
    return way[::-1]


def _visible(graph: Graph, way: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shown for node_id in way if (shown := graph.public_id(node_id))))


def _states(graph: Graph, node_id: str) -> dict[str, str]:
    """The files of a node, path -> state: a package's sources are those of its files that images see."""
    shown = graph.public_id(node_id)
    listing = graph.files.get(shown, Listing())
    if shown != node_id:
        return parse_run(listing.seen)
    return {**parse_run(listing.seen), **parse_run(listing.hidden)}


def _part_reasons(before: Node | None, after: Node | None) -> Iterable[Reason]:
    had, has = (set(node.parts) if node else set() for node in (before, after))
    # nodes of thousands of parts mostly have the same ones, and sets tell that soonest
    old, new = _by_label(had - has), _by_label(has - had)
    for label in sorted(old.keys() | new.keys()):
        yield Reason(*label, old.get(label, ABSENT), new.get(label, ABSENT))


def _use_reasons(base: Graph, head: Graph, node_id: str) -> Iterable[Reason]:
    """Edges that came or went: the node they lead to is what differs."""
    if node_id not in base.nodes or node_id not in head.nodes:
        return
    before, after = base.nodes[node_id].uses, head.nodes[node_id].uses
    yield from (Reason("dependency", base.public_id(used), "used", ABSENT) for used in {*before} - {*after})
    yield from (Reason("dependency", head.public_id(used), ABSENT, "used") for used in {*after} - {*before})


def _file_reasons(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Reason]:
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield Reason("file", path, before.get(path, ABSENT), after.get(path, ABSENT))


def _by_label(parts: Iterable[Part]) -> dict[tuple[str, str], str]:
    return {(part.kind, part.name): part.digest for part in parts}
