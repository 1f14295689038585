"""The whole graph of a snapshot, from values already read: packages, images, deployments, products; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from buildgraph.errors import ConfigurationError
from buildgraph.graph.contexts import ContextMaker
from buildgraph.graph.deployments import deployment_nodes, product_nodes
from buildgraph.graph.files import Files
from buildgraph.graph.images import ImagePlan, image_id, image_node
from buildgraph.graph.nodes import Graph, Node, Part
from buildgraph.graph.packages import package_names, package_nodes
from buildgraph.manifests.model import Manifests, Service
from buildgraph.order import cycles
from buildgraph.workspace import Workspace


def build_graph(
    manifests: Manifests,
    workspace: Workspace,
    files: Files,
    plans: Mapping[str, ImagePlan],
    settings: Iterable[Part],
) -> Graph:
    """All nodes; ConfigurationError with its path when images build on one another in a circle."""
    packages = package_nodes(workspace, files, settings)
    version = manifests.workspace.fingerprint_version
    images = [image_node(plan, version) for plan in plans.values()]
    _refuse_image_cycles(images)
    nodes = [*packages.nodes, *images, *deployment_nodes(manifests), *product_nodes(manifests)]
    plain = {image_id(name): _described(plan) for name, plan in plans.items() if not plan.sources}
    return Graph({node.id: node for node in nodes}, {**packages.files, **plain})


def sources_of(service: Service, maker: ContextMaker) -> tuple[str, ...]:
    """The sources node a service's image is built from; those it uses follow from the graph."""
    if not maker.is_layered(service):
        return ()
    return (f"sources:{package_names(maker.workspace)[service.path]}",)


def _described(plan: ImagePlan) -> dict[str, str]:
    return {file.path: f"{file.mode:o} {file.digest}" for file in plan.context.files}


def _refuse_image_cycles(images: Iterable[Node]) -> None:
    found = cycles({node.id: [used for used in node.uses if used.startswith("image:")] for node in images})
    if found:
        ways = ("; ".join(" -> ".join(path) for path in found),)
        raise ConfigurationError.of(
            "manifests/products", f"images build on one another in a circle: {ways[0]}"
        )
