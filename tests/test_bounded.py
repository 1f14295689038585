"""Expressions made of strangers' patterns are written, and say no, at once; what hangs ends by its time limit."""

from __future__ import annotations

import re

import pytest

from buildgraph.bounded import STAR, firm_stars, signs_of

ONE = "[^/]"  # what `?` becomes


@pytest.mark.timeout(20)
@pytest.mark.parametrize("after", ["(a|b)", "/", STAR, ""], ids=["a choice", "a folder", "a star", "its end"])
def test_hundreds_of_signs_after_a_star_are_read_in_one_way(after: str) -> None:
    assert re.fullmatch(firm_stars(f"{STAR}{ONE * 300}{after}"), "x" * 299) is None


@pytest.mark.parametrize("text", ["xb!c", "aab]yc", "bxb!bzc", "xb!", "b]c", "x/b]c", ""])
def test_an_expression_takes_what_it_took_before(text: str) -> None:
    plain = f"{STAR}{ONE}b[]!]{STAR}c{STAR}"

    assert bool(re.fullmatch(firm_stars(plain), text)) == bool(re.fullmatch(plain, text))


@pytest.mark.parametrize("body", ["a", "a-c", "-a", "a-", "a-c-e", "^a", "^a-c", "^^", "--/", "a^"])
def test_a_set_has_the_signs_that_an_expression_takes_by_it(body: str) -> None:
    takes = signs_of(body, "^")

    assert [sign for sign in "-./^abcde" if takes(sign)] == re.findall(f"[{body}]", "-./^abcde")


@pytest.mark.parametrize("body", ["", "^", "c-a"])
def test_a_set_that_is_none_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match="is no set of signs"):
        signs_of(body, "^")
