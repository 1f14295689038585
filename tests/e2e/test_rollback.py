"""Releases and going back through the front door: what ran before runs again, and nothing is ever lost on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.hamlet import Hamlet, refused
from tests.support.system import docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """A repository with environments of its own on the engine."""
    made = Hamlet(tmp_path_factory.mktemp("rollback") / "hamlet", ("development", "staging"))
    yield made
    made.raze()


@pytest.fixture
def shop(hamlet: Hamlet) -> Iterator[Hamlet]:
    """The shop in its first version, released in development; edits are taken back at the end."""
    with hamlet.taken_back():
        hamlet.must("deploy:shop")
        yield hamlet


def releases(shop: Hamlet, environment: str = "development") -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = shop.told("releases", "shop", f"env={environment}")["releases"]
    return told


def number(release: dict[str, Any]) -> int:
    return int(release["name"].removeprefix("shop-"))


def second_version(shop: Hamlet) -> str:
    """Deploy a second version of the api; its commit."""
    shop.says("api", "api 2")
    commit = shop.commit("two")
    shop.must("deploy:shop")
    return commit


def live_containers(shop: Hamlet) -> list[str]:
    """The ids of the containers of the colour that answers."""
    live = next(row["colour"] for row in shop.told("status")["services"] if row["service"] == "api")
    labels = ("buildgraph.environment=development", "buildgraph.service=api", f"buildgraph.colour={live}")
    filters = [
        word
        for label in (f"buildgraph.workspace={shop.name}", *labels)
        for word in ("--filter", f"label={label}")
    ]
    return docker("ps", "--format", "{{.ID}}", *filters).split()


def test_a_deploy_makes_a_release_and_one_with_nothing_to_do_makes_none(shop: Hamlet) -> None:
    before = releases(shop)
    shop.must("deploy:shop")
    assert releases(shop) == before
    second = second_version(shop)

    told = releases(shop)[-1]

    assert number(told) == number(before[-1]) + 1
    assert (told["commit"], told["kind"], told["running"]) == (second, "deploy", True)
    assert [r["running"] for r in releases(shop)].count(True) == 1
    assert [found["service"] for found in told["services"]] == ["api", "web"]
    prints = shop.fingerprints()
    assert told["services"][0]["fingerprint"] == prints["deployment:development/api"]
    assert told["services"][0]["image_fingerprint"] == prints["image:api"]
    assert f"{told['name']}  yes" in shop.must("releases").out


def test_a_rollback_returns_to_the_release_before_and_a_second_one_to_what_it_left(shop: Hamlet) -> None:
    """Pitfall 54: a rollback of a rollback."""
    one = releases(shop)[-1]
    second_version(shop)
    before = shop.containers()

    shop.must("rollback:shop", "reason=the prices are wrong")

    assert shop.fetch("api") == "api 1"
    assert shop.containers()["web"] == before["web"], "what is the same in both stays"
    last = releases(shop)[-1]
    assert (number(last), last["kind"], last["origin"]) == (number(one) + 2, "rollback", one["name"])
    assert last["services"] == one["services"]
    events = shop.told("releases", "shop", "--events")["events"]
    assert [(e["kind"], e["detail"]) for e in events][-1] == ("rollback-finished", "the prices are wrong")

    shop.must("rollback:shop")

    assert shop.fetch("api") == "api 2"
    assert shop.must("deploy:shop").err.count("-- ") == 3, "the working tree runs again: nothing to do"


def test_inside_the_window_a_rollback_goes_to_the_containers_that_were_kept(shop: Hamlet) -> None:
    shop.settings(strategy="blue-green", rollback_window=600, canary={"steps": [100], "hold": 0})
    shop.must("deploy:shop")
    before = shop.containers()["api"]
    second_version(shop)
    told = {row["service"]: row for row in shop.told("status")["services"]}
    assert {told["api"]["colour"], told["api"]["kept"]} == {"blue", "green"}
    assert 0 < told["api"]["kept_for"] <= 600
    assert f"({told['api']['kept']} is kept for " in shop.must("status").out

    ran = shop.must("rollback:shop")

    assert (shop.fetch("api"), "api: started" in ran.err) == ("api 1", False), ran.err
    assert before in live_containers(shop)


def test_after_a_rollback_the_working_tree_can_be_deployed_again(shop: Hamlet) -> None:
    second_version(shop)
    shop.must("rollback:shop")
    assert "no" in shop.must("status").out

    shop.must("deploy:shop")

    assert shop.fetch("api") == "api 2"
    assert [r["kind"] for r in releases(shop)][-3:] == ["deploy", "rollback", "deploy"]


def test_a_release_is_named_and_an_unknown_one_changes_nothing(shop: Hamlet) -> None:
    one = releases(shop)[-1]
    second_version(shop)
    shop.says("api", "api 3")
    shop.must("deploy:shop")
    before = shop.containers()

    refused(shop.run("rollback:shop", "to=shop-9999"), "there is no release 'shop-9999'", "did you mean")
    assert shop.containers() == before

    shop.must("rollback:shop", f"to={number(one)}")
    assert shop.fetch("api") == "api 1"


def test_without_a_release_before_there_is_nothing_to_go_back_to(shop: Hamlet) -> None:
    shop.must("deploy:mail")
    before = shop.containers()

    refused(shop.run("rollback:mail"), "mail has no release to go back to", "buildgraph releases")

    assert shop.containers() == before


def test_an_image_that_is_gone_is_told_before_anything_changes(shop: Hamlet) -> None:
    """Pitfall 54: the image of the rollback's target was pruned."""
    known = shop.images("api")
    shop.says("api", "short-lived")
    commit = shop.commit()
    shop.must("deploy:shop")
    name = releases(shop)[-1]["name"]
    short_lived = set(shop.images("api")) - set(known)
    second_version(shop)
    docker("rmi", "-f", *short_lived)
    before = shop.containers()

    ran = shop.run("rollback:shop", f"to={name}")

    refused(ran, f"release {name}: the image of api is gone", f"git checkout {commit}", "deploy:shop")
    assert shop.containers() == before


