"""A run on a terminal: what stands there at every moment; and where lines stay plain."""

from __future__ import annotations

import os
import time

import pytest

from buildgraph.console import Plain, teller
from buildgraph.errors import StepFailed
from buildgraph.runs.actions import Groups
from buildgraph.runs.screens import fitting_screen
from buildgraph.runs.terminal import AtWork, Live, render_lines
from tests.support.terminal import Terminal

SIZE = os.terminal_size((60, 10))


def screen_on(terminal: Terminal) -> tuple[Live, list[float]]:
    """A screen and its clock, whose last value is the time."""
    times = [0.0]
    return Live(terminal.write, lambda: SIZE, lambda: times[-1]), times


def test_tasks_at_work_stand_below_what_has_come_to_something() -> None:
    terminal = Terminal()
    screen, times = screen_on(terminal)

    screen.end("build:api", "-- build:api  fresh")
    screen.begin("build:web")
    screen.begin("build:mailer")
    times.append(12.0)
    screen.say("build:web", "[build 2/3] RUN make")
    assert terminal.shown == [
        "-- build:api  fresh",
        ".  build:web     12 s  [build 2/3] RUN make",
        ".  build:mailer  12 s",
    ]

    screen.end("build:web", "ok build:web  12 s")
    assert terminal.shown == ["-- build:api  fresh", "ok build:web  12 s", ".  build:mailer  12 s"]

    screen.close()
    assert (terminal.shown, terminal.wraps) == (["-- build:api  fresh", "ok build:web  12 s"], True)


def test_what_a_deploy_says_stays_and_what_a_build_says_is_told_when_it_fails() -> None:
    terminal = Terminal()
    screen, _ = screen_on(terminal)

    screen.begin("deploy:shop")
    screen.begin("build:web")
    screen.say("build:web", "[1/2] COPY")
    screen.say("deploy:shop", "web: started green")
    screen.say("build:web", "[2/2] RUN")
    screen.tell("a word aside")
    screen.say("build:mail", "a task that has not begun")
    screen.end("build:web", "!! build:web  failed\nbecause")
    screen.end("deploy:shop", "ok deploy:shop  1.0 s")
    screen.close()

    assert terminal.shown == [
        "   deploy:shop | web: started green",
        "a word aside",
        "   build:mail | a task that has not begun",
        "   build:web | [1/2] COPY",
        "   build:web | [2/2] RUN",
        "!! build:web  failed",
        "because",
        "ok deploy:shop  1.0 s",
    ]


def test_lines_are_cut_to_the_terminal_and_cannot_steer_it() -> None:
    tasks = {f"build:{number}": AtWork(0.0, "\x1b[2J" + "x" * 100) for number in range(12)}

    lines = render_lines(tasks, 3.0, SIZE)

    assert len(lines) == 8
    assert lines[0] == ".  build:0  3.0 s  \\x1b[2J" + "x" * 33 + "…"
    assert (len(lines[0]), lines[-1]) == (60, ".  and 5 more")


def test_a_line_at_work_has_no_colours_and_one_that_stays_has_them_to_its_end(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert render_lines({"build:web": AtWork(0.0, "\x1b[31mred\x1b[m")}, 3.0, SIZE) == [
        ".  build:web  3.0 s  red"
    ]

    teller("check:web:test")("\x1b[1;31mred\x1b[2J\r\n and on\x1b[8m")
    teller("check:web:test")("plain")

    assert capfd.readouterr().err == (
        "   check:web:test | \x1b[1;31mred\\x1b[2J\x1b[m\n and on\x1b[8m\x1b[m\n   check:web:test | plain\n"
    )


def test_the_last_words_of_what_failed_are_told_without_their_colours() -> None:
    failed = StepFailed("check:web:test", "`vitest` failed (1)", "\x1b[30;41m FAIL \x1b[49m a.test.ts")

    assert str(failed) == "check:web:test: `vitest` failed (1)\n     FAIL  a.test.ts"


def test_the_time_goes_on_by_itself_until_the_screen_is_closed() -> None:
    terminal = Terminal()
    screen, times = screen_on(terminal)
    screen.keep_time().begin("build:web")

    times.append(30.0)
    deadline = time.monotonic() + 120
    while ".  build:web  30 s" not in terminal.history and time.monotonic() < deadline:
        time.sleep(0.02)
    screen.close()

    assert ".  build:web  30 s" in terminal.history
    assert terminal.shown == []


@pytest.mark.parametrize(
    ("environ", "is_terminal", "screen"),
    [
        ({"TERM": "xterm"}, True, Live),
        ({"TERM": "xterm"}, False, Plain),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, Plain),
        ({"TERM": "xterm", "CI": "1"}, True, Plain),
        ({"TERM": "dumb"}, True, Plain),
        ({}, True, Plain),
        ({"TERM": "xterm", "CI": "true", "GITHUB_ACTIONS": "true"}, False, Groups),
    ],
    ids=["a terminal", "a pipe", "no colour", "CI", "a dumb terminal", "an unnamed terminal", "Actions"],
)
def test_the_screen_fits_where_the_run_is_started(
    environ: dict[str, str], is_terminal: bool, screen: type
) -> None:
    found = fitting_screen(environ, is_terminal=is_terminal)
    found.close()

    assert type(found) is screen
