"""A product as a whole: what one service's failure takes back, and what a killed run leaves; real engine."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.deploy.live import read_live
from buildgraph.deploy.pending import pending_targets
from buildgraph.errors import StepFailed, ToolError
from buildgraph.image.engine import open_engine
from buildgraph.manifests.model import Migration, SmokeTest
from buildgraph.place.containers import stop_container
from buildgraph.place.names import Colour
from buildgraph.place.shell import Shells
from buildgraph.traffic.directing import read_routes
from buildgraph.traffic.routes import find_route
from tests.deploy.killing import kill_deploy_when
from tests.support.load import Load
from tests.support.relay import PIECE, Relay
from tests.support.town import Town
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]
PAIR = ("api", "web")


def two_services(town: Town, version: str = "1", **web: str) -> None:
    """The api and the web that depends on it."""
    town.service("api", version, port=3001)
    town.service("web", version, port=3002, depends_on=("api",), env=web)


@pytest.mark.parametrize("strategy", [pytest.param("replace", marks=pytest.mark.long), "blue-green"])
def test_a_service_that_fails_takes_back_those_that_were_switched_before_it(
    town: Town, strategy: str
) -> None:
    """Pitfall 51: the old versions are untouched, whatever the strategy."""
    town.settings(strategy=strategy)
    two_services(town)
    town.deploy()
    before = town.containers()

    with Load(town, "api", clients=4) as load:
        town.moments["web: started"] = lambda: until(lambda: load.answers["api 2"] > 0)
        two_services(town, "2", BROKEN="crash")
        with pytest.raises(StepFailed, match="deploy:web"):
            town.deploy()

    assert load.wrong == []
    assert [town.fetch(name) for name in PAIR] == ["api 1", "web 1"]
    assert town.containers() == before
    assert "api: its requests go back to blue" in town.told

    town.moments.clear()
    two_services(town, "3")
    assert town.deploy().replaced == PAIR
    assert [town.fetch(name) for name in PAIR] == ["api 3", "web 3"]


def test_a_smoke_test_that_fails_on_the_public_route_takes_the_whole_product_back(town: Town) -> None:
    """What only the public route can tell (it writes, so it is not tried before) still costs no version."""
    two_services(town)
    town.deploy()
    before = town.containers()

    two_services(town, "2")
    wrong = SmokeTest("an order", contains="web 3", writes=True, within=1.0)
    town.service("web", "2", port=3002, depends_on=("api",), smoke=(wrong,))
    with pytest.raises(StepFailed, match="smoke:web"):
        town.deploy()

    assert [town.fetch(name) for name in PAIR] == ["api 1", "web 1"]
    assert town.containers() == before
    backs = [line for line in town.told if "go back" in line]
    assert backs == ["web: its requests go back to blue", "api: its requests go back to blue"]


class Faltering(Relay):
    """An engine's line that breaks once: at the first question for containers after green was given all requests."""

    is_over = has_broken = False

    def send_on(self, near: socket.socket, far: socket.socket) -> None:
        while piece := near.recv(PIECE):
            self.is_over = self.is_over or b"green-1 weight 100" in piece
            if self.is_over and not self.has_broken and b"/containers/json" in piece:
                self.has_broken = True
                return
            far.sendall(piece)


def test_an_engine_that_falls_silent_right_after_the_switch_leaves_nothing_switched(
    town: Town, tmp_path: Path
) -> None:
    town.service("api", port=3001)
    town.deploy()
    before, sound = town.containers(), town.place
    town.service("api", "2", port=3001)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "engine.sock"))

    with Faltering(listener, sound.engine.line.dial) as line:
        engine = open_engine(f"unix://{tmp_path}/engine.sock")
        town.place = replace(town.place, engine=engine, shells=Shells(), spares={})
        with pytest.raises(ToolError):
            town.deploy()
        assert line.has_broken
    town.place = sound

    assert town.fetch("api") == "api 1"
    assert town.containers() == before


def test_a_first_version_whose_smoke_test_fails_stays_for_there_is_no_other(town: Town) -> None:
    """Pitfall 49: and it is not done before the test passes."""
    town.service("api", port=3001, smoke=(SmokeTest("x", contains="y", writes=True, within=0.6),))
    with pytest.raises(StepFailed, match="smoke:api"):
        town.deploy()

    assert town.fetch("api") == "api 1"
    [(_, reason)] = pending_targets(town.place, read_live(town.place), town.targets())
    assert reason.text == "an interrupted deployment has not completed its takeover"


