"""Saved plans as values: written and read back equal, and every way in which the world moves on is told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.deploy import HEALTHY, Running
from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Environment, Service
from buildgraph.place.model import Reason, Scene, Target
from buildgraph.refusals import is_ancestor, refuse_older, removed_by
from buildgraph.saved_plan import (
    PlannedService,
    SavedPlan,
    parse_plan,
    plan_services,
    read_plan,
    refuse_elsewhere,
    refuse_outdated,
    refuse_unshown,
    render_plan,
)
from tests.support.monorepo import Monorepo

API = PlannedService(
    "api", "shop", "image 1", "version 1", "sha256:1", running="version 0", running_commit="c0"
)
REMOVED = PlannedService("worker", "shop", "", "", running="version 2", running_commit="c2")
PLAN = SavedPlan(
    "acme", "production", ("deploy:shop",), "c1", "2026-11-24", "ada@desk", (API,), ({"phase": "deploy"},)
)


def test_a_plan_is_the_same_after_a_way_through_its_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.plan"
    file.write_text(render_plan(PLAN))

    assert read_plan(file) == PLAN


def test_a_plan_holds_while_nothing_moves_and_once_it_is_carried_out() -> None:
    refuse_outdated(PLAN, "shop", [API])
    refuse_outdated(PLAN, "shop", [replace(API, running="version 1", running_commit="c1")])
    unbuilt = replace(PLAN, services=(replace(API, image=""),))
    refuse_outdated(unbuilt, "shop", [API])
    refuse_elsewhere(PLAN, "acme", "production")


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (
            [replace(API, image_fingerprint="2", fingerprint="2")],
            "what the image of api is made of has changed",
        ),
        ([replace(API, fingerprint="2")], "the configuration of api has changed"),
        ([replace(API, image="sha256:2")], "the image of api is another one: sha256:2, not sha256:1"),
        (
            [replace(API, running="x", running_commit="c9")],
            r"another version of api runs than then \(from c9\)",
        ),
        ([replace(API, running="", running_commit="")], "another version of api runs than then"),
        ([API, replace(API, service="web")], "web is new since then"),
        ([], "api is in the manifests no more"),
        ([replace(API, image_fingerprint="", fingerprint="", image="")], "api is in the manifests no more"),
        ([API, REMOVED], "worker would be removed, of which the plan says nothing"),
    ],
    ids=[
        "its sources",
        "its configuration",
        "its image",
        "what runs",
        "nothing runs",
        "a service more",
        "gone",
        "gone, and runs yet",
        "a service that came since, from a newer commit",
    ],
)
def test_a_plan_that_the_world_has_left_behind_is_refused(now: list[PlannedService], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as refused:
        refuse_outdated(PLAN, "shop", now)

    assert "`buildgraph plan deploy:shop env=production --save FILE`" in str(refused.value)


def test_a_plan_that_removes_a_service_holds_until_that_one_is_another_or_comes_back() -> None:
    plan = replace(PLAN, services=(API, REMOVED))

    refuse_outdated(plan, "shop", [API, REMOVED])
    refuse_outdated(plan, "shop", [API])
    with pytest.raises(ConfigurationError, match="another version of worker runs"):
        refuse_outdated(plan, "shop", [API, replace(REMOVED, running="version 3")])
    with pytest.raises(ConfigurationError, match="worker is in the manifests again"):
        refuse_outdated(plan, "shop", [API, replace(API, service="worker")])


def test_a_deploy_that_no_step_of_a_plan_shows_is_refused() -> None:
    shown = {
        "phase": "deploy",
        "node": "deployment:production/api",
        "fingerprint": "1",
        "reason": "it is new",
    }
    built = {"phase": "build", "node": "deployment:production/web"}
    plan = replace(PLAN, steps=(shown, built))
    ended, idle = Reason("a container is exited"), Reason("the proxy does not run", replaces=False)

    refuse_unshown(plan, {"api": ended, "web": idle})
    with pytest.raises(ConfigurationError) as refused:
        refuse_unshown(plan, {"api": ended, "web": ended, "worker": ended})

    told = str(refused.value)
    assert "web would be deployed, which it does not show: a container is exited" in told
    assert "worker would be deployed" in told
    assert "api would" not in told
    assert "`buildgraph plan deploy:shop env=production --save FILE`; with `--secrets`" in told


def test_an_older_commit_removes_no_service_that_came_after_it(repo: Monorepo) -> None:
    older, newer = repo.commit("one"), repo.commit("two")
    scene = Scene(Environment("staging"), (Service("api", "shop", "dockerfile", "api"),))
    target = Target(scene.catalog[0], "image", "", "version 1", older)
    api = Running("api", "shop", HEALTHY, "version 1", commit=older)
    running = {
        "api": api,
        "worker": replace(api, name="worker", fingerprint="version 2", commit=newer),
        "mail": replace(api, name="mail", product="mail", commit=newer),
    }

    removed = removed_by(scene, running, "shop")

    assert removed == [running["worker"]]
    with pytest.raises(ConfigurationError, match="deploy:worker: would be removed; it runs from") as refused:
        refuse_older(repo.repository, running, [target], removed)
    assert "force=yes" in str(refused.value)
    refuse_older(repo.repository, running, [replace(target, commit=newer)], removed)
    [planned, _] = plan_services(running, "shop", [target], removed)
    assert planned == replace(REMOVED, running_commit=newer)


def test_a_plan_is_for_its_products_workspace_and_environment() -> None:
    with pytest.raises(ConfigurationError, match="says nothing of mail; it is for deploy:shop"):
        refuse_outdated(PLAN, "mail", [])
    for workspace, environment in (("acme", "staging"), ("other", "production")):
        with pytest.raises(ConfigurationError, match=f"is for production of acme, not for {environment}"):
            refuse_elsewhere(PLAN, workspace, environment)


@pytest.mark.parametrize(
    "table",
    [
        {"format": 2},
        {},
        [],
        None,
        {"format": 1, "services": []},
        {"format": 1, "services": [{"service": "api", "canary": 1}]},
        json.loads(render_plan(PLAN)) | {"new": 1},
        json.loads(render_plan(PLAN)) | {"steps": ["deploy"]},
        json.loads(render_plan(PLAN)) | {"steps": [{"phase": 1}]},
    ],
)
def test_what_is_no_plan_of_this_version_says_how_to_get_one(table: object) -> None:
    with pytest.raises(ConfigurationError, match=r"plan=x\.plan: is no saved plan: .+\n.+--save FILE"):
        parse_plan(table, "x.plan")


def test_an_older_commit_comes_before_a_newer_one_and_git_is_not_asked_what_it_does_not_know(
    repo: Monorepo,
) -> None:
    older = repo.commit("one")
    newer = repo.commit("two")
    repo.git("checkout", "-q", "-b", "side", older)
    beside = repo.commit("three")

    found = repo.repository

    assert is_ancestor(found, older, newer)
    assert [is_ancestor(found, *pair) for pair in ((newer, older), (newer, newer), (beside, newer))] == [
        False
    ] * 3
    assert not is_ancestor(found, older, "0" * 40)
    assert not is_ancestor(found, older, "")
    assert not is_ancestor(found, "--all", newer)
