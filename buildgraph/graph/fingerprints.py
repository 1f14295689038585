"""Fingerprints from parts: one walk in dependency order, in which package cycles count as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from buildgraph.graph.nodes import FINGERPRINT_LENGTH, Node, Part, digest_of
from buildgraph.order import components


def fingerprint_nodes(nodes: Mapping[str, Node], known: Mapping[str, str]) -> dict[str, str]:
    """The fingerprint of every node: the digest of its own parts and of the fingerprints it uses.

    `known` fingerprints are taken as they are; none of them may belong to a cycle with one that is not.
    """
    found, line = dict(known), cache(_line)  # thousands of nodes may have the same parts
    for members in components({node.id: node.uses for node in nodes.values() if node.id not in known}):
        found.update(_fingerprint_component([nodes[member] for member in members], found, line))
    return found


def labelled_parts(node: Node, fingerprints: Mapping[str, str]) -> tuple[Part, ...]:
    """All that a node's fingerprint is made of, sorted: its own parts and one part per node it uses."""
    return tuple(sorted((*node.parts, *_used_parts(node, fingerprints))))


def combine_parts(parts: Iterable[Part]) -> str:
    """The fingerprint that these parts make, in whatever order they come."""
    return _combined(map(_line, parts))


def _used_parts(node: Node, fingerprints: Mapping[str, str]) -> Iterator[Part]:
    return (Part("dependency", used, fingerprints[used]) for used in node.uses if used in fingerprints)


def _line(part: Part) -> str:
    """A part as it enters a fingerprint: NUL ends each field, and the line, so no two lists of parts look alike."""
    return "\0".join((*part.counted, "", ""))


def _combined(lines: Iterable[str]) -> str:
    return digest_of("".join(sorted(lines)))[:FINGERPRINT_LENGTH]


def _fingerprint_component(
    members: Sequence[Node], known: Mapping[str, str], line: Callable[[Part], str]
) -> dict[str, str]:
    """Fingerprints of nodes that use one another: each holds the parts of all."""
    own = {node.id: _combined(map(line, (*node.parts, *_used_parts(node, known)))) for node in members}
    if len(members) == 1:
        return own
    whole = [Part("dependency", node_id, digest) for node_id, digest in sorted(own.items())]
    return {
        node_id: combine_parts([Part("self", node_id, digest), *whole]) for node_id, digest in own.items()
    }
