"""Fingerprints from parts: one walk in dependency order, in which package cycles count as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from buildgraph.graph.nodes import FINGERPRINT_LENGTH, Node, Part, digest_of_pairs
from buildgraph.order import components


def fingerprint_nodes(nodes: Mapping[str, Node], known: Mapping[str, str]) -> dict[str, str]:
    """The fingerprint of every node: the digest of its own parts and of the fingerprints it uses.

    `known` fingerprints are taken as they are; none of them may belong to a cycle with one that is not.
    """
    found = dict(known)
    for members in components({node.id: node.uses for node in nodes.values() if node.id not in known}):
        found.update(_fingerprint_component([nodes[member] for member in members], found))
    return found


def labelled_parts(node: Node, fingerprints: Mapping[str, str]) -> tuple[Part, ...]:
    """All that a node's fingerprint is made of, sorted: its own parts and one part per node it uses."""
    used = (Part("dependency", used, fingerprints[used]) for used in node.uses if used in fingerprints)
    return tuple(sorted((*node.parts, *used)))


def combine_parts(parts: Sequence[Part]) -> str:
    """The fingerprint that these parts make, in whatever order they come."""
    return digest_of_pairs(sorted(part.counted for part in parts))[:FINGERPRINT_LENGTH]


def _fingerprint_component(members: Sequence[Node], known: Mapping[str, str]) -> dict[str, str]:
    """Fingerprints of nodes that use one another: each holds the parts of all."""
    own = {node.id: combine_parts(labelled_parts(node, known)) for node in members}
    if len(members) == 1:
        return own
    whole = [Part("dependency", node_id, digest) for node_id, digest in sorted(own.items())]
    return {
        node_id: combine_parts([Part("self", node_id, digest), *whole]) for node_id, digest in own.items()
    }
