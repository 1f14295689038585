"""Patterns that are written so that they take no ages match what the plain ones match."""

from __future__ import annotations

import re

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from buildgraph.checks import patterns as outputs
from buildgraph.recipes import window
from buildgraph.workspace import globs

SIGNS = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "**/", "?", "."]), min_size=1, max_size=8).map(
    "".join
)
TEXTS = st.text("aab/.", min_size=1, max_size=9)
NAMES = st.lists(st.sampled_from(["**", "a", "*", "a*", "*a*", "b", "?", ".a"]), min_size=1, max_size=6).map(
    "/".join
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "aa", ".a", "ba"]), min_size=1, max_size=6).map("/".join)
often = settings(max_examples=150, deadline=None, database=None)


def matches(expression: str, text: str) -> bool:
    return re.fullmatch(expression, text, re.DOTALL) is not None


@often
@given(SIGNS, TEXTS)
def test_in_a_dockerignore(pattern: str, path: str) -> None:
    plain = "".join(map(window._piece, window.PIECE.finditer(pattern)))

    assert matches(window._translated(pattern), path) == matches(plain, path)


@often
@given(
    st.lists(st.sampled_from([*"ab/", "*", "**/", "[^a]", "[+-9]", "[ab]"]), min_size=1, max_size=7), TEXTS
)
@example(["*", "[^a]", "*", "b"], "b/abb")
@example(["*", "[+-9]", "*", "b"], "b/abb")
def test_in_a_dockerignore_whose_sets_take_what_parts_folders(signs: list[str], path: str) -> None:
    pattern = "".join(signs)
    assume(pattern.count("[^") + pattern.count("[+") <= window.MOST_CROSSINGS)
    plain = "".join(map(window._piece, window.PIECE.finditer(pattern)))

    assert matches(window._translated(pattern), path) == matches(plain, path)


@often
@given(NAMES, PATHS)
def test_among_projects(pattern: str, path: str) -> None:
    plain = globs._translated(globs._FOLDERS.sub("**/", pattern), starts_name=True)

    assert (globs.parse_glob(pattern).match(path) is not None) == matches(plain, path)


@often
@given(NAMES, PATHS)
def test_among_outputs(pattern: str, path: str) -> None:
    segments = [
        "(?:[^/]+/)*" if part == "**" else f"{outputs._segment(part)}/" for part in pattern.split("/")
    ]
    plain = "".join(segments).removesuffix("/") + "(/.*)?" if not pattern.endswith("**") else None

    if plain is not None:
        assert outputs.parse_patterns((pattern,)).matches(path) == matches(plain, path)
