"""A run as a Chrome trace: tasks as spans in one lane per worker, and the steps of builds in lanes below it.

The form is Google's "Trace Event Format"; chrome://tracing, https://ui.perfetto.dev and speedscope show it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from buildgraph.image.progress import BuildStep
from buildgraph.runs.record import Outcome, RunRecord, TaskRecord
from buildgraph.runs.report import moment

LANES = 1000  # numbers of lanes that a worker has: its own, and those of steps
PROCESS = 1
# What the viewers colour by; they know these names.
COLOURS = {Outcome.FAILED: "terrible", Outcome.INTERRUPTED: "bad", Outcome.DONE: "good"}
Event = dict[str, Any]


def render_trace(record: RunRecord) -> str:
    """The trace of a run, as JSON; times are microseconds since the run began."""
    begun = [task for task in record.tasks if task.began is not None]
    events = [*_named_process(record), *(event for task in begun for event in _task(task))]
    steps = [step for lane in sorted({task.lane for task in begun}) for step in _steps_of(lane, begun)]
    told = {
        "traceEvents": [*events, *_named_lanes([*events, *steps]), *steps],
        "displayTimeUnit": "ms",
        "otherData": {
            "began": moment(record.at),
            "environment": record.ground.environment,
            "commit": record.ground.commit,
            "fresh": record.names(Outcome.FRESH),
            "not run": record.names(Outcome.NOT_RUN),
        },
    }
    return json.dumps(told, separators=(",", ":")) + "\n"


def _task(task: TaskRecord) -> Iterator[Event]:
    told: Event = {"result": task.outcome, "why": task.why}
    if task.pushed is not None:
        told["pushed bytes"] = task.pushed
    event = _span(task.name, "task", (task.began or 0.0, task.seconds or 0.0), task.lane * LANES)
    yield event | {"args": told} | ({"cname": COLOURS[task.outcome]} if task.outcome in COLOURS else {})


def _steps_of(worker: int, tasks: Iterable[TaskRecord]) -> Iterator[Event]:
    """The steps of one worker's builds; those that ran beside one another stand in lanes of their own."""
    ends: list[float] = []
    for task in tasks:
        for step in task.steps if task.lane == worker else ():
            end = _end(step, task)
            lane = next((lane for lane, free in enumerate(ends) if free <= step.began), len(ends))
            ends[lane : lane + 1] = [end]
            event = _span(step.name, "step", (step.began, end - step.began), worker * LANES + 1 + lane)
            yield event | {"args": {"task": task.name, "cached": step.is_cached}}


def _end(step: BuildStep, task: TaskRecord) -> float:
    """When a step ended; one whose end nobody told ended with its task."""
    ended = (task.began or 0.0) + (task.seconds or 0.0) if step.ended is None else step.ended
    return max(ended, step.began)


def _span(name: str, category: str, when: tuple[float, float], lane: int) -> Event:
    began, seconds = when
    ts, dur = max(round(began * 1e6), 0), round(seconds * 1e6)
    return {"name": name, "cat": category, "ph": "X", "ts": ts, "dur": dur, "pid": PROCESS, "tid": lane}


def _named_process(record: RunRecord) -> Iterator[Event]:
    name = " ".join(("buildgraph", *record.arguments))
    yield {"name": "process_name", "ph": "M", "pid": PROCESS, "args": {"name": name}}


def _named_lanes(events: Iterable[Event]) -> Iterator[Event]:
    for lane in sorted({event["tid"] for event in events if "tid" in event}):
        worker, step = divmod(lane, LANES)
        name = f"worker {worker + 1}" + (f": steps {step}" if step else "")
        at = {"ph": "M", "pid": PROCESS, "tid": lane}
        yield {"name": "thread_name", **at, "args": {"name": name}}
        yield {"name": "thread_sort_index", **at, "args": {"sort_index": lane}}
