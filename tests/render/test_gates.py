"""Which job of the rendered pipeline runs when: the truth tables of its gates."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from buildgraph.render.workflows.gates import EMPTY
from tests.render.pipelines import committed, event, value
from tests.support.system import ROOT

SOME = '{"include":[{"service":"shop-api"}]}'
STATES = ("success", "failure", "cancelled", "skipped")


def runs(
    name: str,
    github: SimpleNamespace,
    results: Mapping[str, str],
    images: str = SOME,
    *,
    cancelled: bool = False,
) -> bool:
    """Whether a job of the pipeline runs after others have ended so.

    As on GitHub: an `if` that asks for no status is about jobs before which all have passed.
    """
    job = committed("pipeline")["jobs"][name]
    gate = job.get("if", "success()")
    before = {
        need: SimpleNamespace(result=results[need], outputs=SimpleNamespace(images=images))
        for need in job["needs"]
    }
    passed = all(state == "success" for state in results.values()) and not cancelled
    if not re.search(r"\b(success|always|failure|cancelled)\(", gate) and not passed:
        return False
    states = [found.result for found in before.values()]
    told = {"cancelled": lambda: cancelled, "success": lambda: passed}
    return value(gate, github=github, needs=before, results=states, **told)


PASSED = {"check": "success", "affected": "success"}


@pytest.mark.parametrize(
    ("github", "images", "expected"),
    [
        (event("pull_request", "refs/pull/7/merge"), SOME, (True, False)),
        (event("merge_group", "refs/heads/gh-readonly-queue/main/pr-7"), SOME, (True, False)),
        (event("push"), SOME, (False, True)),
        (event("push", "refs/tags/v1.2.3"), SOME, (False, True)),
        (event("pull_request", "refs/pull/7/merge"), EMPTY, (False, False)),
        (event("push"), EMPTY, (False, False)),
    ],
    ids=["a request", "a queue", "main", "a tag", "a request without images", "main without images"],
)
def test_images_of_requests_are_built_and_those_of_what_is_in_are_published(
    github: SimpleNamespace, images: str, expected: tuple[bool, bool]
) -> None:
    assert (runs("build", github, PASSED, images), runs("push", github, PASSED, images)) == expected


@pytest.mark.parametrize("failed", PASSED)
def test_no_image_is_built_or_published_after_a_failure(failed: str) -> None:
    results = PASSED | {failed: "failure"}
    assert not runs("build", event("pull_request"), results)
    assert not runs("push", event("push"), results)


def test_an_empty_matrix_is_what_the_tool_says_and_a_matrix_that_github_skips() -> None:
    """Pitfall 34: an empty matrix must not fail the workflow. That the tool says so is tests/commands' word."""
    assert json.loads(EMPTY) == {"include": []}
    text = (ROOT / "tests/commands/test_affected.py").read_text()
    assert f"out == '{EMPTY}\\n'" in text


@pytest.mark.parametrize("published", STATES)
@pytest.mark.parametrize("checked", STATES)
def test_staging_gets_what_is_in_unless_something_failed_also_when_no_image_is_affected(
    checked: str, published: str
) -> None:
    results = {"check": checked, "affected": "success", "push": published}
    expected = checked == "success" and published in ("success", "skipped")

    assert runs("deploy-staging", event("push"), results) == expected
    assert not runs("deploy-staging", event("push"), results, cancelled=True)
    assert not runs("deploy-staging", event("push", "refs/tags/v1"), results)
    assert not runs("deploy-staging", event("push", "refs/heads/other"), results)
    assert not runs("deploy-staging", event("pull_request", "refs/heads/main"), results)


@pytest.mark.parametrize("before", STATES)
def test_production_comes_after_staging_alone(before: str) -> None:
    results = {"deploy-staging": before, "push": "skipped"}
    assert runs("deploy-production", event("push"), results) == (before == "success")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("job", ["check", "affected", "build", "push"])
def test_the_required_job_always_ends_and_passes_unless_something_failed_or_was_cancelled(
    job: str, state: str
) -> None:
    """Pitfall 34, too: what is required never hangs, and what was skipped is no failure."""
    required = committed("pipeline")["jobs"]["required"]
    results = dict.fromkeys(required["needs"], "success") | {job: state}

    assert runs("required", event("pull_request"), results)
    (step,) = required["steps"]
    assert value(step["if"], results=[*results.values()]) == (state in ("failure", "cancelled"))


def test_no_filter_of_paths_keeps_a_workflow_from_reporting() -> None:
    for told in committed("pipeline")["on"].values():
        assert not {"paths", "paths-ignore"} & told.keys()


def test_a_way_back_is_offered_for_every_product_and_goes_where_it_was_asked_for() -> None:
    rollback = committed("rollback")
    options = rollback["on"]["workflow_dispatch"]["inputs"]["environment"]["options"]

    assert options == ["staging", "production"] == [*rollback["jobs"]]
    for asked in options:
        inputs = SimpleNamespace(environment=asked)
        assert [name for name, job in rollback["jobs"].items() if value(job["if"], inputs=inputs)] == [asked]
        assert rollback["jobs"][asked]["environment"] == asked
    offered = rollback["on"]["workflow_dispatch"]["inputs"]["product"]["options"]
    assert {path.stem for path in (ROOT / "manifests/products").glob("*.toml")} == set(offered)