def test_the_same_image_under_another_tag_and_commit_restarts_nothing(shop: Hamlet) -> None:
    """Pitfall 56: what runs is compared by its content; a name that was given to it says nothing."""
    before = shop.containers()
    docker("tag", shop.images("api")[0], f"{shop.name}/api:another")
    shop.write("README.md", "no image holds this\n")
    shop.commit("nothing of an image")

    ran = shop.must("deploy:shop")

    assert ran.err.count("-- ") == 3, ran.err
    assert shop.containers() == before
    image = docker("inspect", "--format", "{{.Config.Image}}", before["api"]).strip()
    assert image.startswith("sha256:")

    docker("rmi", "-f", *docker("inspect", "--format", '{{join .RepoTags " "}}', image).split())
    assert "ok build:api" in shop.must("deploy:shop").err
    assert image not in docker("images", "--no-trunc", "--quiet", f"{shop.name}/api").split(), "another build"
    shop.says("web", "web 2")
    ran = shop.must("deploy:shop")
    assert "api: the image that runs stays" in ran.err
    assert shop.containers()["api"] == before["api"]
    assert releases(shop)[-1]["services"][0]["image"] == image


def test_a_release_marked_breaking_is_crossed_only_by_force(shop: Hamlet) -> None:
    """Also where the mark comes later than what it is about."""
    shop.says("api", "api 2")
    shop.must("deploy:shop")
    before = shop.containers()
    shop.declare("shop", api={"port": 3001, "breaking": 1}, web={"port": 3002})
    shop.must("deploy:shop")
    assert shop.containers() == before
    assert [r["breaking"] for r in releases(shop)][-2:] == [False, True]

    refused(shop.run("rollback:shop"), "marked as breaking", "force=yes")
    assert shop.fetch("api") == "api 2"

    shop.must("rollback:shop", "force=yes")
    assert shop.fetch("api") == "api 1"
    shop.must("rollback:shop")
    assert shop.fetch("api") == "api 2", "forward again is no breach"


def test_a_release_brings_back_its_values_and_its_services(shop: Hamlet) -> None:
    """What a service was given belongs to the release, also what the environment gave it."""
    shop.settings(values={"LEVEL": "one"})
    shop.must("deploy:shop")
    assert shop.fetch("api") == "api 1 one"
    shop.settings(values={"LEVEL": "two"})
    shop.declare("shop", api={"port": 3001})
    shop.must("deploy:shop")
    assert shop.fetch("api") == "api 1 two"
    assert "web" not in shop.containers()

    shop.must("rollback:shop")

    assert (shop.fetch("api"), shop.fetch("web")) == ("api 1 one", "web 1 one")


def test_a_version_that_failed_is_no_release(shop: Hamlet) -> None:
    second_version(shop)
    good = releases(shop)
    smoke = '[[services.api.smoke]]\nname = "never"\ncontains = "no such words"\nwithin = 1\n'
    shop.says("api", "api 3")
    shop.append("manifests/products/shop.toml", smoke)
    refused(shop.run("deploy:shop"), "never", code=1)
    good = [r | {"running": run["running"]} for r, run in zip(good, releases(shop), strict=True)]

    assert releases(shop) == good
    assert shop.told("releases", "shop", "--events")["events"][-1]["kind"] == "deploy-failed"


def test_status_tells_release_commit_and_by_whom(shop: Hamlet) -> None:
    shop.says(
        "api", "what nobody has said before"
    )  # else what is kept of it is used again, as of its own commit
    commit = shop.commit("told")
    shop.must("deploy:shop")

    told = {row["service"]: row for row in shop.told("status")["services"]}

    last = releases(shop)[-1]["name"]
    assert (told["api"]["release"], told["api"]["commit"]) == (last, commit)
    assert "@" in told["api"]["by"]
    assert last in shop.must("status").out


def test_an_older_commit_is_deployed_only_by_force_but_in_development(shop: Hamlet) -> None:
    first = shop.git("rev-parse", "HEAD")
    shop.says("api", "api 2")
    second = shop.commit("two")
    shop.must("deploy:shop", "env=staging")
    shop.git("checkout", "-q", first)

    ran = shop.run("deploy:shop", "env=staging")

    refused(ran, f"runs from {second[:12]}, a later commit than {first[:12]}", "force=yes")
    assert shop.fetch("api", "staging") == "api 2"
    shop.must("deploy:shop", "env=staging", "force=yes")
    assert shop.fetch("api", "staging") == "api 1"
    shop.git("checkout", "-q", "main")


def test_a_variable_that_no_task_hears_is_refused(shop: Hamlet) -> None:
    refused(shop.run("deploy:shop", "to=shop-0001"), "to=: is for rollback:PRODUCT")
    refused(shop.run("rollback:shop", "force=perhaps"), "force=perhaps: says neither yes nor no")
    refused(shop.run("rollback:chop"), "did you mean rollback:shop")
    refused(shop.run("releases", "chop"), "there is no product 'chop'")
