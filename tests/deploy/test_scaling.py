"""More and fewer containers of what serves, on the real engine: nobody notices but by the time an answer takes."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from buildgraph.deploy.live import read_live
from buildgraph.deploy.on_engine import EnginePlatform
from buildgraph.deploy.pending import pending_targets
from buildgraph.deploy.platform import HEALTHY, UNHEALTHY
from buildgraph.deploy.scaling import ask_health, scale_service
from buildgraph.errors import StepFailed
from buildgraph.manifests.model import EnvValue, Migration
from buildgraph.place.names import Colour
from buildgraph.place.scales import Scale, read_scales, write_scale
from buildgraph.traffic.directing import ask_proxy, find_servers
from tests.deploy.killing import kill_deploy_when
from tests.support.load import Load
from tests.support.town import PATIENT, Town
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]
MIGRATE = Migration(("node", "/app/migrate.mjs"), within=120)


def scale(town: Town, name: str, to: int) -> None:
    """Scale a service that runs as it is declared."""
    [target] = [target for target in town.targets() if target.service.name == name]
    scale_service(town.place, target, to, town.hear)


def reasons(town: Town) -> list[str]:
    """Why a deployment would do something now."""
    return [reason.text for _, reason in pending_targets(town.place, read_live(town.place), town.targets())]


def served(town: Town) -> list[bool]:
    """Whether each container of the blue api has answered anything since its proxy's worker began."""
    return [bool(server.counts.answers) for server in find_servers(town.place, "api", Colour.BLUE)]


def test_scaling_up_and_down_loses_no_request_and_starts_only_what_is_missing(town: Town) -> None:
    """Pitfall 58: long requests end in peace; a page's assets, asked of a version by name, meet no closed door."""
    town.settings(drain_within=PATIENT)
    town.service("api", port=3001)
    town.deploy()
    first = town.containers()["api-blue"]
    word = next(iter(read_live(town.place).traffic.routes["town"])).side(Colour.BLUE).release
    cookie = f"buildgraph-release={word}"

    with (
        Load(town, "api", clients=16) as load,
        Load(town, "api", clients=2, path="/assets/api%201", cookie=cookie) as assets,
    ):
        scale(town, "api", 3)
        assert sorted(town.containers()) == ["api-blue", "api-blue-2", "api-blue-3", "proxy"]
        threads, answers = long_requests(town, 6)
        scale(town, "api", 1)
        assert sorted(town.containers()) == ["api-blue", "proxy"]
        for thread in threads:
            thread.join()
        scale(town, "api", 2)
        until(lambda: load.total > 1000 and assets.total > 100)

    assert (load.wrong, assets.wrong, answers) == ([], [], ["api 1"] * 6)
    assert sorted(town.containers()) == ["api-blue", "api-blue-2", "proxy"]
    assert town.containers()["api-blue"] == first, "what serves is not started again"
    assert served(town) == [True, True, True]
    assert reasons(town) == []


def long_requests(town: Town, count: int) -> tuple[list[threading.Thread], list[str]]:
    """Requests under way that take two seconds each, and the list that their answers come into."""
    answers: list[str] = []
    ask = lambda: answers.append(town.fetch("api", "/slow"))  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, answers


def test_a_deploy_keeps_the_number_that_was_asked_for_until_the_manifest_says_another(town: Town) -> None:
    town.switches(window=600.0)
    town.service("api", port=3001)
    town.deploy()
    scale(town, "api", 3)

    assert town.deploy().unchanged == ("api",)
    town.service("api", "2", port=3001)
    town.deploy()

    live = read_live(town.place).services["api"]
    assert (live.colour, len(live.containers), live.count) == (Colour.GREEN, 3, 3)
    assert any("3 replicas, as " in line and "its manifest says 1" in line for line in town.told)

    town.service("api", "3", port=3001, replicas={"*": 2}, migration=MIGRATE, env={"MIGRATION": "fails"})
    with pytest.raises(StepFailed, match="migrate:api"):
        town.deploy()
    assert read_scales(town.place)["api"].to == 3, "what goes on, goes on as it was scaled"

    town.service("api", "2", port=3001)
    assert EnginePlatform(town.place).running()["api"].scaled == 3

    town.service("api", "2", port=3001, replicas={"*": 2})
    assert EnginePlatform(town.place).running()["api"].scaled == 0, "another number in the manifest ends it"
    assert reasons(town) == ["3 of 2 replicas are there"]
    assert town.deploy().settled == ("api",)

    assert len(read_live(town.place).services["api"].containers) == 2
    assert read_scales(town.place) == {}
    assert any("2 replicas, as its manifest says now" in line for line in town.told)


