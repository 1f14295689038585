"""Order: components come dependencies first, and cycles are told as paths."""

from __future__ import annotations

import random

import pytest

from buildgraph.order import closure, components, cycles, shortest_path
from tests.support.graphs import graph


def relation(text: str) -> dict[str, tuple[str, ...]]:
    return {node.id: node.uses for node in graph(text).nodes.values()}


def test_dependencies_come_before_their_dependents() -> None:
    order = [group[0] for group in components(relation("web -> ui -> core; api -> core"))]

    assert order == ["core", "api", "ui", "web"]


def test_a_cycle_is_one_component() -> None:
    #  web -> a -> b -> c -> a
    assert components(relation("web -> a -> b -> c -> a")) == [("a", "b", "c"), ("web",)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a -> b -> c", [], id="none"),
        pytest.param("a -> b -> a", [("a", "b", "a")], id="two nodes"),
        pytest.param("a -> a", [("a", "a")], id="itself"),
        pytest.param("a -> b -> c -> a; a -> c", [("a", "c", "a")], id="the shorter way round"),
        pytest.param(
            "x -> a -> b -> a; y -> c -> d -> c", [("a", "b", "a"), ("c", "d", "c")], id="two of them"
        ),
    ],
)
def test_cycles_are_told_as_paths(text: str, expected: list[tuple[str, ...]]) -> None:
    assert cycles(relation(text)) == expected


def test_a_chain_of_ten_thousand_needs_no_recursion() -> None:
    chain: dict[str, tuple[str, ...]] = {str(number): (str(number + 1),) for number in range(10_000)}
    chain["10000"] = ()

    assert components(chain)[0] == ("10000",)
    assert len(closure(chain, ["0"])) == 10_001


def test_order_respects_every_edge_of_random_graphs() -> None:
    source = random.Random(7)
    names = [f"n{number}" for number in range(60)]
    edges = {name: tuple(source.sample(names[:index], min(index, 3))) for index, name in enumerate(names)}
    position = {group[0]: index for index, group in enumerate(components(edges))}

    assert all(position[used] < position[name] for name, uses in edges.items() for used in uses)


def test_the_shortest_path_is_found_and_an_impossible_one_is_empty() -> None:
    uses = relation("web -> ui -> core; web -> core; api")

    assert shortest_path(uses, "web", {"core"}) == ("web", "core")
    assert shortest_path(uses, "api", {"core"}) == ()
