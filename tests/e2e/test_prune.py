"""`buildgraph prune`: what is needed stays, whoever needs it; the rest goes, and is told first."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hamlet import Hamlet
from tests.support.system import docker

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]
DAY = 86_400  # seconds


@pytest.fixture(scope="module")
def hamlet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamlet]:
    """A repository with two environments."""
    made = Hamlet(tmp_path_factory.mktemp("prune") / "hamlet", ("development", "staging"))
    yield made
    made.raze()


@pytest.fixture
def shop(hamlet: Hamlet) -> Iterator[Hamlet]:
    """The shop; edits are taken back at the end, and so is all that ran."""
    with hamlet.taken_back():
        yield hamlet
    for environment in ("development", "staging"):
        hamlet.run("down", "--volumes", f"env={environment}")
    if images := hamlet.images():
        docker("rmi", "-f", *images)


def image(shop: Hamlet, words: str, *tasks: str) -> str:
    """Have the api say other words, run tasks, and return the name of its image."""
    shop.says("api", words)
    shop.must(*tasks)
    return f"{shop.name}/api:{shop.fingerprints()['image:api']}"


def fates(shop: Hamlet, *arguments: str) -> dict[str, str]:
    """What becomes of the api's images, by name."""
    things = shop.told("prune", *arguments)["things"]
    return {thing["name"]: thing["fate"] for thing in things if "/api:" in thing["name"]}


def test_only_what_nobody_needs_goes_and_a_dry_run_removes_nothing(shop: Hamlet) -> None:
    """Pitfall 61: kept is what is deployed, what releases name, in every environment, and what was built lately."""
    unused = image(shop, "never deployed", "build:api")
    staged = image(shop, "in staging", "deploy:shop", "env=staging")
    former = image(shop, "before", "deploy:shop")
    running = image(shop, "now", "deploy:shop")
    current = image(shop, "being written", "build:api")

    assert set(fates(shop, "--dry-run").values()) == {"kept"}, "all are younger than two weeks"
    told = fates(shop, "--dry-run", "--days", "0")

    kept = dict.fromkeys((staged, former, running, current), "kept")
    assert told == kept | {unused: "would go"}
    assert unused in shop.images("api")

    assert fates(shop, "--days", "0") == {unused: "removed"}
    assert sorted(shop.images("api")) == sorted(kept)
    assert shop.must("prune", "--days", "0").out == "nothing to remove\n"
    shop.must("rollback:shop")
    assert shop.fetch("api") == "before"


def test_what_an_environment_that_is_down_may_need_stays(shop: Hamlet) -> None:
    former = image(shop, "before", "deploy:shop", "env=staging")
    running = image(shop, "now", "deploy:shop", "env=staging")
    shop.must("down", "env=staging")
    shop.says("api", "next")

    assert fates(shop, "--days", "0", "--dry-run") == {former: "kept", running: "kept"}
    assert [name for name in docker("ps", "-a", "--format", "{{.Names}}").split() if shop.name in name] == []


def test_releases_that_are_too_many_let_their_images_go(shop: Hamlet) -> None:
    shop.settings(releases=2)
    first = image(shop, "one", "deploy:shop")
    second = image(shop, "two", "deploy:shop")
    third = image(shop, "three", "deploy:shop")

    assert fates(shop, "--days", "0") == {first: "removed"}
    assert sorted(shop.images("api")) == sorted([second, third])


def test_where_a_release_cannot_be_read_no_image_goes(shop: Hamlet) -> None:
    image(shop, "never deployed", "build:api")
    image(shop, "now", "deploy:shop")
    newer = "echo '{\"format\": 2}' >/state/history/releases/shop/0009.json"
    docker("exec", "-u", "0", f"{shop.name}-development-proxy", "sh", "-c", newer)
    before = shop.images()

    ran = shop.run("prune", "--days", "0")

    assert ran.code == 1
    assert "the release shop-0009 of development is in a format that this version does not know" in ran.err
    assert shop.images() == before


def test_edits_of_days_gone_by_leave_the_store_and_those_of_today_stay(shop: Hamlet) -> None:
    shop.says("api", "edited")
    shop.must("affected")
    gone = _edits(shop)
    shop.says("api", "edited again")
    shop.must("affected")
    today = _edits(shop) - gone
    for blob in gone:
        os.utime(blob, (time.time() - 2 * DAY, time.time() - 2 * DAY))

    assert "edits older than a day" in shop.must("prune").out

    assert not any(blob.exists() for blob in gone)
    assert today
    assert all(blob.exists() for blob in today)
    assert shop.must("affected").code == 0


def _edits(shop: Hamlet) -> set[Path]:
    return {file for file in shop.repository.store.glob("??/*") if file.is_file()}
