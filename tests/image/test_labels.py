"""What an image tells of itself: where it comes from, and its parts by their digests."""

from __future__ import annotations

from buildgraph.graph.context import Context
from buildgraph.graph.images import ImagePlan, image_node
from buildgraph.image.labels import Origin, image_labels
from buildgraph.manifests.model import Service


def test_the_value_of_a_build_argument_stands_in_no_part_and_in_no_label() -> None:
    """Pitfall 62: its digest tells that it changed, and that is all it tells."""
    plan = ImagePlan(
        Service("api", "chat", "nestjs", "api"),
        lambda: Context(()),
        arguments={"LEVEL": "of-the-inner-circle"},
    )
    node = image_node(plan, 1)

    labels = image_labels(Origin("acme", "api", "c0ffee"), "f00d", node.parts)

    assert "LEVEL" in labels["buildgraph.parts"]
    assert "inner" not in f"{labels} {node}"
