"""A run as a Chrome trace: what is where, and nothing in a lane overlaps."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from buildgraph.image.progress import BuildStep
from buildgraph.runs.record import Ground, Outcome, RunRecord, TaskRecord
from buildgraph.runs.trace import render_trace

STEPS = (
    BuildStep("[a 1/2] COPY a", 1.0, 1.0, is_cached=True),
    BuildStep("[a 2/2] RUN make", 1.0, 3.0),
    BuildStep("[b 1/1] RUN other", 1.5, 4.0),
    BuildStep("exporting", 4.0),
)
TASKS = (
    TaskRecord("build:api", Outcome.FRESH, "the engine holds it"),
    TaskRecord("build:web", Outcome.DONE, "stale", 0.5, 5.0, 0, STEPS),
    TaskRecord(
        "build:mail", Outcome.FAILED, "it failed", 0.75, 1.0, 1, (BuildStep("[1/1] RUN x", 0.8, 1.0),)
    ),
    TaskRecord("push:web", Outcome.DONE, "lacking", 5.5, 1.0, 1, pushed=12),
)
RECORD = RunRecord(("build", "push:web"), Ground("staging", "c0ffee"), 1.5, 7.0, 1, TASKS)


def events(kind: str) -> list[dict[str, Any]]:
    return [event for event in json.loads(render_trace(RECORD))["traceEvents"] if event["ph"] == kind]


def test_a_task_is_a_span_in_its_worker_s_lane() -> None:
    tasks = [event for event in events("X") if event["cat"] == "task"]

    assert tasks == [
        {
            "name": "build:web",
            "cat": "task",
            "ph": "X",
            "ts": 500_000,
            "dur": 5_000_000,
            "pid": 1,
            "tid": 0,
            "args": {"result": "done", "why": "stale"},
            "cname": "good",
        },
        {
            "name": "build:mail",
            "cat": "task",
            "ph": "X",
            "ts": 750_000,
            "dur": 1_000_000,
            "pid": 1,
            "tid": 1000,
            "args": {"result": "failed", "why": "it failed"},
            "cname": "terrible",
        },
        {
            "name": "push:web",
            "cat": "task",
            "ph": "X",
            "ts": 5_500_000,
            "dur": 1_000_000,
            "pid": 1,
            "tid": 1000,
            "args": {"result": "done", "why": "lacking", "pushed bytes": 12},
            "cname": "good",
        },
    ]


def test_steps_that_ran_beside_one_another_have_lanes_of_their_own() -> None:
    steps = {event["name"]: event for event in events("X") if event["cat"] == "step"}

    assert {name: (step["tid"], step["args"]["cached"]) for name, step in steps.items()} == {
        "[a 1/2] COPY a": (1, True),
        "[a 2/2] RUN make": (1, False),
        "[b 1/1] RUN other": (2, False),
        "exporting": (1, False),
        "[1/1] RUN x": (1001, False),
    }
    for lane in {step["tid"] for step in steps.values()}:
        spans = [(step["ts"], step["ts"] + step["dur"]) for step in steps.values() if step["tid"] == lane]
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_a_step_whose_end_nobody_told_ends_with_its_task() -> None:
    [step] = [event for event in events("X") if event["name"] == "exporting"]

    assert (step["ts"], step["dur"]) == (4_000_000, 1_500_000)


def test_lanes_and_the_run_have_names_and_what_never_began_is_told() -> None:
    named = {event["tid"]: event["args"]["name"] for event in events("M") if event["name"] == "thread_name"}
    [run] = [event["args"]["name"] for event in events("M") if event["name"] == "process_name"]

    assert named == {
        0: "worker 1",
        1: "worker 1: steps 1",
        2: "worker 1: steps 2",
        1000: "worker 2",
        1001: "worker 2: steps 1",
    }
    assert run == "buildgraph build push:web"
    assert json.loads(render_trace(RECORD))["otherData"] == {
        "began": "1970-01-01T00:00:01.500Z",
        "environment": "staging",
        "commit": "c0ffee",
        "fresh": ["build:api"],
        "not run": [],
    }
