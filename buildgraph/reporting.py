"""What happens in a run, told line by line and in one line at its end; it knows nothing of who runs the tasks."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from buildgraph.checks.script import RESTORED
from buildgraph.console import is_on_actions, tell, tell_begun, tell_ended, write
from buildgraph.durations import seconds
from buildgraph.errors import DONE, FAILED, TOOL_FAILED, WRONG_USE, BuildgraphError, first_line
from buildgraph.runs.record import Ground, Outcome, RunRecord, TaskRecord
from buildgraph.runs.report import parse_took, render_report
from buildgraph.runs.shelf import keep_report, last_report
from buildgraph.runs.summary import render_end
from buildgraph.wholeness import write_named

if TYPE_CHECKING:
    from buildgraph.chain import Chain
    from buildgraph.image.progress import BuildStep
    from buildgraph.snapshot import Snapshot

    class Told(Protocol):
        """What is told of a task: its name, what comes first, and whether it does more than gather others."""

        name: str
        actions: Any
        task_dep: Sequence[str]


class Run:
    """A run while it goes on: its errors, and every task as far as it has come. Several threads tell it of theirs.

    A brief one tells of what is fresh in its last line alone.
    """

    def __init__(self, arguments: Sequence[str] = (), *, is_brief: bool = False) -> None:
        self.arguments = tuple(arguments)
        self.is_brief = is_brief
        self.started = time.monotonic()
        self.at = time.time()
        self.ground = Ground("")
        self.errors: dict[str, BuildgraphError] = {}
        self._chain: Chain | None = None
        self.reports = False
        self._tasks: dict[str, TaskRecord] = {}
        self._reasons: dict[str, str] = {}
        self._lanes: dict[int, int] = {}
        self._turn = threading.Lock()

    def stand_on(self, chain: Chain) -> None:
        """The run is about this chain."""
        self._chain = chain
        self.stand_on_tree(chain.picture.snapshot, chain.environment.name)

    def stand_on_tree(self, snapshot: Snapshot, environment: str = "") -> None:
        """The run is about packages, which no environment has, or about what this one has of the same tree."""
        self.ground = Ground(environment or self.ground.environment, snapshot.commit, snapshot.dirty)

    # What becomes of tasks ---------------------------------------------------------------------------------

    def give_reason(self, name: str, why: str) -> None:
        """Why a task has nothing to do, or something."""
        self._reasons[name] = why

    def begin(self, name: str) -> None:
        """A task begins, in the thread that tells it."""
        with self._turn:
            lane = self._lanes.setdefault(threading.get_ident(), len(self._lanes))
            why = self._reasons.get(name, "")
            self._tasks[name] = TaskRecord(name, Outcome.RUNNING, why, self._now(), lane=lane)

    def end(self, name: str) -> None:
        """A task has ended; what came of it is told afterwards."""
        begun = self._tasks[name]
        self._change(name, seconds=self._now() - (begun.began or 0.0))

    def settle(self, name: str, outcome: Outcome, why: str = "") -> TaskRecord:
        """What became of a task; returns all that is known of it."""
        known = self._tasks.get(name) or TaskRecord(name, outcome, self._reasons.get(name, ""))
        self._tasks.pop(name, None)  # tasks stand in the order in which they came to something
        self._tasks[name] = known
        return self._change(name, outcome=outcome, why=why or known.why)

    def hear_steps(self, task: str, steps: tuple[BuildStep, ...]) -> None:
        """The steps of a build."""
        self._change(task, steps=tuple(_since(self.started, step) for step in steps))

    def hear_pushed(self, task: str, size: int) -> None:
        """How many bytes a push has moved."""
        self._change(task, pushed=size)

    def broken(self, names: Sequence[str]) -> list[str]:
        """Those of some tasks that failed, or were not run because of others."""
        bad = (Outcome.FAILED, Outcome.NOT_RUN)
        return [name for name in names if name in self._tasks and self._tasks[name].outcome in bad]

    def _change(self, name: str, **known: Any) -> TaskRecord:
        with self._turn:
            self._tasks[name] = self._tasks[name]._replace(**known)
            return self._tasks[name]

    def _now(self) -> float:
        return time.monotonic() - self.started

    # Its end -----------------------------------------------------------------------------------------------

    def exit_code(self, code: int) -> int:
        """Our code for this run: that of the first error met, or doit's word on wrong use."""
        if self.errors:
            return next(iter(self.errors.values())).exit_code
        return {0: DONE, 1: FAILED, 2: FAILED, 3: WRONG_USE}.get(code, code)

    def record(self, exit_code: int) -> RunRecord:
        """The run as it ends now: what is still running was interrupted."""
        now = self._now()
        with self._turn:
            tasks = tuple(_ended(task, now) for task in self._tasks.values())
        return RunRecord(self.arguments, self.ground, self.at, now, exit_code, tasks)

    def conclude(self, exit_code: int, cache: Path, trace: Path | None = None) -> int:
        """Tell the last line of a run that has begun, and keep its report and trace; returns the exit code."""
        if not self.reports:
            return exit_code
        record = self.record(exit_code)
        took = parse_took(last_report(cache))
        tell(render_end(record, took))
        try:
            keep_report(cache, self.at, render_report(record, took))
        except OSError as error:
            tell(f"the report of this run cannot be written: {error.strerror}")
        if is_on_actions(os.environ):
            self._tell_actions(record)
        return exit_code if trace is None else _traced(record, trace)

    def _tell_actions(self, record: RunRecord) -> None:
        """Annotations of what failed, and the job's summary, where this is a job of GitHub Actions."""
        from buildgraph.runs.actions import SUMMARY, Annotator, Spot, render_summary

        annotator = Annotator(os.environ, Path.cwd())
        for name, error in self.errors.items():
            write("".join(annotator.annotations(error, name, Spot(self._file_of(name)))))
        file = os.environ.get(SUMMARY)
        if file:
            try:
                with Path(file).open("a", encoding="utf-8", errors="backslashreplace") as summary:
                    summary.write(render_summary(record))
            except OSError as problem:
                tell(f"the job's summary cannot be written: {problem.strerror}")

    def _file_of(self, name: str) -> str:
        """The file that whoever mends a failed build looks into first: its Dockerfile."""
        phase, _, service = name.partition(":")
        return self._chain.picture.service(service).dockerfile if phase == "build" and self._chain else ""


