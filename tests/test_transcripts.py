"""The reader of console blocks can fail: it tells a wrong line from a right one."""

from __future__ import annotations

from tests.support.transcripts import Block, Step, blocks_of, matches, steps_of


def test_a_block_is_commands_with_their_lines() -> None:
    text = "x\n```console\n$ one a\nprinted\n…\n$ two\n```\n```toml\nno = 1\n```\n"

    assert list(steps_of(text)) == [(Step("one a", ("printed", "…")), Step("two", ()))]


def test_a_script_is_one_step_and_a_block_that_says_why_is_not_run() -> None:
    marked = "<!-- not run: it asks a\nserver -->\n```console\n$ two\n```\n"
    text = f"```sh\ncd x\nls\n```\n{marked}<!-- else -->\n```sh\nls\n```\n"

    assert list(steps_of(text)) == [(Step("cd x\nls\n", ()),), (Step("ls\n", ()),)]
    assert list(blocks_of(text))[1] == Block("console", "$ two\n", "it asks a\nserver")


def test_dots_within_a_line_stand_for_any_part_of_it() -> None:
    assert matches(("image:…  changed",), "image:web  changed\n")
    assert not matches(("image:…  changed",), "image:web\nimage:api  changed\n")


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
