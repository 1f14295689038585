"""Promotion through the front door: what staging has verified runs in production, from the very same images."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.hamlet import Hamlet, as_toml, refused
from tests.support.scripted import on_full_disk
from tests.support.system import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory, real_node: str) -> Iterator[Hamlet]:
    """A repository with staging and production on this engine, whose images stand upon a real base."""
    made = Hamlet(
        tmp_path_factory.mktemp("promotion") / "hamlet", ("development", "staging", "production"), real_node
    )
    yield made
    made.raze()


@pytest.fixture
def shop(hamlet: Hamlet) -> Iterator[Hamlet]:
    """The shop, nowhere deployed; edits are taken back at the end."""
    with hamlet.taken_back():
        yield hamlet
    for environment in ("staging", "production"):
        hamlet.run("down", "--volumes", f"env={environment}")


def newest(shop: Hamlet, environment: str) -> dict[str, Any]:
    """The newest release of the shop, with its images by service."""
    release: dict[str, Any] = shop.told("releases", "shop", f"env={environment}")["releases"][-1]
    return release | {"images": {found["service"]: found["image"] for found in release["services"]}}


def test_on_one_engine_the_same_images_run_with_the_values_of_production(shop: Hamlet) -> None:
    level = {"LEVEL": {"*": "trial", "production": "live"}}
    shop.declare("shop", api={"port": 3001, "env": level}, web={"port": 3002})
    shop.commit()
    shop.must("deploy:shop", "env=staging")
    verified = newest(shop, "staging")

    ran = shop.must("promote:shop", "env=production")

    assert (shop.fetch("api", "staging"), shop.fetch("api", "production")) == ("api 1 trial", "api 1 live")
    promoted = newest(shop, "production")
    assert (promoted["kind"], promoted["origin"]) == ("promote", f"staging/{verified['name']}")
    assert promoted["images"] == verified["images"]
    assert "build:" not in ran.err
    assert "promote:shop  fresh" in shop.must("promote:shop", "env=production").err
    assert "deploy:shop  fresh" in shop.must("deploy:shop", "env=production").err, "the same tree is in date"


def test_what_is_promoted_is_what_staging_runs_whatever_the_working_tree_says_and_without_room_for_our_files(
    shop: Hamlet,
) -> None:
    shop.must("deploy:shop", "env=staging")
    shop.says("api", "api 2")
    shop.commit()

    places = [shop.root / place for place in (".git/buildgraph", ".buildgraph")]
    within = [word for place in places for word in on_full_disk(place)]
    argv = (*within, sys.executable, "-m", "buildgraph.main", "promote:shop", "env=production")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(argv, cwd=shop.root, env=env, capture_output=True, text=True, check=False)

    assert ran.returncode == 0 and "internal:" not in ran.stderr, ran.stderr
    assert shop.fetch("api", "production") == "api 1"


def test_what_has_not_passed_its_smoke_tests_is_not_promoted(shop: Hamlet) -> None:
    refused(
        shop.run("promote:shop", "env=production"),
        "staging runs no release of shop",
        "deploy:shop env=staging",
    )
    smoke = '[[services.api.smoke]]\nname = "never"\ncontains = "no such words"\nwithin = 1\n'
    shop.append("manifests/products/shop.toml", smoke)
    shop.commit()
    assert shop.run("deploy:shop", "env=staging").code == 1

    refused(shop.run("promote:shop", "env=production"), "staging runs no release of shop")


def test_edits_stand_ins_and_baked_addresses_stay_where_they_are(shop: Hamlet) -> None:
    shop.write("services/web/Dockerfile", "FROM node:20-alpine\nARG API\nCOPY services/web/ /app/\n")
    shop.append("services/web/Dockerfile", 'CMD ["node", "/app/server.mjs"]\n')
    baked = {"API": f"http://api.localhost:{shop.ports['staging']}"}
    shop.declare("shop", api={"port": 3001}, web={"port": 3002, "build_args": baked})
    shop.must("deploy:shop", "env=staging")

    ran = shop.run("promote:shop", "env=production")

    refused(
        ran,
        "with edits that no commit holds",
        "the image of web is built upon a stand-in of node:20-alpine",
        "the image of web has an address of development baked in: its build argument API",
    )
    assert shop.containers("production") == {}


def test_an_environment_is_not_promoted_to_itself_and_production_is_named(shop: Hamlet) -> None:
    refused(shop.run("promote:shop", "env=staging"), "staging cannot be promoted to itself")
    refused(shop.run("promote:shop", "env=production", "from=stagin"), "there is no environment 'stagin'")
    refused(shop.run("promote:shop"), "write env=NAME", "where shop shall go to")


def test_images_without_a_registry_stay_on_their_engine(shop: Hamlet, registry: str) -> None:
    shop.settings("production", registry=f"{registry}/live")
    shop.commit()
    shop.must("deploy:shop", "env=staging")

    refused(
        shop.run("promote:shop", "env=production"), "the images of staging are on its engine only", "registry"
    )


def test_from_registry_to_registry_the_digest_stays(shop: Hamlet, registry: str) -> None:
    shop.settings("staging", registry=f"{registry}/trial")
    shop.settings("production", registry=f"{registry}/live")
    shop.commit()
    shop.must("deploy:shop", "env=staging")
    verified = newest(shop, "staging")["images"]
    sign = ["sh", "-c", 'echo "$0" >>signed', "{digest}"]
    shop.append("manifests/workspace.toml", f"\n[sign]\ncommand = {as_toml(sign)}\n")

    shop.must("promote:shop", "env=production")

    promoted = newest(shop, "production")["images"]
    assert (shop.root / "signed").read_text().split() == sorted(promoted.values())
    assert {image.partition("@")[0] for image in promoted.values()} == {
        f"{registry}/live/api",
        f"{registry}/live/web",
    }
    assert {name: image.partition("@")[2] for name, image in promoted.items()} == {
        name: image.partition("@")[2] for name, image in verified.items()
    }
    assert shop.fetch("api", "production") == "api 1"
    assert "promote:shop  fresh" in shop.must("promote:shop", "env=production").err


def test_a_promotion_can_need_a_plan_too(shop: Hamlet) -> None:
    shop.settings("production", approval="plan")
    shop.append(".gitignore", "*.plan\n")
    shop.commit()
    shop.must("deploy:shop", "env=staging")
    refused(shop.run("promote:shop", "env=production"), "production takes approved plans only")

    shop.must("plan", "promote:shop", "env=production", "--save", "shop.plan")
    shop.must("promote:shop", "env=production", "plan=shop.plan")

    assert shop.fetch("api", "production") == "api 1"


def test_a_plan_of_a_promotion_shows_what_it_removes(shop: Hamlet) -> None:
    shop.must("deploy:shop", "env=staging")
    shop.must("promote:shop", "env=production")
    shop.declare("shop", api={"port": 3001})
    shop.commit()
    shop.must("deploy:shop", "env=staging")

    steps = shop.told("plan", "promote:shop", "env=production")["steps"]

    released = f"staging runs {newest(shop, 'staging')['name']}"
    assert [(step["node"], step["reason"]) for step in steps] == [
        ("deployment:production/api", released),
        ("deployment:production/web", "it left the manifests"),
    ]
