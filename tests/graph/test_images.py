"""Image nodes: every input of a build is a part of its image's fingerprint."""

from __future__ import annotations

from collections.abc import Mapping

from buildgraph.graph.context import Context
from buildgraph.graph.images import ImagePlan, image_node
from buildgraph.graph.nodes import Graph, Kind, Node, image_id
from buildgraph.manifests.model import Service


def fingerprint(parents: Mapping[str, str]) -> str:
    """Of an image whose FROM lines name these images of other services."""
    plan = ImagePlan(Service("web", "shop", "dockerfile", "web"), lambda: Context(()), parents=parents)
    others = {image_id(name): Node(image_id(name), Kind.IMAGE, name) for name in ("node", "deno")}
    return Graph({**others, "image:web": image_node(plan, 1)}).fingerprints["image:web"]


def test_two_images_that_swap_the_names_they_are_built_upon_by_are_other_ones_to_build_upon() -> None:
    """`base_of` of two services edited at once: the same images are used, each where the other was."""
    before = fingerprint({"acme/build:1": "node", "acme/run:1": "deno"})

    assert fingerprint({"acme/run:1": "deno", "acme/build:1": "node"}) == before
    assert fingerprint({"acme/build:1": "deno", "acme/run:1": "node"}) != before
