"""Health asked for now, of real containers: by the proxy's eyes and by their own answers."""

from __future__ import annotations

from typing import Any

import pytest

from buildgraph.deploy.checkups import Checkup, check_health
from buildgraph.errors import UnknownName
from buildgraph.place.containers import stop_container
from tests.support.town import Town
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(720)]


def told(town: Town, name: str = "") -> list[tuple[str, bool, str, str, str]]:
    """Each checkup but its container's name and time."""
    found = check_health(town.place, name)
    return [(c.service, c.is_well, c.state, c.proxy, c.answer) for c in found]


def test_what_is_well_is_found_well_by_both_and_what_shall_run_and_does_not_is_ill(town: Town) -> None:
    town.service("api", port=3001, replicas={"*": 2})
    town.deploy()
    town.service("web", port=3002)

    well = ("api", True, "running", "UP (L7OK)", "200")
    assert told(town) == [well, well, ("web", False, "it does not run", "", "")]
    assert told(town, "api") == [well, well]
    with pytest.raises(UnknownName, match="there is no service 'apii'"):
        check_health(town.place, "apii")


def test_one_that_began_to_fail_is_ill_by_its_own_answer_before_the_proxy_has_made_up_its_mind(
    town: Town,
) -> None:
    town.service("api", port=3001, env={"BROKEN": "later"})
    town.deploy()
    for _ in range(60):
        town.fetch("api")

    [checkup] = check_health(town.place)

    assert (checkup.is_well, checkup.answer) == (False, "503")
    assert checkup.seconds > 0


def test_a_container_that_has_ended_is_ill_and_its_sister_is_well(town: Town) -> None:
    town.service("api", port=3001, replicas={"*": 2})
    town.deploy()
    stop_container(town.place, town.containers()["api-blue-2"], 1)
    until(lambda: check_health(town.place)[1].state != "running")  # the engine's list follows a moment later

    assert [(c.state, c.is_well) for c in check_health(town.place)] == [("running", True), ("exited", False)]


def test_without_its_proxy_nothing_that_has_a_port_is_well(town: Town) -> None:
    town.service("api", port=3001)
    town.deploy()
    stop_container(town.place, town.containers()["proxy"], 1)

    assert told(town) == [("api", False, "running", "it does not answer", "not asked")]


def test_a_worker_is_asked_by_its_command_and_no_secret_is_told(town: Town) -> None:
    command = ("node", "-e", "console.log(process.env.TOKEN); process.exit(Number(process.env.ILL))")
    worker: dict[str, Any] = {"port": 0, "host": "", "health_command": command, "secret": ("TOKEN",)}
    town.secrets(TOKEN="hunter2-secret")
    town.service("worker", env={"ILL": "0"}, **worker)
    town.deploy()

    [checkup] = check_health(town.place)

    assert (checkup.is_well, checkup.proxy) == (True, "")
    assert checkup.answer.startswith("exit code 0: ") and "hunter2" not in checkup.answer


def test_where_nothing_was_deployed_all_is_told_as_not_running(town: Town) -> None:
    town.service("api", port=3001)

    assert check_health(town.place) == (Checkup("api", "town", "", "it does not run", is_well=False),)
