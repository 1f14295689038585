"""Affected: the nodes whose fingerprint differs between two graphs, with their reasons; nothing else decides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from buildgraph.graph.nodes import Graph, Kind, Node
from buildgraph.plan.reasons import Reason, own_reasons, reasons_of

USER_KINDS = (Kind.PACKAGE, Kind.IMAGE, Kind.DEPLOYMENT, Kind.PRODUCT)


@dataclass(frozen=True, slots=True)
class Affected:
    """A node whose fingerprint differs: how (`changed`, `added` or `removed`) and why."""

    node: Node
    change: str
    reasons: tuple[Reason, ...]


def affected_nodes(base: Graph, head: Graph, kinds: Collection[Kind] = USER_KINDS) -> tuple[Affected, ...]:
    """The nodes of these kinds whose fingerprint differs between `base` and `head`, sorted by id."""
    differing = differing_nodes(base, head)
    changed = {node_id: reasons for node_id in differing if (reasons := own_reasons(base, head, node_id))}
    return tuple(
        Affected(node, _change(base, head, node.id), reasons_of(base, head, node.id, changed))
        for node in (head.nodes.get(node_id) or base.nodes[node_id] for node_id in sorted(differing))
        if node.kind in kinds
    )


def all_nodes(head: Graph, reason: Reason, kinds: Collection[Kind] = USER_KINDS) -> tuple[Affected, ...]:
    """Every node of these kinds, all for one reason: what is said when the base cannot be resolved."""
    return tuple(Affected(node, "changed", (reason,)) for node in head.of_kind(*kinds))


def differing_nodes(base: Graph, head: Graph) -> set[str]:
    """The ids whose fingerprint differs, or that stand in one graph only."""
    before, after = base.fingerprints, head.fingerprints
    return {node_id for node_id in before.keys() | after.keys() if before.get(node_id) != after.get(node_id)}


def _change(base: Graph, head: Graph, node_id: str) -> str:
    if node_id not in base.nodes:
        return "added"
    return "changed" if node_id in head.nodes else "removed"
