"""The graph's values: parts, nodes and edges; pure, and ignorant of git, pnpm and Docker."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from buildgraph.errors import UnknownName

if TYPE_CHECKING:
    from buildgraph.graph.listing import Listing
    from buildgraph.graph.territory import Territory

FINGERPRINT_LENGTH = 32  # hex digits; 128 bits keep a tag readable and collisions out of reach


class Kind(Enum):
    """What a node is.

    Users see no SOURCES, which is a package as images see it (inputs of phase `image`), and no SETTINGS,
    which is what holds for every package.
    """

    PACKAGE = "package"
    SOURCES = "sources"
    SETTINGS = "settings"
    IMAGE = "image"
    DEPLOYMENT = "deployment"
    PRODUCT = "product"


SETTINGS_ID = "settings:"
HIDDEN = (Kind.SOURCES, Kind.SETTINGS)
MEANT_FIRST = (Kind.IMAGE, Kind.PRODUCT, Kind.PACKAGE, Kind.DEPLOYMENT)


class Part(NamedTuple):
    """One labelled thing that a fingerprint is made of.

    `kind` is a reason's kind (file, lockfile, template, base-image, value, setting, breaking, smoke, tool; where
    fingerprints are combined, dependency and self), `name` tells which one, `digest` what it is now.
    """

    kind: str
    name: str
    digest: str

    @property
    def counted(self) -> tuple[str, str, str]:
        """What of it enters a fingerprint: where a template stands tells people, and no build sees it."""
        return ("template", "", self.digest) if self.kind == "template" else self


class Node(NamedTuple):
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


class Graph:
    """Nodes by id; every id in a node's `uses` stands in `nodes`.

    `files` lists the files of the nodes that have some, by id (a package's sources are in its package's
    list); `territory` tells which nodes see a path. `known` are fingerprints that need not be worked out
    again.
    """

    def __init__(
        self,
        nodes: Mapping[str, Node] | None = None,
        files: Mapping[str, Listing] | None = None,
        territory: Territory | None = None,
        known: Mapping[str, str] | None = None,
    ) -> None:
        self.nodes = nodes or {}
        self.files = files or {}
        self.territory = territory
        self.known = known or {}

    @cached_property
    def fingerprints(self) -> Mapping[str, str]:
        """The fingerprint of every node."""
        if len(self.known) == len(self.nodes):
            return self.known
        from buildgraph.graph.fingerprints import fingerprint_nodes

        return fingerprint_nodes(self.nodes, self.known)

    @cached_property
    def dependents(self) -> Mapping[str, tuple[str, ...]]:
        """For every node the nodes that use it, sorted."""
        found: dict[str, list[str]] = {node_id: [] for node_id in self.nodes}
        for node in self.nodes.values():
            for used in node.uses:
                found[used].append(node.id)
        return {node_id: tuple(sorted(users)) for node_id, users in found.items()}

    def public_id(self, node_id: str) -> str:
        """The id that users see: sources are a package to them, and settings have none."""
        kind, _, folder = node_id.partition(":")
        if kind != Kind.SOURCES.value:
            return "" if node_id == SETTINGS_ID else node_id
        name = self.territory.names.get(folder) if self.territory else None
        return node_id if name is None else f"{Kind.PACKAGE.value}:{name}"

    def of_kind(self, *kinds: Kind) -> list[Node]:
        """The nodes of these kinds, sorted by id."""
        return sorted((node for node in self.nodes.values() if node.kind in kinds), key=lambda node: node.id)

    def node(self, name: str) -> Node:
        """The node of this id, or that `name` means: an image before a product before a package; or its folder.

        Raises UnknownName with the close matches.
        """
        for node_id in (name, *(f"{kind.value}:{name}" for kind in MEANT_FIRST)):
            if node_id in self.nodes:
                return self.nodes[node_id]
        at_path = [
            node for node in self.of_kind(Kind.PACKAGE) if node.path == name.removeprefix("./").rstrip("/")
        ]
        if at_path:
            return at_path[0]
        raise UnknownName("node", name, [node.id for node in self.nodes.values() if node.kind not in HIDDEN])


def image_id(service: str) -> str:
    """The id of a service's image node."""
    return f"image:{service}"


def parents_of(graph: Graph, service: str) -> list[str]:
    """The services whose images the one of this service builds on."""
    uses = graph.nodes[image_id(service)].uses
    return sorted(used.removeprefix(image_id("")) for used in uses if used.startswith(image_id("")))


def sources_id(folder: str) -> str:
    """The id of the sources in a folder: what a package is called is nothing to those that find it there."""
    return f"{Kind.SOURCES.value}:{folder}"


def digest_of(content: bytes | str) -> str:
    """The sha256 of bytes (or of text as UTF-8), as hex digits."""
    raw = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()


def digest_of_pairs(pairs: Iterable[tuple[str, ...]]) -> str:
    """One digest of tuples of text, in the order given; NUL ends each field, so no two lists look alike."""
    return digest_of("".join(field + "\0" for pair in pairs for field in (*pair, "")))
