"""What happened in a run, told line by line and in one line at its end; it knows nothing of who runs the tasks."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from buildgraph.console import seconds, tell
from buildgraph.errors import DONE, FAILED, WRONG_USE, BuildgraphError


class Told(Protocol):
    """What is told of a task: its name, and whether it has anything to do but to gather others."""

    name: str
    actions: Any


class Run:
    """What happened in this run: errors and what each task did, for the summary and the exit code."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.errors: list[BuildgraphError] = []
        self.done: list[str] = []
        self.fresh: list[str] = []
        self.failed: list[str] = []
        self.held_back: list[str] = []
        self.reports = False

    def tell_fresh(self, name: str) -> None:
        """A task had nothing to do."""
        self.fresh.append(name)
        tell(f"-- {name}  fresh")

    def exit_code(self, code: int) -> int:
        """Our code for this run: that of the first error met, or doit's word on wrong use."""
        if self.errors:
            return self.errors[0].exit_code
        return {0: DONE, 1: FAILED, 2: FAILED, 3: WRONG_USE}.get(code, code)

    def summarize(self) -> None:
        """Print the run's last line: what was done, what was fresh, what failed, and how long it took."""
        if not self.reports:
            return
        told = [
            _count("failed", self.failed),
            _count("not run", self.held_back),
            _count("done", self.done),
            _count("fresh", self.fresh, named=False),
        ]
        words = "; ".join(word for word in told if word)
        nothing = "nothing to do; " if not (self.done or self.failed or self.held_back) else ""
        tell(f"== {nothing}{words or 'no task'}; {seconds(time.monotonic() - self.started)}")


def _count(word: str, names: Sequence[str], *, named: bool = True) -> str:
    if not names:
        return ""
    return f"{len(names)} {word} ({', '.join(names)})" if named else f"{len(names)} {word}"


class Reporter:
    """Tells each task's fate in one line, on standard error; doit calls its methods by name."""

    desc = "one line per task"

    def __init__(self, run: Run) -> None:
        self.run = run
        self.begun: dict[str, float] = {}

    def initialize(self, tasks: Mapping[str, Told], selected: Sequence[str]) -> None:
        """A run begins: it shall have a summary."""
        self.run.reports = True

    def execute_task(self, task: Told) -> None:
        """A task begins; groups have nothing to execute."""
        if task.actions:
            self.begun[task.name] = time.monotonic()
            tell(f".  {task.name}")

    def add_failure(self, task: Told, fail: Any) -> None:
        """A task failed, or was not run because one that it needs failed."""
        if task.name in self.begun:
            self.run.failed.append(task.name)
            tell(f"!! {task.name}  failed\n{fail.get_msg()}")
        elif task.actions:
            self.run.held_back.append(task.name)
            tell(f"!! {task.name}  not run: something it needs failed")

    def add_success(self, task: Told) -> None:
        """A task did its work."""
        if task.actions:
            self.run.done.append(task.name)
            tell(f"ok {task.name}  {seconds(time.monotonic() - self.begun[task.name])}")

    def skip_uptodate(self, task: Told) -> None:
        """A task had nothing to do."""
        self.run.tell_fresh(task.name)

    def skip_ignore(self, task: Told) -> None:
        """A task that the user told doit to ignore."""
        tell(f"-- {task.name}  ignored")

    def cleanup_error(self, exception: Any) -> None:
        """doit could not clean up after a task."""
        tell(exception.get_msg())

    def runtime_error(self, message: str) -> None:
        """doit itself met an error."""
        tell(message)

    def get_status(self, task: Told) -> None:
        """A task is about to be asked whether it is fresh: nothing to tell."""

    def teardown_task(self, task: Told) -> None:
        """A task is torn down: nothing to tell."""

    def complete_run(self) -> None:
        """The run is over: the summary is told by who started it."""
