"""The graph's values: parts, nodes and edges; pure, and ignorant of git, pnpm and Docker."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property

from buildgraph.errors import UnknownName

FINGERPRINT_LENGTH = 32  # hex digits; 128 bits keep a tag readable and collisions out of reach


class Kind(Enum):
    """What a node is. SOURCES is a package as images see it (inputs of phase `image`); users see its package."""

    PACKAGE = "package"
    SOURCES = "sources"
    IMAGE = "image"
    DEPLOYMENT = "deployment"
    PRODUCT = "product"


MEANT_FIRST = (Kind.IMAGE, Kind.PRODUCT, Kind.PACKAGE, Kind.DEPLOYMENT)


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One labelled thing that a fingerprint is made of.

    `kind` is a reason's kind (file, lockfile, manifest, template, base-image, value, setting, tool),
    `name` tells which one, `digest` what it is now.
    """

    kind: str
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Node:
    """Something that can be stale or affected.

    `parts` are its own; `uses` are nodes that change it (they enter its fingerprint); `after` are nodes
    that come before it and change nothing (order only). `path` is its folder from the workspace root.
    """

    id: str
    kind: Kind
    path: str
    parts: tuple[Part, ...] = ()
    uses: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Graph:
    """Nodes by id, and for package and sources nodes their files: path -> mode and blob id.

    Every id in a node's `uses` stands in `nodes`.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @cached_property
    def fingerprints(self) -> Mapping[str, str]:
        """The fingerprint of every node."""
        from buildgraph.graph.fingerprints import fingerprint_nodes

        return fingerprint_nodes(self.nodes)

    def of_kind(self, *kinds: Kind) -> list[Node]:
        """The nodes of these kinds, sorted by id."""
        return sorted((node for node in self.nodes.values() if node.kind in kinds), key=lambda node: node.id)

    def node(self, name: str) -> Node:
        """The node of this id, or that `name` means: an image before a product before a package.

        Raises UnknownName with the close matches.
        """
        for node_id in (name, *(f"{kind.value}:{name}" for kind in MEANT_FIRST)):
            if node_id in self.nodes:
                return self.nodes[node_id]
        raise UnknownName(
            "node", name, [node.id for node in self.nodes.values() if node.kind is not Kind.SOURCES]
        )


def digest_of(content: bytes | str) -> str:
    """The sha256 of bytes (or of text as UTF-8), as hex digits."""
    raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()


def digest_of_pairs(pairs: Iterable[tuple[str, ...]]) -> str:
    """One digest of tuples of text, in the order given; NUL ends each field, so no two lists look alike."""
    return digest_of("".join(field + "\0" for pair in pairs for field in (*pair, "")))
