"""A run's report: the JSON that docs/RUNS.md describes, written and read back."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from buildgraph.runs.record import Outcome, RunRecord, TaskRecord

FORMAT = 1
RESULTS = {0: "done", 130: "interrupted"}  # by exit code; all others failed

# Seconds that each task took when it was last done, by environment and name.
Took = Mapping[str, Mapping[str, float]]


def render_report(record: RunRecord, before: Took) -> str:
    """The report of a run; `before` is what earlier runs knew of how long tasks take."""
    ground = record.ground
    told = {
        "format": FORMAT,
        "began": moment(record.at),
        "seconds": round(record.seconds, 3),
        "arguments": record.arguments,
        "environment": ground.environment,
        "commit": ground.commit,
        "edited": ground.is_edited,
        "result": RESULTS.get(record.exit_code, "failed"),
        "exit_code": record.exit_code,
        "tasks": [_task(task) for task in record.tasks],
        "saved_seconds": round(sum(saved_by(record, before).values()), 3),
        "took": took_by(record, before),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def saved_by(record: RunRecord, before: Took) -> dict[str, float]:
    """What each task that was fresh took when it was last done, in seconds; without those of which nothing is known.

    It is work, not time on a clock: some of it would have been done side by side.
    """
    took = before.get(record.ground.environment, {})
    return {name: took[name] for name in record.names(Outcome.FRESH) if name in took}


def took_by(record: RunRecord, before: Took) -> dict[str, dict[str, float]]:
    """What is known after a run of how long each task takes."""
    here = {
        task.name: round(task.seconds, 3)
        for task in record.tasks
        if task.outcome is Outcome.DONE and task.seconds is not None
    }
    name = record.ground.environment
    known = {environment: dict(took) for environment, took in before.items()}
    return known | {name: known.get(name, {}) | here}


def parse_took(text: str | bytes) -> Took:
    """What a report tells of how long tasks took; nothing of what is no report of this format."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        return {}
    took = told.get("took")
    environments = took.items() if isinstance(took, dict) else ()
    return {str(name): _seconds(known) for name, known in environments if isinstance(known, dict)}


def _seconds(known: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(took) for name, took in known.items() if type(took) in (int, float) and took >= 0}


def _task(task: TaskRecord) -> dict[str, Any]:
    told: dict[str, Any] = {"name": task.name, "result": task.outcome, "why": task.why}
    if task.began is not None and task.seconds is not None:
        told |= {"began": round(task.began, 3), "seconds": round(task.seconds, 3), "worker": task.lane + 1}
    if task.steps:
        own = [step for step in task.steps if step.is_own]
        cached = sum(step.is_cached for step in own)
        told["steps"] = {"run": len(own) - cached, "cached": cached}
    if task.pushed is not None:
        told["pushed_bytes"] = task.pushed
    return told


def moment(at: float) -> str:
    """A moment as RFC 3339 has it, in UTC."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at))}.{int(at * 1000) % 1000:03}Z"
