"""What charts are made of: values that are the same everywhere, and objects with something else at a place."""

from __future__ import annotations

from buildgraph.render.helm.merging import merged, part, replaced
from buildgraph.render.helm.values import common, rest
from buildgraph.render.yaml import Yaml

ONE: dict[str, Yaml] = {"a": 1, "same": {"b": "x", "c": [1]}, "only": True, "empty": {}, "none": None}
OTHER: dict[str, Yaml] = {"a": 2, "same": {"b": "x", "c": [2]}, "empty": {}, "none": None}


def test_what_all_say_alike_and_what_each_says_beside_it_is_all_that_it_says() -> None:
    same = common([ONE, OTHER])

    assert same == {"same": {"b": "x"}, "empty": {}, "none": None}
    assert rest(ONE, same) == {"a": 1, "same": {"c": [1]}, "only": True}
    for told in (ONE, OTHER):
        assert merged(same, rest(told, same)) == told


def test_what_one_alone_says_is_said_by_all() -> None:
    assert (common([ONE]), rest(ONE, common([ONE]))) == (ONE, {})


def test_a_map_that_is_empty_in_one_of_them_is_empty_in_what_all_say() -> None:
    assert common([{"a": {}}, {"a": {"b": 1}}]) == {"a": {}}
    assert rest({"a": {"b": 1}}, {"a": {}}) == {"a": {"b": 1}}


def test_a_part_is_found_and_replaced_by_its_path_and_the_way_there_is_not_made() -> None:
    told: Yaml = {"spec": {"pods": [{"name": "one"}]}}

    assert part(told, "spec.pods.0.name") == "one"
    assert (part(told, "spec.pods.1.name"), part(told, "spec.other.name")) == (None, None)
    assert replaced(told, "spec.pods.0.name", "two") == {"spec": {"pods": [{"name": "two"}]}}
    assert replaced(told, "spec.pods.0.image", "i") == {"spec": {"pods": [{"name": "one", "image": "i"}]}}
    assert replaced(told, "spec.other.name", "two") == told


def test_a_patch_finds_things_in_lists_by_their_names_and_takes_the_place_of_other_lists() -> None:
    told: Yaml = {"spec": [{"name": "one", "a": 1}, {"name": "two"}], "words": ["x"]}
    patch: Yaml = {"spec": [{"name": "one", "b": 2}, {"name": "three"}], "words": ["y"], "new": 1}

    assert merged(told, patch) == {
        "spec": [{"name": "one", "a": 1, "b": 2}, {"name": "two"}, {"name": "three"}],
        "words": ["y"],
        "new": 1,
    }
