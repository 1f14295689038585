"""The whole graph of a snapshot, from values already read: packages, images, deployments, products; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from buildgraph.errors import ConfigurationError
from buildgraph.graph.contexts import ContextMaker
from buildgraph.graph.deployments import deployment_nodes, product_nodes
from buildgraph.graph.images import ImagePlan, image_node
from buildgraph.graph.nodes import Graph, Node, image_id
from buildgraph.graph.packages import PackageMaker
from buildgraph.graph.territory import Territory
from buildgraph.manifests.model import Manifests
from buildgraph.order import cycles


def build_graph(
    manifests: Manifests,
    packages: PackageMaker,
    maker: ContextMaker,
    plans: Mapping[str, ImagePlan],
    territory: Territory,
) -> Graph:
    """All nodes; ConfigurationError with its path when images build on one another in a circle."""
    version = manifests.workspace.fingerprint_version
    images = [image_node(plan, version) for plan in plans.values()]
    _refuse_image_cycles(images)
    nodes = [*packages.nodes(), *images, *deployment_nodes(manifests), *product_nodes(manifests)]
    without_layers = {name: plan for name, plan in plans.items() if not plan.sources}
    plain = {
        image_id(name): maker.plain_listing(plan.service, plan.window)
        for name, plan in without_layers.items()
    }
    return Graph({node.id: node for node in nodes}, {**packages.listings, **plain}, territory)


def _refuse_image_cycles(images: Iterable[Node]) -> None:
    found = cycles({node.id: [used for used in node.uses if used.startswith("image:")] for node in images})
    if found:
        ways = ("; ".join(" -> ".join(path) for path in found),)
        raise ConfigurationError.of(
            "manifests/products", f"images build on one another in a circle: {ways[0]}"
        )