def test_going_back_to_a_version_with_fewer_containers_keeps_the_number_too(town: Town) -> None:
    town.switches(window=600.0)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001)
    town.deploy()
    scale(town, "api", 2)

    town.service("api", "1", port=3001)
    with Load(town, "api", clients=8) as load:
        town.deploy()

    live = read_live(town.place).services["api"]
    assert (load.wrong, live.colour, len(live.containers)) == ([], Colour.BLUE, 2)
    assert town.fetch("api") == "api 1"
    assert reasons(town) == []


def test_to_the_manifest_s_number_is_no_wish_of_its_own(town: Town) -> None:
    town.service("api", port=3001, replicas={"*": 2})
    town.deploy()
    scale(town, "api", 1)
    assert read_scales(town.place)["api"].to == 1
    scale(town, "api", 0)

    assert read_scales(town.place) == {}
    assert sorted(town.containers()) == ["api-blue", "api-blue-2", "proxy"]


def test_containers_that_do_not_get_healthy_go_away_and_nothing_is_kept_of_them(town: Town) -> None:
    """Pitfall 51: no request reaches them, the others serve on, and their last lines are shown."""
    town.service("api", port=3001)
    town.deploy()
    before = town.containers()
    ill = {**town.services["api"].env, "BROKEN": EnvValue({"*": "health"})}
    town.services["api"] = replace(town.services["api"], env=ill)
    town.settings(health_within=0.5)  # from when it answers that it is ill, however long its start takes
    town.moments["started 2 more"] = lambda: until(lambda: answers_ill(town, "api-blue-2"))

    with Load(town, "api", clients=8) as load, pytest.raises(StepFailed) as failed:
        scale(town, "api", 3)

    assert "its health check answers 503" in failed.value.what
    assert "cannot reach the database" in failed.value.detail
    assert load.wrong == []
    assert town.containers() == before
    assert read_scales(town.place) == {}
    assert reasons(town) == []


def answers_ill(town: Town, name: str) -> bool:
    """Whether a container of the api answers its health check, and has said what it lacks."""
    [target] = town.targets()
    return ask_health(town.place, target, name).status == 503 and town.has_said(name, "cannot reach the")


def test_what_runs_as_another_version_is_not_scaled(town: Town) -> None:
    town.service("api", port=3001)
    town.deploy()
    [target] = town.targets()
    again = replace(target, image=f"sha256:{'0' * 64}")
    with pytest.raises(StepFailed, match="runs from another image than was released"):
        scale_service(town.place, again, 2, town.hear)
    town.service("api", "2", port=3001)

    with pytest.raises(StepFailed, match="runs as another version"):
        scale(town, "api", 2)

    assert read_scales(town.place) == {}


def test_a_worker_is_scaled_by_its_health_command(town: Town) -> None:
    worker: dict[str, Any] = {"port": 0, "host": "", "health_command": ("node", "-e", "process.exit(0)")}
    town.service("worker", **worker)
    town.deploy()

    scale(town, "worker", 2)
    assert sorted(town.containers()) == ["proxy", "worker-blue", "worker-blue-2"]
    assert reasons(town) == []

    scale(town, "worker", 1)
    assert sorted(town.containers()) == ["proxy", "worker-blue"]
    assert reasons(town) == []


@pytest.mark.parametrize("moment", ["replicas, as", "became 3"])
def test_growth_that_was_killed_is_completed_by_the_next_deploy(
    town: Town, tmp_path: Path, moment: str
) -> None:
    town.service("api", port=3001)
    town.deploy()
    write_scale(town.place, "api", Scale(3, 1, "ann@desk"))

    with Load(town, "api", clients=4) as load:
        kill_deploy_when(town, moment, tmp_path)
        town.deploy()

    assert load.wrong == []
    assert sorted(town.containers()) == ["api-blue", "api-blue-2", "api-blue-3", "proxy"]
    assert reasons(town) == []


def test_growth_that_was_killed_is_told_and_completed_by_asking_again(town: Town, tmp_path: Path) -> None:
    """What gets no requests is no replica, whether its route does not count it yet or the proxy has it closed."""
    town.service("api", port=3001)
    town.deploy()
    write_scale(town.place, "api", Scale(3, 1, "ann@desk"))
    kill_deploy_when(town, "started 2 more", tmp_path)
    running = EnginePlatform(town.place).running()["api"]
    assert (running.replicas, running.idle, running.scaled) == (1, 2, 3)

    scale(town, "api", 3)
    assert EnginePlatform(town.place).running()["api"].replicas == 3
    ask_proxy(town.place, ["set server api/blue-3 state maint"])
    assert EnginePlatform(town.place).running()["api"].state == UNHEALTHY
    scale(town, "api", 3)

    assert EnginePlatform(town.place).running()["api"].state == HEALTHY
    assert reasons(town) == []
