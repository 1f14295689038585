"""A run on a terminal: below what has come to something, one line per task that is at work, with its step and time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from buildgraph.console import said
from buildgraph.durations import seconds
from buildgraph.errors import without_colours
from buildgraph.harmless import on_one_line

EVERY = 0.2  # seconds between two looks at the clock
PASSING = ("build:", "push:")  # what these say is shown while it holds; the lines of others stay
BAD = "!! "  # how the line begins that a task has come to which did not go well
UP, CLEAR = "\x1b[{}F", "\x1b[J"  # ECMA-48: to the beginning of the line so many above; erase all below
UNWRAPPED, WRAPPED = "\x1b[?7l", "\x1b[?7h"  # DEC's private modes: what is too long is cut by the terminal
LEAST = 20  # columns


class AtWork(NamedTuple):
    """A task that is at work: since when by the clock, and what it said last."""

    since: float
    line: str = ""


def render_lines(tasks: Mapping[str, AtWork], now: float, size: os.terminal_size) -> list[str]:
    """One line per task, as wide and as many as a terminal can show beside a line above them."""
    room = max(size.lines - 2, 1)
    shown = dict(list(tasks.items())[:room])
    times = {name: seconds(now - task.since) for name, task in shown.items()}
    wide, long = (max(map(len, column), default=0) for column in (shown, times.values()))
    lines = [
        f".  {name.ljust(wide)}  {times[name].rjust(long)}  {on_one_line(without_colours(task.line))}".rstrip()
        for name, task in shown.items()
    ]
    if len(tasks) > room:
        lines[-1] = f".  and {len(tasks) - room + 1} more"
    return [_cut(line, max(size.columns, LEAST)) for line in lines]


def _cut(line: str, columns: int) -> str:
    return line if len(line) <= columns else line[: columns - 1] + "…"


class Live:
    """A screen whose lowest lines are drawn anew; `write` takes text for the terminal, `size` tells how large it is."""

    def __init__(
        self,
        write: Callable[[str], None],
        size: Callable[[], os.terminal_size],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.write = write
        self.size = size
        self.clock = clock
        self._at_work: dict[str, AtWork] = {}
        self._kept: dict[str, list[str]] = {}
        self._drawn = 0
        self._turn = threading.RLock()
        self._over = threading.Event()

    def keep_time(self) -> Live:
        """Have the times go on by themselves until the screen is closed."""
        threading.Thread(target=self._keep_time, daemon=True).start()
        return self

    def tell(self, line: str) -> None:
        """A line of no task."""
        self._draw(line + "\n")

    def begin(self, task: str) -> None:
        """A task begins."""
        with self._turn:
            self._at_work[task] = AtWork(self.clock())
            self._kept[task] = []
            self._draw()

    def say(self, task: str, line: str) -> None:
        """A line of a task; of a build that fails all of them are shown in the end."""
        with self._turn:
            known = self._at_work.get(task)
            if known is None:
                self._draw(said(task, line))
                return
            self._at_work[task] = known._replace(line=line)
            if task.startswith(PASSING):
                self._kept[task].append(said(task, line))
                self._draw()
            else:
                self._draw(said(task, line))

    def end(self, task: str, line: str) -> None:
        """A task has come to something."""
        with self._turn:
            self._at_work.pop(task, None)
            kept = "".join(self._kept.pop(task, []))
            self._draw((kept if line.startswith(BAD) else "") + line + "\n")

    def close(self) -> None:
        """Take away what is drawn; the terminal is as it was."""
        self._over.set()
        with self._turn:
            self._at_work.clear()
            self._draw()

    def _draw(self, above: str = "") -> None:
        """Put lines above those of the tasks, and draw these anew."""
        with self._turn:
            lines = render_lines(self._at_work, self.clock(), self.size()) if self._at_work else []
            gone = UP.format(self._drawn) + CLEAR if self._drawn else ""
            below = "".join(f"{line}\n" for line in lines)
            self._drawn = len(lines)
            self.write(gone + above + (UNWRAPPED + below + WRAPPED if below else WRAPPED if gone else ""))

    def _keep_time(self) -> None:
        while not self._over.wait(EVERY):
            with self._turn:
                if self._at_work:
                    self._draw()
