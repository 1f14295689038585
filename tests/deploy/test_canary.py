"""A new version gets its requests by steps, is watched, and is given up when it does not do well: real engine."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from buildgraph.deploy.live import read_live
from buildgraph.deploy.pending import pending_targets
from buildgraph.errors import ConfigurationError, StepFailed
from buildgraph.manifests.model import SmokeTest
from buildgraph.place.names import Colour
from tests.support.load import Load
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]


def test_the_share_of_a_step_is_what_it_says_and_no_request_fails(town: Town) -> None:
    """Pitfall 57: the ratio holds for colours of different sizes, and while the proxy is reloaded."""
    town.switches(10, 50, 100, least_requests=200)
    town.service("api", port=3001, replicas={"*": 2})
    town.deploy()
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()

    def step_begins() -> None:
        before.update(load.answers)
        town.service("shop", port=3002, product="mall")  # another listener and host: HAProxy is reloaded
        town.deploy("mall")

    with Load(town, "api", clients=16) as load:
        town.moments = {
            "10 % of the requests": step_begins,
            "requests at 10 %": lambda: after.update(load.answers),
        }
        town.service("api", "2", port=3001, replicas={"*": 1})
        town.deploy()

    step = after - before
    assert load.wrong == []
    assert step.total() > 1500
    assert abs(step["api 2"] / step.total() - 0.10) < 0.03, step
    assert town.fetch("api") == "api 2"
    assert sorted(town.containers()) == ["api-green", "proxy", "shop-blue"]
    assert town.deploy().replaced == ()


def test_a_version_that_answers_one_in_ten_with_an_error_is_given_up(town: Town) -> None:
    """Pitfall 57: nothing of it is answered once it is given up, and nothing of it is left."""
    town.switches(20, 100)
    town.service("api", port=3001)
    town.deploy()
    before = town.containers()

    with Load(town, "api", clients=4) as load:
        town.service("api", "2", port=3001, env={"FAULTY": "10"})
        with pytest.raises(StepFailed) as failed:
            town.deploy()
        given_up = Counter(load.answers)
        time.sleep(1.0)

    assert failed.value.step == "deploy:api"
    assert "requests failed, more than 5.0%" in failed.value.what
    assert "cannot answer number" in failed.value.detail
    assert "api: its requests go back to blue" in town.told
    assert set(load.wrong) == {"500 broken"}
    assert (load.answers - given_up)["api 2"] == 0
    assert town.containers() == before
    assert town.fetch("api") == "api 1"

    town.service("api", "3", port=3001)
    with Load(town, "api", clients=4) as load:
        assert town.deploy().replaced == ("api",)
    assert (load.wrong, town.fetch("api")) == ([], "api 3")


@pytest.mark.alone
def test_a_version_that_is_too_slow_is_given_up(town: Town) -> None:
    town.switches(50, 100, response_time=100.0)
    town.service("api", port=3001)
    town.deploy()

    with Load(town, "api", clients=4) as load:
        town.service("api", "2", port=3001, env={"DELAY": "150"})
        with pytest.raises(StepFailed, match=r"one in twenty answers took 1[5-9]\d ms or more, .* 100 ms"):
            town.deploy()

    assert load.wrong == []
    assert town.fetch("api") == "api 1"


def test_a_version_that_falls_ill_after_it_was_found_well_is_given_up(town: Town) -> None:
    town.switches(50, 100, hold=20.0, least_requests=10_000)
    town.service("api", port=3001)
    town.deploy()

    with Load(town, "api", clients=2) as load:
        town.service("api", "2", port=3001, env={"BROKEN": "later"})
        with pytest.raises(StepFailed, match="the proxy's checks fail"):
            town.deploy()

    assert load.wrong == []
    assert town.fetch("api") == "api 1"


@pytest.mark.long
def test_a_proxy_that_is_silent_for_a_moment_is_no_reason_to_leave_the_canary_out(town: Town) -> None:
    town.switches(50, 100, hold=0.5, least_requests=0)
    town.service("api", port=3001)
    town.deploy()

    town.moments = {"healthy after": lambda: town.kill("proxy")}
    town.service("api", "2", port=3001)
    town.deploy()

    assert "api: 50 % of the requests go to green" in town.told
    assert town.fetch("api") == "api 2"


def test_a_version_that_too_few_have_asked_is_given_up_unless_nobody_has_to(town: Town) -> None:
    town.switches(50, 100, hold=0.5, within=1.5, least_requests=5)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001)

    with pytest.raises(StepFailed, match=r"0 requests within 1.5 s say too little, 5 are needed"):
        town.deploy()
    assert town.fetch("api") == "api 1"

    town.switches(50, 100, hold=0.5, within=1.5, least_requests=0)
    town.deploy()
    assert town.fetch("api") == "api 2"


def test_a_version_that_fails_its_smoke_test_gets_no_request(town: Town) -> None:
    """What is tested is the new version alone, and nothing that writes is tried on it."""
    smoke = SmokeTest("greets", contains="api")
    writes = SmokeTest("writes", "/written", contains="api", writes=True)
    town.switches()
    town.service("api", port=3001, smoke=(smoke, writes))
    town.deploy()
    assert [line.partition(" (")[0] for line in town.told if "writes" in line or "greets" in line] == [
        "api: greets at api-blue",
        "api: greets",
        "api: writes",
    ]
    before = town.containers()

    with Load(town, "api", clients=4) as load:
        wrong = SmokeTest("greets", contains="api 3", within=1.0)
        town.service("api", "2", port=3001, smoke=(wrong,))
        with pytest.raises(StepFailed) as failed:
            town.deploy()

    assert failed.value.step == "smoke:api"
    assert "GET api-green/: expected 'api 3'" in failed.value.what
    assert "starting api 2" in failed.value.detail
    assert (load.wrong, set(load.answers)) == ([], {"api 1"})
    assert town.containers() == before

    town.service("api", "3", port=3001, smoke=(smoke,))
    assert town.deploy().replaced == ("api",)
    assert town.fetch("api") == "api 3"


def test_a_service_without_a_health_check_is_not_deployed_blue_green(town: Town) -> None:
    """Pitfall 53."""
    town.switches()
    town.service("worker", port=0, host="")
    town.service("api", health="")

    with pytest.raises(ConfigurationError) as failed:
        town.deploy()

    assert [mistake.where for mistake in failed.value.mistakes] == [
        "service api: health",
        "service worker: health",
    ]
    assert (town.containers(), town.volumes()) == ({}, set())


@pytest.mark.long
def test_a_proxy_that_restarts_during_a_step_goes_on_with_its_share(town: Town) -> None:
    """What is written is what runs: a restart of the proxy changes no weight."""
    town.switches(10, 100, hold=6.0, least_requests=0)
    town.service("api", port=3001)
    town.deploy()
    shares: list[dict[Colour, int]] = []

    def restart() -> None:
        town.place.engine.client.containers.get(town.containers()["proxy"]).restart(timeout=1)
        live = read_live(town.place).services["api"]
        assert live.route is not None
        shares.append({colour: side.share for colour, side in live.route.sides.items()})
        assert (live.colour, live.is_directed) == (Colour.BLUE, True)

    town.moments = {"10 % of the requests": restart}
    town.service("api", "2", port=3001)
    town.deploy()

    assert shares == [{Colour.BLUE: 90, Colour.GREEN: 10}]
    assert town.fetch("api") == "api 2"
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()


def test_a_proxy_that_dies_during_a_step_ends_the_deployment_and_the_next_one_completes_it(
    town: Town,
) -> None:
    """While nobody can tell how the new version does, it is not trusted; what is written is a good state."""
    town.switches(10, 100, hold=60.0, least_requests=0)
    town.service("api", port=3001)
    town.deploy()
    town.moments = {
        "10 % of the requests": lambda: town.place.engine.client.api.kill(town.containers()["proxy"])
    }
    town.service("api", "2", port=3001)
    with pytest.raises(StepFailed, match=r"the proxy has not answered for (1[5-9]|[2-9]\d) s"):
        town.deploy()

    town.moments = {}
    town.switches(10, 100, hold=0.5, least_requests=0)
    town.deploy()

    assert {town.fetch("api") for _ in range(20)} == {"api 2"}
    assert sorted(town.containers()) == ["api-green", "proxy"]
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()


def test_no_request_fails_through_a_canary_a_reload_and_the_way_back(town: Town) -> None:
    """Thousands over sixteen connections (script/prove: a hundred thousand); the way back starts no container."""
    town.switches(10, 100, window=600.0, least_requests=200)
    town.service("api", port=3001)
    town.deploy()

    with Load(town, "api", clients=16) as load:
        town.service("api", "2", port=3001)
        town.deploy()
        town.service("shop", port=3002, product="mall")
        town.deploy("mall")
        town.service("api", "1", port=3001)
        town.deploy()
        while load.total < 5_000 and not load.wrong:
            time.sleep(0.2)

    assert load.wrong == []
    assert set(load.answers) == {"api 1", "api 2"}
    assert town.fetch("api") == "api 1"
    assert town.told.count("api: started green") == 1
