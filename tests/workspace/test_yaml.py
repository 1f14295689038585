from __future__ import annotations

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace.yaml import parse_yaml


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
