"""The key of a script's result: what changes it, and what does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from buildgraph.checks.keys import Circumstances, script_keys
from buildgraph.checks.script import Script

BUILD = Script(
    "check:core:build", "packages/core", "build", "tsc", ("dist",), ("API_*", "NODE_ENV"), (), "f1"
)
WEB = Script("check:web:build", "apps/web", "build", "vite", ("dist",), (), ("check:core:build",), "f2")
HERE = Circumstances((("node", "20.1"), ("pnpm", "9.15.0")), {"HOME": "/home/one"})


def keys(build: Mapping[str, Any] = {}, here: Mapping[str, Any] = {}) -> tuple[str, str]:
    """The keys of `core` and of `web`, which comes after it."""
    found = script_keys([BUILD._replace(**build), WEB], HERE._replace(**here))
    return found["check:core:build"], found["check:web:build"]


@pytest.mark.parametrize(
    "build",
    [
        {"fingerprint": "other"},
        {"folder": "packages/other"},
        {"command": "tsc -b"},
        {"outputs": ("dist", "types")},
    ],
)
def test_a_script_is_another_one_when_anything_it_depends_on_is(build: Mapping[str, Any]) -> None:
    before, after = keys(), keys(build)

    assert before[0] != after[0]
    assert before[1] != after[1]  # what it left may be another one, too


@pytest.mark.parametrize(
    "environ",
    [
        {"NODE_ENV": "production"},
        {"NODE_ENV": ""},
        {"API_URL": "https://a"},
        {"VITE_ANY": "1"},
        {"NEXT_PUBLIC_ANY": "1"},
        {"PUBLIC_ANY": "1"},
        {"EXPO_PUBLIC_ANY": "1"},
        {"NUXT_PUBLIC_ANY": "1"},
        {"REACT_APP_ANY": "1"},
        {"VUE_APP_ANY": "1"},
        {"GATSBY_ANY": "1"},
        {"STORYBOOK_ANY": "1"},
        {"SANITY_STUDIO_ANY": "1"},
    ],
)
def test_a_variable_that_is_declared_or_public_counts(environ: Mapping[str, str]) -> None:
    """Pitfall 11: bundlers put public variables into what they build, whoever declares them."""
    assert keys()[0] != keys(here={"environ": environ})[0]


@pytest.mark.parametrize("environ", [{}, {"HOME": "/home/two"}, {"APIS": "1"}, {"CI": "1"}])
def test_another_variable_does_not(environ: Mapping[str, str]) -> None:
    assert keys() == keys(here={"environ": environ})


def test_the_order_of_variables_counts_nothing() -> None:
    """Pitfall 1."""
    one, two = {"API_A": "1", "API_B": "2"}, {"API_B": "2", "API_A": "1"}

    assert keys(here={"environ": one}) == keys(here={"environ": two})


@pytest.mark.parametrize(
    "programs", [(("node", "22"), ("pnpm", "9.15.0")), (("node", "20.1"), ("pnpm", "10"))]
)
def test_another_node_or_pnpm_counts(programs: tuple[tuple[str, str], ...]) -> None:
    assert keys()[0] != keys(here={"programs": programs})[0]


def test_env_files_of_a_package_and_of_the_root_count() -> None:
    """Pitfall 12: git ignores them, and bundlers read them."""
    plain = keys()
    own = keys(here={"surroundings": {"packages/core": ((".env", "d1"),)}})
    edited = keys(here={"surroundings": {"packages/core": ((".env", "d2"),)}})
    of_root = keys(here={"surroundings": {".": ((".env", "d1"),)}})
    of_another = keys(here={"surroundings": {"packages/other": ((".env", "d1"),)}})

    assert len({plain[0], own[0], edited[0], of_root[0]}) == 4
    assert of_another == plain
