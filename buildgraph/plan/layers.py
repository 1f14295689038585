"""Images in layers: each builds upon none but those of layers before its own; pure."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.graph.nodes import Graph
from buildgraph.order import components


def layers_of(graph: Graph, images: Iterable[str]) -> list[list[str]]:
    """The ids of images of the graph in as few layers as there can be, each sorted.

    Those that are not among `images` are there already: they make no layer, and pass on what they build upon.
    """
    wanted = set(images)
    uses = {
        node.id: [used for used in node.uses if used.startswith("image:")]
        for node in graph.nodes.values()
        if node.id.startswith("image:")
    }
    least: dict[str, int] = {}  # the first layer that an image may stand in
    for (name,) in components(uses):
        before = (least[used] + (used in wanted) for used in uses[name])
        least[name] = max(before, default=0)
    layers: list[list[str]] = [[] for _ in range(1 + max((least[name] for name in wanted), default=-1))]
    for name in sorted(wanted):
        layers[least[name]].append(name)
    return layers
