from __future__ import annotations

import time

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace.aliases import written_out
from buildgraph.workspace.yaml import DEEPEST, load_yaml, parse_yaml


def mistake(text: bytes) -> str:
    with pytest.raises(ConfigurationError) as raised:
        parse_yaml(text, "web/pnpm-lock.yaml")
    return str(raised.value)


def test_all_documents_of_a_stream_are_told_in_order() -> None:
    assert parse_yaml(b"---\na: 1\n---\nb: [x]\n", "f") == ({"a": 1}, {"b": ["x"]})


@pytest.mark.parametrize("text", [b"", b"\n\n", b"# nothing\n"], ids=["nothing", "blank lines", "a comment"])
def test_an_empty_stream_holds_no_value(text: bytes) -> None:
    assert not any(parse_yaml(text, "f"))


def test_words_that_older_readers_take_for_truth_stay_text() -> None:
    assert parse_yaml(b"a: yes\nb: on\nc: 'true'\n", "f") == ({"a": "yes", "b": "on", "c": "true"},)


def test_a_mark_of_byte_order_is_no_content() -> None:
    assert parse_yaml("\ufeffa: ü\n".encode(), "f") == ({"a": "ü"},)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            b"a: 1\nb: [1,\n",
            "web/pnpm-lock.yaml:3:1: is no readable YAML: did not find expected node content",
        ),
        (b"a:\n\t- b\n", "web/pnpm-lock.yaml:2:1: is no readable YAML"),
        (b"a: 1\nb: 2\na: 3\n", "web/pnpm-lock.yaml:3: is no readable YAML: the key 'a' stands twice"),
        (b"a: 1\n<<<<<<< HEAD\nb: 2\n", "web/pnpm-lock.yaml:2: holds marks of an unfinished merge"),
        (b"a: 1\nb: \xff\n", "web/pnpm-lock.yaml:2: is no UTF-8 text"),
        (b"? [a, b]\n: 1\n", "web/pnpm-lock.yaml: is no readable YAML"),
    ],
    ids=["open bracket", "tab", "key twice", "merge marks", "no UTF-8", "a list for a key"],
)
def test_what_cannot_be_read_is_told_with_file_and_line(text: bytes, said: str) -> None:
    """Pitfall 30 (m): an error of parsing has a place and a way out."""
    assert mistake(text).startswith(said)
    assert "\n  " in mistake(text)


def test_the_line_of_a_key_of_blanks_is_looked_for_once_among_blanks() -> None:
    began = time.process_time()

    assert mistake(b'" ": 1\n" ": 2\n' + b" " * 100_000).startswith(
        "web/pnpm-lock.yaml:2: is no readable YAML"
    )
    assert time.process_time() - began < 1


COMPOSE = b"""
x-env: &env {A: 1, B: 2}
x-common: &common
  restart: always
  environment: &defaults
    <<: *env
    C: 3
services:
  web: {<<: *common, build: .}
  api:
    <<: [*common, *env]
    environment: *defaults
    command: "*web & *api"
"""


def test_anchors_as_people_write_them_are_read() -> None:
    (found,) = parse_yaml(COMPOSE, "compose.yml")

    assert found["services"]["api"]["environment"] == {"<<": {"A": 1, "B": 2}, "C": 3}
    assert found["services"]["api"]["command"] == "*web & *api"


def test_fifty_services_may_share_what_is_as_long_as_all_of_them() -> None:
    shared = "x: &x {" + ", ".join(f"VARIABLE_{number}: value" for number in range(100)) + "}\n"
    services = "".join(f"s{number}:\n  environment: *x\n  image: image{number}\n" for number in range(50))

    (found,) = parse_yaml(f"{shared}{services}".encode(), "compose.yml")

    assert found["s49"]["environment"] == found["x"]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a: 1\nb: [x, 'y*y&z']\n", 0),
        ("a: &a {x: yy}\nb: *a\n", 1 + 2 + 6 + 2 + 7),
        ("a: &a\n- x\n- x\nb: [*a,*a]\n", 1 + 2 + 5 + 2 + 13),
        ("{a: &a xyz,b: *a}", 1 + 2 + 4 + 2 + 5),
        ("a: &a xyz\nb: &b [*a, *a]\nc: [*b, *b]\n", 1 + 2 + 4 + 2 + 11 + 2 + 25),
        ("a: &a x\nb: &a xyz\nc: *a\n", 1 + 2 + 2 + 2 + 4 + 2 + 5),
        ("a: &a xyz # *a *a\nb: *a\n", 1 + 2 + 4 + 2 + 5),
        ("a: &a\nb: *a\n", 1 + 2 + 1 + 2 + 2),
        ("--- &a x\n--- [b*a]\n", 2 + 5),
        (f"a: &a x *{'y' * 500}\nb: *a\n# &{'y' * 500}\n", 1 + 2 + 504 + 2 + 505),
    ],
)
def test_a_text_is_as_long_as_what_its_aliases_stand_for(text: str, size: int) -> None:
    # a mark in a text is longer than what it stands in for
    assert size <= written_out(text, load_yaml) <= size + 60


@pytest.mark.parametrize(
    "text", ["x: &x [*x]", "x: &x {y: &y [*x]}", "x: &x [&y [*y], *x]", "x: &x {<<: *x}"]
)
def test_what_holds_itself_has_no_end(text: str) -> None:
    assert written_out(text, load_yaml) == float("inf")


def test_the_deepest_that_is_read_may_have_anchors_on_every_level() -> None:
    levels = DEEPEST - 2
    text = "".join(f"&a{level} [" for level in range(levels)) + "x" + "]" * levels + "\n--- [&b y, *b, *a0]\n"
    with pytest.raises(ConfigurationError, match="unknown anchor"):
        parse_yaml(text.encode(), "f")
    assert written_out(f"- {text.partition('---')[0]}- *a0\n", load_yaml) > 2 * levels


def test_no_text_can_write_the_mark_that_stands_for_an_alias() -> None:
    text = "x: &a 1\ny: *a\n" + "".join(f'"!\\x6d{mark}9.a": {"z" * 99}\n' for mark in ("", "0."))

    assert written_out(text, load_yaml) >= 2 * 99


def test_a_mistake_beside_aliases_is_told_by_its_line() -> None:
    assert mistake(b"x: &a 1\ny: [*a, *a, *a }\n").startswith(
        "web/pnpm-lock.yaml:2: is no readable YAML: did not find expected"
    )


@pytest.mark.parametrize(
    "text", ["a: &a !!str x\nb: *a\n", "&a a: 1\nb: *a\n", "a: &a x\n*a : 1\n", "{a: &a x,*a:b}"]
)
def test_anchors_where_nobody_has_them_are_refused_with_the_way_out(text: str) -> None:
    assert "a key has no anchor, and an anchor has no tag" in mistake(text.encode())
