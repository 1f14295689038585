"""Why a node is affected: the parts that differ and the shortest way from the change to the node; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from buildgraph.graph.nodes import Graph, Kind, Node, Part
from buildgraph.order import closure, shortest_path

ABSENT = ""
WHOLE = "context"  # the part that stands for all of a context; told when no other part differs


@dataclass(frozen=True, slots=True, order=True)
class Reason:
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


def own_reasons(base: Graph, head: Graph, node_id: str) -> tuple[Reason, ...]:
    """The differences between a node's own parts in two graphs; a package's files one by one."""
    before, after = base.nodes.get(node_id), head.nodes.get(node_id)
    found = [*_part_reasons(before, after), *_use_reasons(before, after)]
    if any(reason.kind == "file" and not reason.name for reason in found):
        found = [reason for reason in found if reason.name or reason.kind != "file"]
        found.extend(_file_reasons(base.files.get(node_id, {}), head.files.get(node_id, {})))
    return tuple(sorted(found))


def reasons_of(
    base: Graph, head: Graph, node_id: str, changed: Mapping[str, tuple[Reason, ...]]
) -> tuple[Reason, ...]:
    """Every reason why `node_id` differs, with the shortest way to each.

    `changed` holds the own reasons of all nodes that have some.
    """
    graph = head if node_id in head.nodes else base
    uses = {node.id: node.uses for node in graph.nodes.values()}
    found: list[Reason] = []
    for source in _reachable_changes(uses, node_id, changed):
        way = shortest_path(uses, node_id, {source})
        via = _visible(reversed(way))
        found.extend(Reason(r.kind, r.name, r.before, r.after, via) for r in changed[source])
    told = [reason for reason in found if reason.kind != WHOLE]
    return tuple(sorted(set(told or found)))


def public_id(node_id: str) -> str:
    """The id that users see: sources are a package to them."""
    kind, _, name = node_id.partition(":")
    return f"{Kind.PACKAGE.value}:{name}" if kind == Kind.SOURCES.value else node_id


def _reachable_changes(
    uses: Mapping[str, Iterable[str]], start: str, changed: Mapping[str, tuple[Reason, ...]]
) -> list[str]:
    return sorted(closure(uses, [start]) & changed.keys())


def _visible(way: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(public_id(node_id) for node_id in way))


def _part_reasons(before: Node | None, after: Node | None) -> Iterable[Reason]:
    old, new = _by_label(before), _by_label(after)
    for label in sorted(old.keys() | new.keys()):
        if old.get(label) != new.get(label):
            yield Reason(*label, old.get(label, ABSENT), new.get(label, ABSENT))


def _use_reasons(before: Node | None, after: Node | None) -> Iterable[Reason]:
    """Edges that came or went: the node they lead to is what differs."""
    if before is None or after is None:
        return
    for used in sorted(set(before.uses) ^ set(after.uses)):
        here = (ABSENT, "used") if used in after.uses else ("used", ABSENT)
        yield Reason("dependency", public_id(used), *here)


def _file_reasons(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Reason]:
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            yield Reason("file", path, before.get(path, ABSENT), after.get(path, ABSENT))


def _by_label(node: Node | None) -> dict[tuple[str, str], str]:
    return {_label(part): part.digest for part in node.parts} if node else {}


def _label(part: Part) -> tuple[str, str]:
    return part.kind, part.name
