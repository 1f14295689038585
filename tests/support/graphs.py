"""Graphs from a line of text, for tests of the pure rooms."""

from __future__ import annotations

from itertools import pairwise

from buildgraph.graph.nodes import Graph, Kind, Node, Part, digest_of


def graph(text: str, **contents: str) -> Graph:
    """The graph of `web -> ui -> core; api -> core`; `contents` gives a node's own part another digest."""
    uses: dict[str, set[str]] = {}
    for chain in text.split(";"):
        names = [name.strip() for name in chain.split("->") if name.strip()]
        for name in names:
            uses.setdefault(name, set())
        for user, used in pairwise(names):
            uses[user].add(used)
    return Graph({name: _node(name, used, contents) for name, used in uses.items()})


def _node(name: str, uses: set[str], contents: dict[str, str]) -> Node:
    part = Part("value", "CONTENT", digest_of(contents.get(name, "")))
    return Node(name, Kind.PACKAGE, name, (part,), tuple(sorted(uses)))
