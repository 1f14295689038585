"""Patterns that are written so that they take no ages match what the plain ones match."""

from __future__ import annotations

import re

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from buildgraph.checks import patterns as outputs
from buildgraph.recipes import Window
from buildgraph.recipes.window import WHOLE
from buildgraph.workspace.globs import parse_globs

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


# What the pieces of a .dockerignore's pattern say, as Docker writes them.
DOCKERS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def as_docker_reads(pattern: str) -> str:
    """The expression that Docker makes of a pattern, with all below what it names."""
    pieces = re.findall(r"\*\*/?|\[[^\]]+\]|.", pattern, re.DOTALL)
    told = (DOCKERS.get(piece, piece if piece[1:] else re.escape(piece)) for piece in pieces)
    return f"(?:{''.join(told)})(?:/.*)?"


def is_ignored(path: str, *patterns: str) -> bool:
    return not Window(".", (".",), patterns).sees(path)


@often
@given(SIGNS, TEXTS)
@example("**/b**/ba", "bb/ba")
@example("**/**a***/", "b/ba/")
def test_in_a_dockerignore(pattern: str, path: str) -> None:
    assume(pattern != WHOLE)

    assert is_ignored(path, pattern) == Window(".", (pattern,)).sees(path)
    assert is_ignored(path, pattern) == matches(as_docker_reads(pattern), path)


@often
@given(
    st.lists(
        st.sampled_from([*"ab/", "*", "**/", "[^a]", "[+-9]", "[ab]", "[a-]", "[^-b]", "[^^]", "[b-a]"]),
        min_size=1,
        max_size=7,
    ),
    TEXTS,
)
@example(["*", "[^a]", "*", "b"], "b/abb")
@example(["*", "[+-9]", "*", "b"], "b/abb")
def test_in_a_dockerignore_whose_sets_take_what_parts_folders(signs: list[str], path: str) -> None:
    pattern = "".join(signs)
    is_one = "[b-a]" not in pattern

    assert is_ignored(path, pattern) == (is_one and matches(as_docker_reads(pattern), path))


@often
@given(st.lists(st.tuples(st.booleans(), SIGNS), min_size=1, max_size=5), TEXTS)
def test_among_patterns_of_a_dockerignore(rules: list[tuple[bool, str]], path: str) -> None:
    """The last that speaks of a path decides."""
    assume(all(pattern != WHOLE for _, pattern in rules))
    told = [is_exception for is_exception, pattern in rules if matches(as_docker_reads(pattern), path)]

    patterns = ("!" * is_exception + pattern for is_exception, pattern in rules)
    assert is_ignored(path, *patterns) == (told[-1:] == [False])


# What the names of a glob say; what begins with a dot is matched only where the dot is spelled.
GLOBS = {"**": r"(?:(?!\.)[^/]+/)*", "*": r"(?!\.)[^/]+/", "?": r"(?!\.)[^/]/"}


def as_fast_glob_reads(pattern: str) -> str:
    """The expression of a glob, for a path with `/` behind it."""
    parts = re.sub(r"(\*\*/)+(?=\*\*)", "", pattern).split("/")
    told = (
        GLOBS.get(
            part, r"(?!\.)" * part.startswith("*") + part.replace(".", r"\.").replace("*", "[^/]*") + "/"
        )
        for part in parts
    )
    return "".join(told)


@often
@given(NAMES, PATHS)
def test_among_projects(pattern: str, path: str) -> None:
    matched = parse_globs((pattern,), "x")(path)

    assert matched == matches(as_fast_glob_reads(pattern), f"{path}/")


CHOICES = {
    "@(a|b)": "(?:a|b)",
    "{a,bb}": "(?:a|bb)",
    "?(a)": "(?:a)?",
    "*(a|bb)": "(?:a|bb)*",
    "+(ab|@(b|a))": "(?:ab|b|a)+",
    "[ab]": "[ab]",
    "[!a]": "[^/a]",
    "x*": "x[^/]*",
    "x**": "x[^/]*",
    "x/**/": r"x/(?:(?!\.)[^/]+/)*",
    "b": "b",
    "/": "/",
}


@often
@given(st.lists(st.sampled_from(sorted(CHOICES)), min_size=1, max_size=7), st.text("aabx/.", max_size=9))
def test_among_projects_with_choices(signs: list[str], path: str) -> None:
    plain = "".join(CHOICES[sign] for sign in signs)
    pattern = "".join(signs)
    assume("***" not in pattern and "*(a|bb)*(" not in pattern.replace("x*", ""))

    assert parse_globs((pattern,), "x")(path) == matches(plain, path)


@often
@given(NAMES, PATHS)
def test_among_outputs(pattern: str, path: str) -> None:
    segments = [
        "(?:[^/]+/)*" if part == "**" else f"{outputs._segment(part)}/" for part in pattern.split("/")
    ]
    plain = "".join(segments).removesuffix("/") + "(/.*)?" if not pattern.endswith("**") else None

    if plain is not None:
        assert outputs.parse_patterns((pattern,)).matches(path) == matches(plain, path)
