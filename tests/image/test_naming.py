"""Names that images get beside their fingerprints: which can be, and what is told of the others."""

from __future__ import annotations

import pytest

from buildgraph.image.naming import tag_mistakes


@pytest.mark.parametrize("tag", ["v1.2.0", "main", "_", "a" * 128, "0" * 40])
def test_what_registries_take_is_a_name(tag: str) -> None:
    assert tag_mistakes([tag]) == []


@pytest.mark.parametrize(
    ("tag", "what", "way_out"),
    [
        ("", "is empty", "a version or branch that it was made from is missing"),
        ("feature/login", "is no name of an image", "write for example feature-login"),
        ("--x", "is no name of an image", "write for example x"),
        ("/", "is no name of an image", "use letters, digits, and inner . _ -"),
        ("a" * 129, "has 129 characters, 128 at most are allowed", f"write for example {'a' * 128}"),
        ("0" * 32, "is how fingerprints are written, which nobody moves", "take another name"),
    ],
)
def test_what_they_do_not_take_is_told_with_what_could_be_meant(tag: str, what: str, way_out: str) -> None:
    """Pitfall 43: a missing version, a branch with a slash, a name that is too long."""
    [mistake] = tag_mistakes([tag])

    assert (mistake.what, mistake.way_out) == (what, way_out)
