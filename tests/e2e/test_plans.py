"""Saved plans through the front door: what somebody has looked at is done, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.support.hamlet import Hamlet, refused
from tests.support.starting import Ran
from tests.support.system import docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """A repository whose staging takes approved plans only."""
    made = Hamlet(tmp_path_factory.mktemp("plans") / "hamlet", ("development", "staging"))
    made.settings("staging", approval="plan")
    made.append(".gitignore", "*.plan\n")
    made.commit()
    yield made
    made.raze()


@pytest.fixture
def shop(hamlet: Hamlet) -> Iterator[Hamlet]:
    """The shop; edits are taken back at the end."""
    with hamlet.taken_back("-x"):
        yield hamlet


def save(shop: Hamlet, environment: str = "staging") -> Ran:
    return shop.must("plan", "deploy:shop", f"env={environment}", "--save", "shop.plan")


def test_where_plans_are_needed_nothing_is_built_or_deployed_without_one(shop: Hamlet) -> None:
    shop.says("api", "never built")
    before = shop.images()

    ran = shop.run("deploy:shop", "env=staging")

    refused(ran, "deploy:shop: staging takes approved plans only", "--save FILE", "plan=FILE")
    ran = shop.run("migrate:shop", "env=staging")
    refused(ran, "staging takes approved plans only", "plan deploy:shop env=staging --save FILE")
    assert shop.images() == before


def test_a_plan_is_carried_out_once_and_again_does_nothing(shop: Hamlet) -> None:
    shop.says("api", "api once")
    told = save(shop)
    assert "deployment:staging/api" in told.out or "image:api" in told.out
    saved = json.loads((shop.root / "shop.plan").read_text())
    assert saved["commit"] == shop.git("rev-parse", "HEAD") + "-dirty"
    assert [service["service"] for service in saved["services"]] == ["api", "web"]

    shop.must("deploy:shop", "env=staging", "plan=shop.plan")
    assert shop.fetch("api", "staging") == "api once"

    again = shop.must("deploy:shop", "env=staging", "plan=shop.plan")
    assert "nothing to do" in again.err

    text = (shop.root / "manifests/workspace.toml").read_text()
    shop.write("manifests/workspace.toml", f"fingerprint_version = 2\n{text}")
    reasons = [step["reason"] for step in shop.told("plan", "build:api", "build:web")["steps"]]
    assert reasons == ["tool: fingerprint 1 -> 2"] * 2, "all are made anew, and it is said why"


def deploys(shop: Hamlet) -> dict[str, str]:
    """Node -> the reason of every deploy that a plan shows."""
    steps = shop.told("plan", "deploy:shop")["steps"]
    return {step["node"]: step["reason"] for step in steps if step["phase"] == "deploy"}


def test_a_plan_shows_every_deploy_of_a_run_that_builds_as_well(shop: Hamlet) -> None:
    shop.run("down")
    shop.must("build:api")
    shop.says("web", "web not built")
    api, web = "deployment:development/api", "deployment:development/web"
    assert deploys(shop) == {api: "it does not run yet", web: "its image is not built"}

    shop.must("deploy:shop")
    shop.settings(values={"LEVEL": "high"})
    shop.says("web", "web not built yet")

    assert deploys(shop) == {api: "its fingerprint differs from what runs", web: "its image is not built"}
    save(shop, "development")
    shop.must("deploy:shop", "plan=shop.plan")
    assert shop.fetch("api") == "api 1 high"


def test_a_deploy_that_the_plan_did_not_show_is_refused(shop: Hamlet) -> None:
    shop.must("deploy:shop")
    shop.says("web", "web planned")
    save(shop, "development")
    docker("stop", shop.containers()["api"])

    ran = shop.run("deploy:shop", "plan=shop.plan")

    refused(ran, "api would be deployed, which it does not show: a container is exited", "look at it again")
    assert "build:" not in ran.err
    save(shop, "development")
    shop.must("deploy:shop", "plan=shop.plan")
    assert (shop.fetch("api"), shop.fetch("web")) == ("api 1", "web planned")


def test_a_plan_does_not_hold_for_other_sources_or_another_configuration(shop: Hamlet) -> None:
    save(shop)
    shop.says("api", "api edited")

    ran = shop.run("deploy:shop", "env=staging", "plan=shop.plan")

    refused(ran, "what the image of api is made of has changed since then", "look at it again")
    assert "build:" not in ran.err
    shop.says("api", "api 1")
    shop.settings("staging", approval="plan", values={"LEVEL": "high"})
    refused(shop.run("deploy:shop", "env=staging", "plan=shop.plan"), "the configuration of api has changed")


def test_a_plan_does_not_hold_once_something_else_runs(shop: Hamlet) -> None:
    shop.says("api", "api planned")
    save(shop, "development")
    shop.says("api", "api in between")
    shop.must("deploy:shop")
    shop.says("api", "api planned")

    ran = shop.run("deploy:shop", "plan=shop.plan")

    refused(ran, "another version of api runs than then")
    assert shop.fetch("api") == "api in between"


def test_a_plan_is_for_its_environment_and_its_products(shop: Hamlet) -> None:
    save(shop, "development")

    refused(
        shop.run("deploy:shop", "env=staging", "plan=shop.plan"), "is for development of", "not for staging"
    )
    refused(shop.run("deploy:mail", "plan=shop.plan"), "says nothing of mail; it is for deploy:shop")


def test_what_is_no_plan_is_told(shop: Hamlet) -> None:
    shop.write("other.plan", '{"format": 1, "tasks": []}')
    shop.write("text.plan", "text")

    refused(shop.run("deploy:shop", "plan=none.plan"), "plan=none.plan: cannot be read", "--save FILE")
    refused(shop.run("deploy:shop", "plan=other.plan"), "is no saved plan")
    refused(shop.run("deploy:shop", "plan=text.plan"), "it holds no JSON")
    refused(shop.run("plan", "build", "--save", "x.plan"), "build changes no environment")


def test_a_rollback_needs_no_plan(shop: Hamlet) -> None:
    """Who has to go back has no time to ask."""
    save(shop)
    shop.must("deploy:shop", "env=staging", "plan=shop.plan")
    shop.says("api", "api 2")
    save(shop)
    shop.must("deploy:shop", "env=staging", "plan=shop.plan")

    shop.must("rollback:shop", "env=staging")

    assert shop.fetch("api", "staging") == "api 1"


def test_a_base_that_is_not_there_is_shown_by_a_plan_and_refused_before_the_first_build(shop: Hamlet) -> None:
    shop.says("api", "api built upon what is there")
    for service in ("web", "mail"):
        shop.write(f"services/{service}/Dockerfile", f"FROM alpine:{service}\nCOPY services/{service}/ /\n")
    before = shop.images()

    steps = shop.told("plan")["steps"]
    ran = shop.run("build")

    assert {step["node"]: step["reason"] for step in steps} == {
        "image:api": "missing",
        "image:mail": "missing; refused: alpine:mail is not locked",
        "image:web": "missing; refused: alpine:web is not locked",
    }
    refused(ran, "alpine:mail is not locked; needed by the build of mail", "run `buildgraph bases --update`")
    refused(ran, "alpine:web is not locked; needed by the build of web")
    assert shop.images() == before
    shop.settings(proxy_image="haproxy:unlocked")
    refused(shop.run("deploy:shop"), "haproxy:unlocked is not locked")
    assert shop.images() == before, "what an environment runs beside its services is looked at, too"
    shop.must("build:api")


def test_a_secret_that_has_no_value_is_shown_by_a_plan(shop: Hamlet) -> None:
    shop.run("down")
    shop.declare("shop", api={"port": 3001}, web={"port": 3002, "env": {"TOKEN": {"secret": True}}})
    shop.must("build:api", "build:web")

    assert deploys(shop) == {
        "deployment:development/api": "it does not run yet",
        "deployment:development/web": "it does not run yet; refused: secret TOKEN has no value",
    }
    refused(shop.run("deploy:shop"), "secret TOKEN: has no value in development; needed by web")


def test_a_stand_in_that_nobody_has_made_is_shown_by_a_plan_and_refused_before_the_first_build(
    shop: Hamlet,
) -> None:
    shop.says("api", "api built upon what is made")
    shop.write("docker/substitutes/unmade.Dockerfile", "FROM scratch\n")
    shop.append("manifests/workspace.toml", '"alpine:unmade" = "docker/substitutes/unmade.Dockerfile"\n')
    shop.write("services/web/Dockerfile", "FROM alpine:unmade\nCOPY services/web/ /\n")
    before = shop.images()

    [reason] = [s["reason"] for s in shop.told("plan", "build:web")["steps"]]
    ran = shop.run("build:api", "build:web")

    assert reason.startswith("missing; refused: the substitute of alpine:unmade (buildgraph.local/unmade:")
    refused(ran, "the substitute of alpine:unmade", "is not on the engine", "docker tag", code=3)
    assert shop.images() == before
