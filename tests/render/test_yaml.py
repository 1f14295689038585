"""Values as YAML: another reader than ours finds the very same in them, whatever they are."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildgraph.render.yaml import Script, Verbatim, Yaml, render_file, render_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine says nothing of what is written
@given(VALUES)
def test_what_is_written_is_what_is_read(value: Yaml) -> None:
    assert yaml.safe_load(render_yaml(value)) == value


@pytest.mark.parametrize(
    "text", ["yes", "No", "on", "null", "1", "1e3", "0x1f", "1:30", "2026-11-25", "~", "", "="]
)
def test_a_text_that_means_more_stays_a_text(text: str) -> None:
    assert yaml.safe_load(render_yaml({"a": text, text: "b"})) == {"a": text, text: "b"}


def test_a_value_is_always_written_in_the_same_words() -> None:
    value: Yaml = {"name": "api", "ports": [{"port": 80, "kind": "TCP"}], "none": [], "empty": {}, "on": True}

    assert render_yaml(value) == (
        'name: api\nports:\n  - port: 80\n    kind: TCP\nnone: []\nempty: {}\n"on": true\n'
    )


def test_a_file_says_where_it_comes_from_and_holds_its_documents() -> None:
    text = render_file({"a": 1}, {"b": 2})

    assert text.startswith("# Rendered by buildgraph from manifests/")
    assert list(yaml.safe_load_all(text)) == [{"a": 1}, {"b": 2}]


def test_lines_are_written_as_lines_and_a_verbatim_text_with_its_comment() -> None:
    text = render_yaml({"run": Script("echo a: b\n\necho c\n"), "uses": Verbatim("a/b@1 # v1")})

    assert text == "run: |\n  echo a: b\n  \n  echo c\nuses: a/b@1 # v1\n"
    assert yaml.safe_load(text) == {"run": "echo a: b\n\necho c\n", "uses": "a/b@1"}