def test_a_migration_that_fails_late_takes_back_what_was_switched(town: Town) -> None:
    """Pitfall 59: no switch; and what was switched before it goes back, without the schema."""
    migration = Migration(("node", "/app/migrate.mjs"), within=120)
    two_services(town)
    town.deploy()
    before = town.containers()

    town.service("api", "2", port=3001)
    town.service("web", "2", port=3002, depends_on=("api",), migration=migration, env={"MIGRATION": "fails"})
    with pytest.raises(StepFailed, match="migrate:web"):
        town.deploy()

    assert [town.fetch(name) for name in PAIR] == ["api 1", "web 1"]
    assert town.containers() == before


@pytest.mark.parametrize(
    ("moment", "answers"),
    [
        pytest.param("started green", {"api 1"}, marks=pytest.mark.long),
        ("10 % of the requests", {"api 1", "api 2"}),
        pytest.param("web: it does not run yet", {"api 2"}, marks=pytest.mark.long),
        ("api: blue is kept", {"api 2"}),
    ],
)
def test_a_deployment_killed_at_any_step_leaves_a_good_state_and_the_next_one_completes_it(
    town: Town, tmp_path: Path, moment: str, answers: set[str]
) -> None:
    """Whatever has requests at that moment is told by the state, and the next run goes on from there."""
    town.switches(10, 100, window=600.0, hold=0.5, least_requests=0)
    town.service("api", port=3001)
    town.deploy()

    town.service("api", "2", port=3001)
    town.service("web", "2", port=3002)
    kill_deploy_when(town, moment, tmp_path)
    live = read_live(town.place).services["api"]
    assert {town.fetch("api") for _ in range(40)} == answers
    assert live.is_directed

    with Load(town, "api", clients=2) as load:
        town.deploy()

    assert load.wrong == []
    assert [town.fetch(name) for name in PAIR] == ["api 2", "web 2"]
    assert sorted(town.containers()) == ["api-blue", "api-green", "proxy", "web-blue"]
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()


def test_a_former_version_that_has_ended_is_none_to_go_back_to(town: Town, tmp_path: Path) -> None:
    """A killed takeover of all requests is settled by the next run, whose failure leaves what serves alone."""
    town.switches(100, window=600.0)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3001)
    town.service("web", "2", port=3002)
    kill_deploy_when(town, "web: started blue", tmp_path)
    stop_container(town.place, town.containers()["api-blue"], 1)

    town.service("web", "3", port=3002, smoke=(SmokeTest("never", contains="nobody", within=0.3),))
    with pytest.raises(StepFailed, match="smoke:web"):
        town.deploy()

    assert town.fetch("api") == "api 2"


@pytest.mark.long
def test_a_killed_takeover_of_a_service_that_got_another_name_is_given_back_to_that_one(
    town: Town, tmp_path: Path
) -> None:
    smoke = (SmokeTest("greets", contains="1"),)
    town.service("web", port=3001, host="www", smoke=smoke)
    town.deploy()
    town.without("web")
    town.service("app", port=3001, host="www", smoke=smoke)
    kill_deploy_when(town, "app: greets (", tmp_path)
    assert town.fetch("www") == "app 1"

    town.without("app")
    town.service("web", port=3001, host="www", smoke=(SmokeTest("greets", contains="web"),))
    with Load(town, "www", clients=2) as load:
        assert town.deploy().removed == ("app",)

    assert (load.wrong, town.fetch("www"), sorted(town.containers())) == ([], "web 1", ["proxy", "web-blue"])


def port_of(town: Town, name: str) -> int:
    """Where a service's callers reach it now."""
    route = find_route(read_routes(town.place), name)
    assert route is not None
    return route.port


def test_a_killed_takeover_that_is_wanted_no_more_is_given_back(town: Town, tmp_path: Path) -> None:
    town.switches(10, 100, hold=0.5, least_requests=0)
    town.service("api", port=3001)
    town.deploy()
    town.service("api", "2", port=3009)
    town.service("web", "2", port=3002)
    kill_deploy_when(town, "web: it does not run yet", tmp_path)
    assert read_live(town.place).services["api"].colour is Colour.GREEN

    town.without("web")
    town.service("api", "1", port=3001)
    ports: list[int] = []
    town.moments["given back to blue"] = lambda: ports.append(port_of(town, "api"))
    rollout = town.deploy()

    assert rollout.replaced == ()
    assert "api: an interrupted takeover is given back to blue" in town.told
    assert {town.fetch("api") for _ in range(40)} == {"api 1"}
    assert sorted(town.containers()) == ["api-blue", "proxy"]
    assert pending_targets(town.place, read_live(town.place), town.targets()) == ()
    assert ports == [3001], "its callers look for it there, and not only once the next deploy is done"
