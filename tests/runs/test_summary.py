"""The last line of a run."""

from __future__ import annotations

import pytest

from buildgraph.plan.held import IN_REGISTRY, ON_ENGINE
from buildgraph.runs.record import Ground, Outcome, RunRecord, TaskRecord
from buildgraph.runs.summary import render_end

FRESH = (
    TaskRecord("build:api", Outcome.FRESH, ON_ENGINE),
    TaskRecord("build:web", Outcome.FRESH, IN_REGISTRY),
    TaskRecord("push:web", Outcome.FRESH, IN_REGISTRY),
)


def end_of(*tasks: TaskRecord, code: int = 0, took: dict[str, float] | None = None) -> str:
    record = RunRecord(("build",), Ground("staging"), 0.0, 13.0, code, tasks)
    return render_end(record, {"staging": took or {}, "production": {"build:api": 1000.0}})


def test_it_says_what_failed_what_was_not_run_and_why_and_what_was_done() -> None:
    tasks = (
        TaskRecord("build:web", Outcome.FAILED, "it failed"),
        TaskRecord("deploy:shop", Outcome.NOT_RUN, "build:web failed"),
        TaskRecord("build:api", Outcome.DONE),
        TaskRecord("build:mail", Outcome.DONE),
    )

    assert end_of(*tasks, code=1) == (
        "== 1 failed (build:web); 1 not run (deploy:shop: build:web failed); 2 done (build:api, build:mail); 13 s"
    )


@pytest.mark.parametrize(
    ("took", "told"),
    [
        ({}, "== nothing to do; 3 fresh (1 found in the registry); 13 s"),
        (
            {"build:api": 40.0, "other": 7.0},
            "== nothing to do; 3 fresh (1 found in the registry; at least 40 s of work saved); 13 s",
        ),
        (
            {"build:api": 40.0, "build:web": 50.0, "push:web": 1.0},
            "== nothing to do; 3 fresh (1 found in the registry; 1 min 31 s of work saved); 13 s",
        ),
    ],
    ids=["nothing is known", "something is known", "all is known"],
)
def test_work_saved_is_what_the_fresh_took_when_they_were_last_done_and_never_a_guess(
    took: dict[str, float], told: str
) -> None:
    assert end_of(*FRESH, took=took) == told


def test_an_interrupted_run_says_what_was_not_finished() -> None:
    tasks = (FRESH[0], TaskRecord("build:mail", Outcome.INTERRUPTED))

    assert end_of(*tasks, code=130) == "== 1 interrupted (build:mail); 1 fresh; 13 s"


def test_a_run_without_tasks_says_so_and_one_of_many_does_not_name_all() -> None:
    assert end_of(code=1) == "== no task; 13 s"
    many = end_of(*(TaskRecord(f"build:{number}", Outcome.DONE) for number in range(10)))
    assert many.startswith("== 10 done (build:0, ") and many.endswith(", build:7, 2 more); 13 s")
