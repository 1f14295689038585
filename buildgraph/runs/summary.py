"""The last line of a run: what was done, what was found, what was not run and why, and the work that this saved."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.checks.script import RESTORED
from buildgraph.durations import seconds
from buildgraph.plan.held import IN_REGISTRY
from buildgraph.runs.record import Outcome, RunRecord, TaskRecord
from buildgraph.runs.report import Took, saved_by

NAMED = 8  # tasks of one kind that the line names; the lines above have told of each


def render_end(record: RunRecord, took: Took) -> str:
    """The line; `took` is what was known before this run of how long tasks take."""
    told = [
        _told("failed", record.names(Outcome.FAILED)),
        _told("interrupted", record.names(Outcome.INTERRUPTED)),
        _told(
            "not run",
            [f"{task.name}: {task.why}" for task in record.tasks if task.outcome is Outcome.NOT_RUN],
        ),
        _told("done", record.names(Outcome.DONE)),
        _told("ignored", record.names(Outcome.IGNORED)),
    ]
    nothing = "" if any(told) or record.exit_code else "nothing to do"
    words = [nothing, *told, _found(record, took)]
    return "; ".join(["== " + ("; ".join(filter(None, words)) or "no task"), seconds(record.seconds)])


def _told(word: str, names: list[str]) -> str:
    return f"{len(names)} {word} ({_listed(names)})" if names else ""


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join([*names[:NAMED], *([f"{more} more"] if more > 0 else ())])


def _found(record: RunRecord, took: Took) -> str:
    """What was fresh, how much of it was in the registry or restored, and the work that this saved, if it is known."""
    fresh = [task for task in record.tasks if task.outcome is Outcome.FRESH]
    if not fresh:
        return ""
    details = "; ".join(filter(None, (_elsewhere(fresh), _saved(record, took, len(fresh)))))
    return f"{len(fresh)} fresh" + (f" ({details})" if details else "")


def _elsewhere(fresh: Iterable[TaskRecord]) -> str:
    built = [task for task in fresh if task.name.startswith("build:") and task.why == IN_REGISTRY]
    restored = [task for task in fresh if task.why.startswith(RESTORED)]
    told = (built, "found in the registry"), (restored, RESTORED)
    return "; ".join(f"{len(tasks)} {how}" for tasks, how in told if tasks)


def _saved(record: RunRecord, took: Took, fresh: int) -> str:
    known = saved_by(record, took)
    least = "at least " if len(known) < fresh else ""
    return f"{least}{seconds(sum(known.values()))} of work saved" if known else ""
