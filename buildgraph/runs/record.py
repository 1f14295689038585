"""A run as a value: every task with its result, why it came to that, when it ran, and what is known of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from buildgraph.image.progress import BuildStep


class Outcome(StrEnum):
    """What became of a task.

    RUNNING      it has begun; a run that has ended knows none of these
    DONE         it did its work
    FRESH        there was nothing to do
    FAILED       it began and failed, or could not be asked whether there is anything to do
    NOT_RUN      something that it needs failed
    IGNORED      doit was told to leave it alone
    INTERRUPTED  it had begun when the run was interrupted
    """

    RUNNING = "running"
    DONE = "done"
    FRESH = "fresh"
    FAILED = "failed"
    NOT_RUN = "not run"
    IGNORED = "ignored"
    INTERRUPTED = "interrupted"


class TaskRecord(NamedTuple):
    """One task of a run.

    `began` is in seconds since the run began; it and `seconds` are None for a task that never began. `lane` counts
    the workers from 0. `steps` are those of a build, by the same clock as `began`. `pushed` is in bytes.
    """

    name: str
    outcome: Outcome
    why: str = ""
    began: float | None = None
    seconds: float | None = None
    lane: int = 0
    steps: tuple[BuildStep, ...] = ()
    pushed: int | None = None


class Ground(NamedTuple):
    """What a run stands on: the environment, and the commit (None before the first) with edits or without."""

    environment: str
    commit: str | None = None
    is_edited: bool = False


class RunRecord(NamedTuple):
    """A run that is over; `at` is when it began, in seconds since 1970."""

    arguments: tuple[str, ...]
    ground: Ground
    at: float
    seconds: float
    exit_code: int
    tasks: tuple[TaskRecord, ...]

    def names(self, *outcomes: Outcome) -> list[str]:
        """The tasks that came to one of these, in the order in which they did."""
        return [task.name for task in self.tasks if task.outcome in outcomes]
