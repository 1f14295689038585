"""Packages by the thousand that have the same parts by the thousand: what differs in them is told soon."""

from __future__ import annotations

import time

from buildgraph.graph.nodes import Graph, Kind, Node, Part
from buildgraph.plan.affected import affected_nodes

SOON = 1.5  # seconds of the processor


def graph(**digests: str) -> Graph:
    """Packages that see one folder, in which these files have these digests and the others their number."""
    parts = tuple(sorted(Part("file", f"f{n}", digests.get(f"f{n}", str(n))) for n in range(1500)))
    nodes = (Node(f"package:{n}", Kind.PACKAGE, f"packages/{n}", parts) for n in range(1000))
    return Graph({node.id: node for node in nodes})


def test_an_edit_in_a_folder_of_thousands_that_a_thousand_see_is_told_soon() -> None:
    base, head = graph(), graph(f7="edited")
    began = time.process_time()

    found = [affected.first_reason for affected in affected_nodes(base, head)]

    assert time.process_time() - began < SOON
    assert {(reason.name, reason.before, reason.after) for reason in found if reason} == {
        ("f7", "7", "edited")
    }
    assert len(found) == 1000
