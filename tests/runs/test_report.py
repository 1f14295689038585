"""The report of a run: its JSON keeps to the schema that the documents name, and what is read back of it is checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from buildgraph.image.progress import BuildStep
from buildgraph.runs.record import Ground, Outcome, RunRecord, TaskRecord
from buildgraph.runs.report import parse_took, render_report

SCHEMA = json.loads((Path(__file__).parents[2] / "buildgraph/schemas/run.json").read_text())
STEPS = (
    BuildStep("[internal] load build definition", 0.1, 0.2),
    BuildStep("[1/2] COPY a b", 0.3, 0.3, is_cached=True),
    BuildStep("[2/2] RUN make", 0.3),
)
TASKS = (
    TaskRecord("build:api", Outcome.FRESH, "the engine holds it"),
    TaskRecord("build:web", Outcome.DONE, "the engine does not hold it", 0.25, 8.1234, 1, STEPS),
    TaskRecord("push:web", Outcome.DONE, "the registry lacks the image", 8.5, 2.0, pushed=1_000_000),
    TaskRecord("build:mail", Outcome.FAILED, "build:mail: the build failed", 0.0, 3.0),
    TaskRecord("deploy:mail", Outcome.NOT_RUN, "build:mail failed"),
)
RECORD = RunRecord(
    ("deploy", "env=staging"),
    Ground("staging", "c0ffee" * 6 + "c0de", is_edited=True),
    1.5,
    12.3456,
    1,
    TASKS,
)


def report_of(record: RunRecord, before: dict[str, dict[str, float]] | None = None) -> Any:
    told = json.loads(render_report(record, before or {}))
    jsonschema.validate(told, SCHEMA)
    return told


def test_a_report_says_what_became_of_each_task_and_why() -> None:
    told = report_of(RECORD)

    assert {key: value for key, value in told.items() if key not in ("tasks", "took", "saved_seconds")} == {
        "format": 1,
        "began": "1970-01-01T00:00:01.500Z",
        "seconds": 12.346,
        "arguments": ["deploy", "env=staging"],
        "environment": "staging",
        "commit": "c0ffee" * 6 + "c0de",
        "edited": True,
        "result": "failed",
        "exit_code": 1,
    }
    assert told["tasks"][:3] == [
        {"name": "build:api", "result": "fresh", "why": "the engine holds it"},
        {
            "name": "build:web",
            "result": "done",
            "why": "the engine does not hold it",
            "began": 0.25,
            "seconds": 8.123,
            "worker": 2,
            "steps": {"run": 1, "cached": 1},
        },
        {
            "name": "push:web",
            "result": "done",
            "why": "the registry lacks the image",
            "began": 8.5,
            "seconds": 2.0,
            "worker": 1,
            "pushed_bytes": 1_000_000,
        },
    ]
    assert told["tasks"][4] == {"name": "deploy:mail", "result": "not run", "why": "build:mail failed"}


@pytest.mark.parametrize(("code", "result"), [(0, "done"), (3, "failed"), (130, "interrupted")])
def test_the_result_follows_from_the_exit_code(code: int, result: str) -> None:
    assert report_of(RECORD._replace(exit_code=code))["result"] == result


def test_a_run_before_the_first_commit_with_odd_arguments_is_told_too() -> None:
    odd = RECORD._replace(arguments=("build:\udcff",), ground=Ground("development"), tasks=())

    told = json.loads(render_report(odd, {}).encode("utf-8", "backslashreplace"))

    assert (told["commit"], told["arguments"], told["tasks"]) == (None, ["build:\udcff"], [])


def test_how_long_tasks_take_is_carried_on_until_they_are_done_again() -> None:
    """What failed or was fresh says nothing of how long it takes."""
    before = {
        "staging": {"build:web": 1.0, "build:api": 4.0, "build:mail": 5.0},
        "production": {"push:web": 7.0},
    }

    told = report_of(RECORD, before)

    assert told["took"] == {
        "staging": {"build:web": 8.123, "build:api": 4.0, "build:mail": 5.0, "push:web": 2.0},
        "production": {"push:web": 7.0},
    }
    assert told["saved_seconds"] == 4.0, "build:api was fresh"
    assert parse_took(json.dumps(told)) == told["took"]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "[" * 100_000, '{"format": 2, "took": {"a": {"b": 1}}}', '{"format": 1, "took": [1]}'],
    ids=["nothing", "half of it", "a list", "a deep list", "another format", "a list of durations"],
)
def test_what_is_no_report_tells_nothing(text: str) -> None:
    assert parse_took(text) == {}


def test_a_duration_that_is_none_is_left_out() -> None:
    took = '{"format": 1, "took": {"a": {"b": "long", "c": -1, "d": true, "e": 2}, "f": 3}}'

    assert parse_took(took) == {"a": {"e": 2.0}}
