"""What an image tells of itself: where it comes from, and its parts by their digests."""

from __future__ import annotations

from typing import Any

import pytest

from buildgraph.errors import StepFailed
from buildgraph.graph.context import Context
from buildgraph.graph.images import IMAGE_VERSION, ImagePlan, image_node
from buildgraph.image.labels import FINGERPRINT, Origin, built_at, confirm_made_as, image_labels, tools_in
from buildgraph.image.makers import numbers_changed
from buildgraph.manifests.model import Service


def test_an_image_with_a_date_of_its_own_says_when_it_was_built_and_others_do_not() -> None:
    """What it inherits from the image that it is built upon is overwritten."""
    origin = Origin("acme", "api", "c0ffee", built="2026-11-26T12:00:00+00:00")

    assert built_at(image_labels(origin, "f00d", ())) == "2026-11-26T12:00:00+00:00"
    assert image_labels(Origin("acme", "api", "c0ffee"), "f00d", ())["buildgraph.built"] == ""
    assert built_at(None) == ""


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


def test_an_image_tells_by_which_numbers_it_was_made_and_what_differs_is_a_reason() -> None:
    plan = ImagePlan(Service("api", "chat", "nestjs", "api"), lambda: Context(()))
    labels = image_labels(Origin("acme", "api", "c0ffee"), "f00d", image_node(plan, 1).parts)
    made = tools_in(labels)

    assert made == {"fingerprint": "1", "images": str(IMAGE_VERSION)}
    assert numbers_changed(made, image_node(plan, 1)) == ""
    assert numbers_changed(made, image_node(plan, 2)) == "fingerprint 1 -> 2"
    older = made | {"images": str(IMAGE_VERSION - 1)}
    assert numbers_changed(older, image_node(plan, 1)) == f"images {IMAGE_VERSION - 1} -> {IMAGE_VERSION}"
    assert numbers_changed({}, image_node(plan, 1)) == "", "nothing is known of an image that tells none"


@pytest.mark.parametrize("label", ["", "{", "5", "[5]", '[["tool", "images"]]', "[" * 100_000])
def test_a_label_that_tells_no_numbers_is_no_reason(label: str) -> None:
    assert tools_in({"buildgraph.parts": label}) == {}


@pytest.mark.parametrize("label", ["x", "", 5, None, "2026-13-01T00:00:00Z"])
def test_a_label_that_is_no_moment_tells_no_date(label: Any) -> None:
    assert built_at({"buildgraph.built": label}) == ""


def test_an_image_that_was_made_as_another_one_is_refused() -> None:
    """Of what bears no label of ours, or of what no release has kept, nothing is known that speaks against it."""
    for labels, fingerprint in (({FINGERPRINT: "1"}, "1"), ({FINGERPRINT: "1"}, ""), ({}, "2")):
        confirm_made_as(fingerprint, labels, "acme/web:2")
    with pytest.raises(
        StepFailed, match=r"(?s)acme/web:2: says of itself that it was made as 1,.*for 2.*move"
    ):
        confirm_made_as("2", {FINGERPRINT: "1"}, "acme/web:2")
