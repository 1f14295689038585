"""Rows in as many columns as can be seen: texts go on below, words are never cut."""

from __future__ import annotations

from buildgraph.columns import render_columns, wrap_words

HEADER = ("SERVICE", "STATE", "WHY")
ROWS = [("chat-web", "running", "its fingerprint differs from what runs"), ("api", "ill", "")]


def test_without_a_width_columns_are_as_wide_as_their_longest_text() -> None:
    assert render_columns(ROWS, HEADER, None).splitlines() == [
        "SERVICE   STATE    WHY",
        "chat-web  running  its fingerprint differs from what runs",
        "api       ill",
    ]


def test_the_longest_text_goes_on_below_where_there_is_no_room() -> None:
    assert render_columns(ROWS, HEADER, 44).splitlines() == [
        "SERVICE   STATE    WHY",
        "chat-web  running  its fingerprint differs",
        "                   from what runs",
        "api       ill",
    ]


def test_rows_of_words_that_are_too_wide_together_become_lines_of_their_own() -> None:
    address = "http://chat-backend.development.localhost:8480/"

    assert render_columns([("chat-backend", "running", address)], ("SERVICE", "STATE", "ADDRESS"), 60) == (
        f"chat-backend\n  STATE    running\n  ADDRESS  {address}"
    )


def test_rows_without_a_header_put_their_text_below() -> None:
    path = "package:" + "x" * 60

    assert render_columns([(path, "changed", "file a.ts changed")], (), 50) == (
        f"{path}  changed\n    file a.ts changed"
    )


def test_less_than_forty_columns_are_taken_for_forty() -> None:
    assert render_columns(ROWS, HEADER, 1) == render_columns(ROWS, HEADER, 40)


def test_nothing_is_nothing() -> None:
    assert render_columns([], (), 80) == ""


def test_a_word_is_never_cut() -> None:
    assert wrap_words("sha256:0123456789 of it", 8) == ["sha256:0123456789", "of it"]
    assert wrap_words("", 8) == [""]
