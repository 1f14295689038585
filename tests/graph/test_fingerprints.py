"""Fingerprints: they move with what changes a node, and with nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from buildgraph.graph.nodes import Graph, Kind, Node, Part
from tests.support.graphs import graph

SHAPE = "web -> ui -> core; api -> core; docs"


def changed(before: Graph, after: Graph) -> list[str]:
    return sorted(name for name in before.nodes if before.fingerprints[name] != after.fingerprints[name])


def test_a_change_travels_to_all_dependents_and_to_no_one_else() -> None:
    assert changed(graph(SHAPE), graph(SHAPE)) == []
    assert changed(graph(SHAPE), graph(SHAPE, core="edited")) == ["api", "core", "ui", "web"]
    assert changed(graph(SHAPE), graph(SHAPE, ui="edited")) == ["ui", "web"]


def test_a_cycle_changes_as_one() -> None:
    shape = "web -> a -> b -> a; b -> core; other"

    assert changed(graph(shape), graph(shape, b="edited")) == ["a", "b", "web"]
    assert changed(graph(shape), graph(shape, core="edited")) == ["a", "b", "core", "web"]
    members = graph(shape).fingerprints
    assert members["a"] != members["b"]


def test_a_new_edge_changes_its_user() -> None:
    assert changed(graph("web; core"), graph("web -> core")) == ["web"]


def test_order_only_edges_change_nothing() -> None:
    alone = Graph({"auth": Node("auth", Kind.IMAGE, ""), "chat": Node("chat", Kind.IMAGE, "")})
    ordered = Graph({**alone.nodes, "chat": Node("chat", Kind.IMAGE, "", after=("auth",))})

    assert changed(alone, ordered) == []


@given(st.permutations([Part("file", name, name) for name in "abcd"]), st.permutations(["x", "y", "z"]))
def test_no_order_of_parts_or_nodes_moves_a_fingerprint(parts: list[Part], names: list[str]) -> None:
    """Pitfall 1: maps and lists arrive in any order."""
    nodes = {
        name: Node(name, Kind.PACKAGE, name, tuple(parts), ("x",) if name != "x" else ()) for name in names
    }
    plain = {name: Node(name, Kind.PACKAGE, name, tuple(sorted(parts)), nodes[name].uses) for name in "xyz"}

    assert Graph(nodes).fingerprints == Graph(plain).fingerprints


@given(
    st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=4),
    st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=4),
)
def test_equal_parts_if_and_only_if_equal_fingerprints(
    left: list[tuple[str, str, str]], right: list[tuple[str, str, str]]
) -> None:
    """Pitfall 6: nothing that differs may look the same, wherever the borders between fields are."""
    one, other = (
        sorted(Part(*(field.replace("\0", "") for field in part)) for part in parts)
        for parts in (left, right)
    )
    prints = [
        Graph({"n": Node("n", Kind.IMAGE, "", tuple(parts))}).fingerprints["n"] for parts in (one, other)
    ]

    assert (prints[0] == prints[1]) == (one == other)
