"""A former version is kept for its window, gone back to at once, and removed when its time is over: real engine."""

from __future__ import annotations

import time
from typing import Any

import pytest

from buildgraph.deploy.live import read_live
from buildgraph.deploy.pending import pending_targets
from buildgraph.deploy.retiring import prune_colours
from buildgraph.errors import StepFailed
from buildgraph.manifests.model import Migration
from buildgraph.place.names import Colour
from tests.support.load import Load
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]


def reasons(town: Town) -> list[str]:
    """Why a deployment would do something now."""
    return [reason.text for _, reason in pending_targets(town.place, read_live(town.place), town.targets())]


def is_running(town: Town, name: str) -> bool:
    """Whether a container runs."""
    return bool(town.place.engine.client.containers.get(town.containers()[name]).status == "running")


def test_a_former_version_is_kept_checked_and_without_requests_and_the_same_again_does_nothing(
    town: Town,
) -> None:
    """Pitfall 57: weight 0 gets nothing."""
    town.switches(window=600.0)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001)
    town.deploy()

    assert sorted(town.containers()) == ["api-blue", "api-green", "proxy"]
    assert {town.fetch("api") for _ in range(40)} == {"api 2"}
    live = read_live(town.place).services["api"]
    assert (live.colour, len(live.kept), live.leftovers, live.is_directed) == (Colour.GREEN, 1, (), True)
    assert 500 < live.window <= 600
    assert [server.is_up for server in live.servers] == [True, True]
    assert reasons(town) == []

    before = town.containers()
    rollout = town.deploy()

    assert (rollout.replaced, rollout.settled, rollout.unchanged) == ((), (), ("api",))
    assert town.containers() == before
    assert prune_colours(town.place, town.hear) == ()


def test_a_kept_version_is_gone_back_to_without_a_new_container_twice_in_a_row(town: Town) -> None:
    """Pitfall 54: through the health gate, without its migration, under load; and back again."""
    migration = Migration(("node", "/app/migrate.mjs"), within=120)
    town.switches(window=600.0)
    town.service("api", port=3001, migration=migration)
    town.deploy()
    town.service("api", "2", port=3001, migration=migration)
    town.deploy()
    before = town.containers()

    with Load(town, "api", clients=8) as load:
        for version in ("1", "2", "1"):
            town.told.clear()
            town.service("api", version, port=3001, migration=migration)
            assert town.deploy().replaced == ("api",)
            assert town.fetch("api") == f"api {version}"
            assert not [line for line in town.told if "migrated" in line or "started" in line]

    assert load.wrong == []
    assert town.containers() == before
    assert reasons(town) == []


def test_a_kept_version_is_removed_by_the_first_deployment_after_its_window(town: Town) -> None:
    town.switches(window=1.0)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001)
    town.deploy()
    assert is_running(town, "api-blue")

    time.sleep(1.0)
    assert reasons(town) == ["the rollback window of its former version is over"]
    rollout = town.deploy()

    assert (rollout.replaced, rollout.settled) == ((), ("api",))
    assert sorted(town.containers()) == ["api-green", "proxy"]
    assert reasons(town) == []


def test_pruning_removes_what_is_over_and_nothing_else(town: Town) -> None:
    town.switches(window=1.0)
    town.service("api", port=3001)
    town.service("web", port=3002, product="mall")
    for product in ("town", "mall"):
        town.deploy(product)
    town.service("api", "2", port=3001)
    town.deploy()
    town.switches(window=600.0)
    town.service("web", "2", port=3002, product="mall")
    town.deploy("mall")

    assert prune_colours(town.place, town.hear) == ("api",)

    assert sorted(town.containers()) == ["api-green", "proxy", "web-blue", "web-green"]
    assert prune_colours(town.place, town.hear) == ()
    assert reasons(town) == []


def test_a_third_version_takes_the_place_of_the_kept_one(town: Town) -> None:
    town.switches(window=600.0)
    town.service("api", port=3001)
    town.deploy()
    for version in ("2", "3"):
        town.service("api", version, port=3001)
        town.deploy()

    assert town.fetch("api") == "api 3"
    live = read_live(town.place).services["api"]
    assert [container.labels["buildgraph.fingerprint"][:20] for container in live.kept] == [
        "fingerprint of api 2"
    ]
    assert reasons(town) == []


def test_a_version_that_fails_leaves_no_former_one_to_go_back_to_but_the_live_one_serves(town: Town) -> None:
    town.switches(window=600.0)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001)
    town.deploy()

    town.settings(health_within=3.0)
    town.service("api", "3", port=3001, env={"BROKEN": "health"})
    with pytest.raises(StepFailed):
        town.deploy()

    assert town.fetch("api") == "api 2"
    assert sorted(town.containers()) == ["api-green", "proxy"]
    town.service("api", "2", port=3001)
    assert reasons(town) == []


def test_a_worker_is_not_kept_beside_its_successor(town: Town) -> None:
    worker: dict[str, Any] = {"port": 0, "host": "", "health_command": ("node", "-e", "process.exit(0)")}
    town.switches(window=600.0)
    town.service("worker", **worker)
    town.deploy()
    town.service("worker", "2", **worker)
    town.deploy()

    assert sorted(town.containers()) == ["proxy", "worker-green"]
    assert reasons(town) == []


def test_a_kept_version_that_has_died_is_replaced_like_any_other(town: Town) -> None:
    """Pitfall 50: a container that ended does not stand in the way."""
    town.switches(window=600.0)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001)
    town.deploy()
    town.place.engine.client.containers.get(town.containers()["api-blue"]).stop(timeout=1)

    town.service("api", "1", port=3001)
    town.deploy()

    assert town.fetch("api") == "api 1"
    assert is_running(town, "api-blue")
    assert reasons(town) == []