def _traced(record: RunRecord, file: Path) -> int:
    """Write a run's trace; its exit code, which is another when all but this was done."""
    from buildgraph.runs.trace import render_trace

    try:
        write_named(file, render_trace(record).encode())
    except OSError as error:
        tell(f"error: {file.name} cannot be written: {error.strerror}")
        return record.exit_code or TOOL_FAILED
    return record.exit_code


def _since(start: float, step: BuildStep) -> BuildStep:
    """A step by a clock that began at `start`."""
    ended = None if step.ended is None else step.ended - start
    return step._replace(began=step.began - start, ended=ended)


def _ended(task: TaskRecord, now: float) -> TaskRecord:
    if task.outcome is not Outcome.RUNNING:
        return task
    return task._replace(outcome=Outcome.INTERRUPTED, seconds=now - (task.began or 0.0))


def tell_fresh(run: Run, name: str) -> None:
    """A task had nothing to do."""
    line = fresh_line(run, name)
    if not run.is_brief or not line.endswith(f"  {Outcome.FRESH.value}"):
        tell_ended(name, line)


def fresh_line(run: Run, name: str) -> str:
    """What is told of a task that had nothing to do."""
    known = run.settle(name, Outcome.FRESH)
    return f"-- {name}  {known.why if known.why.startswith(RESTORED) else 'fresh'}"


class Reporter:
    """Tells each task's fate in one line, on standard error; doit calls its methods by name."""

    desc = "one line per task"

    def __init__(self, run: Run) -> None:
        self.run = run
        self._failed: dict[str, str] = {}  # what failures said -> the first task that failed so

    def initialize(self, tasks: Mapping[str, Told], selected: Sequence[str]) -> None:
        """A run begins: it shall have a summary."""
        self.run.reports = True

    def execute_task(self, task: Told) -> None:
        """A task begins; groups have nothing to execute."""
        if task.actions:
            self.run.begin(task.name)
            tell_begun(task.name)

    def add_failure(self, task: Told, fail: Any) -> None:
        """A task failed, or was not run because one that it needs failed."""
        broken = self.run.broken(task.task_dep)
        if broken and task.actions:
            held = self.run.settle(task.name, Outcome.NOT_RUN, f"{' and '.join(broken)} failed")
            tell_ended(task.name, f"!! {task.name}  not run: {held.why}")
        elif task.actions:
            said = fail.get_msg()
            self.run.settle(task.name, Outcome.FAILED, first_line(said))
            first = self._failed.setdefault(said, task.name)
            told = f"failed\n{said}" if first == task.name else f"failed as {first} did"
            tell_ended(task.name, f"!! {task.name}  {told}")

    def add_success(self, task: Told) -> None:
        """A task did its work."""
        if task.actions:
            done = self.run.settle(task.name, Outcome.DONE)
            tell_ended(task.name, f"ok {task.name}  {seconds(done.seconds or 0.0)}")

    def skip_uptodate(self, task: Told) -> None:
        """A task had nothing to do."""
        tell_fresh(self.run, task.name)

    def skip_ignore(self, task: Told) -> None:
        """A task that the user told doit to ignore."""
        self.run.settle(task.name, Outcome.IGNORED)
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
