"""Affected: the nodes whose fingerprint differs between two graphs, with their reasons; nothing else decides."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from buildgraph.graph.nodes import Graph, Kind, Node
from buildgraph.order import closure
from buildgraph.plan.reasons import Reason, Reasons

USER_KINDS = (Kind.PACKAGE, Kind.IMAGE, Kind.DEPLOYMENT, Kind.PRODUCT)


class Affected:
    """A node whose fingerprint differs: how (`changed`, `added` or `removed`) and why.

    `told` are the reasons, or that which works them out when somebody asks.
    """

    def __init__(self, node: Node, change: str, told: Reasons | tuple[Reason, ...] = ()) -> None:
        self.node = node
        self.change = change
        self.told = told

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """Every reason, with the shortest way from each change to the node."""
        return self.told if isinstance(self.told, tuple) else self.told.of(self.node.id)

    def __eq__(self, other: object) -> bool:
        """Two are the same when they tell the same, however far they have worked it out."""
        if not isinstance(other, Affected):
            return NotImplemented
        return (self.node, self.change, self.reasons) == (other.node, other.change, other.reasons)

    def __hash__(self) -> int:
        return hash((self.node, self.change))

    @property
    def first_reason(self) -> Reason | None:
        """The reason that lies nearest to the node."""
        if isinstance(self.told, tuple):
            return next(iter(self.told), None)
        return self.told.nearest(self.node.id)


def affected_nodes(base: Graph, head: Graph, kinds: Collection[Kind] = USER_KINDS) -> tuple[Affected, ...]:
    """The nodes of these kinds whose fingerprint differs between `base` and `head`, sorted by id."""
    own = own_changes(base, head)
    differing = closure(head.dependents, own)
    reasons = Reasons(base, head, own)
    nodes = (head.nodes.get(node_id) or base.nodes[node_id] for node_id in sorted(differing))
    return tuple(
        Affected(node, _change(base, head, node.id), reasons) for node in nodes if node.kind in kinds
    )


def all_nodes(head: Graph, reason: Reason, kinds: Collection[Kind] = USER_KINDS) -> tuple[Affected, ...]:
    """Every node of these kinds, all for one reason: what is said when the base cannot be resolved."""
    return tuple(Affected(node, "changed", (reason,)) for node in head.of_kind(*kinds))


def own_changes(base: Graph, head: Graph) -> frozenset[str]:
    """The nodes that differ by themselves: in their parts or edges, or by standing in one graph only.

    A fingerprint is made of a node's parts and of the fingerprints it uses, so those that differ are these
    and all that use them, and no hash need be worked out to tell.
    """
    if head is base:
        return frozenset()
    ids = base.nodes.keys() | head.nodes.keys()
    return frozenset(node_id for node_id in ids if _differs(base.nodes.get(node_id), head.nodes.get(node_id)))


def _differs(before: Node | None, after: Node | None) -> bool:
    if before is after:
        return False
    if before is None or after is None or before.uses != after.uses:
        return True
    if before.parts == after.parts:
        return False
    # both are sorted; and only images have parts of which not all counts
    return before.kind is not Kind.IMAGE or _counted(before) != _counted(after)


def _counted(node: Node) -> list[tuple[str, str, str]]:
    return sorted(part.counted for part in node.parts)


def _change(base: Graph, head: Graph, node_id: str) -> str:
    if node_id not in base.nodes:
        return "added"
    return "changed" if node_id in head.nodes else "removed"
