"""The reader of console blocks can fail: it tells a wrong line from a right one."""

from __future__ import annotations

from tests.support.transcripts import Step, matches, steps_of


def test_a_block_is_commands_with_their_lines() -> None:
    text = "x\n```console\n$ one a\nprinted\n…\n$ two\n```\n```toml\nno = 1\n```\n"

    assert list(steps_of(text)) == [(Step("one a", ("printed", "…")), Step("two", ()))]


def test_durations_may_differ_and_dots_stand_for_any_lines() -> None:
    assert matches(("ok build:web  8.1 s", "…", "end"), "ok build:web  12 s\nmore\nlines\nend\n")
    assert matches(("== 1 done; 13 s",), "== 1 done; 1 min 2 s\n")
    assert not matches(("ok build:web  8.1 s",), "ok build:api  8.1 s\n")
    assert not matches(("one", "two"), "one\n")


def test_what_was_saved_may_differ_and_be_unknown() -> None:
    shown = ("== nothing to do; 6 fresh (41 s of work saved); 0.6 s",)

    assert matches(shown, "== nothing to do; 6 fresh (at least 6.7 s of work saved); 0.9 s\n")
    assert matches(shown, "== nothing to do; 6 fresh; 0.9 s\n")
    assert not matches(shown, "== nothing to do; 5 fresh (41 s of work saved); 0.6 s\n")
