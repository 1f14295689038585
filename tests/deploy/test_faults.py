"""What dies, fails or is full around a deployment, while clients ask throughout: real engines.

Every fault, and the test that holds it:

| fault | test |
|---|---|
| the new version never gets healthy | `test_an_unhealthy_version_is_taken_away_and_the_old_one_keeps_serving` |
| it crashes after the health gate | `test_a_version_that_crashes_after_it_was_found_well_is_given_up` |
| it fails its smoke test | `test_a_version_that_fails_its_smoke_test_gets_no_request` |
| it answers one in ten with 500 | `test_a_version_that_answers_one_in_ten_with_an_error_is_given_up` |
| its migration fails | `test_a_failing_migration_stops_the_deploy_before_anything_new_runs` |
| the registry is down at the pull | `test_a_registry_that_is_down_is_told_and_the_old_version_serves_on` |
| the engine restarts, or is killed | `test_own_engine.py`: `test_an_engine_that_restarts_brings_all_back_…` |
| the proxy is killed | `test_a_proxy_that_is_killed_comes_back_and_the_next_deploy_converges` |
| the disk is full at the pull | `test_own_engine.py`: `test_a_full_disk_is_told_and_the_old_version_serves_on` |
| the deployer is killed, at any step | `tests/deploy/test_kill_points.py` |
| the deployer's connection breaks | `test_a_connection_that_breaks_is_told_and_the_next_deploy_goes_on` |
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest

from buildgraph.errors import BuildgraphError, StepFailed, ToolError
from buildgraph.manifests.model import SmokeTest
from tests.deploy.serving import publish, serves
from tests.support.load import Load
from tests.support.registries import wait_until_ready
from tests.support.system import docker, free_port, substitute
from tests.support.town import Town
from tests.support.waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]


@pytest.mark.parametrize(
    "steps", [(10, 100), pytest.param((100,), marks=pytest.mark.long)], ids=["by steps", "at once"]
)
def test_a_version_that_crashes_after_it_was_found_well_is_given_up(
    town: Town, steps: tuple[int, ...]
) -> None:
    """Pitfall 51. By steps nobody notices; what gets all requests at once fails some before it is taken back."""
    smoke = SmokeTest("greets", contains="api")
    town.switches(*steps, hold=20.0, least_requests=10_000)
    town.service("api", port=3001, smoke=(smoke,))
    town.ship()
    before = town.containers()

    town.moments = {"api: greets (": lambda: until(lambda: town.restarts("api-green") > 0)}
    town.service("api", "2", port=3001, smoke=(smoke,), env={"BROKEN": "dies"})
    with Load(town, "api", clients=4) as load:
        with pytest.raises(StepFailed) as failed:
            town.ship()
        given_up = load.answers["api 2"]
        wrong = list(load.wrong)
        load.recover()

    assert "its container has ended" in failed.value.what
    assert "starting api 2" in failed.value.detail
    assert wrong == [] or steps == (100,)
    assert (load.wrong, load.answers["api 2"]) == ([], given_up)
    assert town.containers() == before

    town.moments = {}
    town.service("api", "3", port=3001)
    with Load(town, "api", clients=4) as load:
        town.switches(10, 100, hold=0.5, least_requests=0)
        town.ship()
    assert load.wrong == []
    serves(town, "3")


@pytest.mark.parametrize("moment", ["started green", "10 % of the requests"])
def test_a_proxy_that_is_killed_comes_back_and_the_next_deploy_converges(town: Town, moment: str) -> None:
    """Its process is killed as by a kernel out of memory; the engine starts it again, and it knows its routes."""
    town.switches(10, 100, hold=1.0, least_requests=0)
    town.service("api", port=3001)
    town.ship()

    town.moments = {moment: lambda: town.kill("proxy")}
    town.service("api", "2", port=3001)
    with Load(town, "api", clients=2) as load:
        with suppress(BuildgraphError):
            town.ship()
        load.recover()
        town.moments = {}
        town.ship()

    assert load.wrong == []
    assert set(load.answers) <= {"api 1", "api 2"}
    serves(town, "2")


# A registry ---------------------------------------------------------------------------------------------


@pytest.fixture
def failing_registry() -> Iterator[tuple[str, str]]:
    """The container and the address of a registry that may be stopped."""
    port = free_port()
    name = docker("run", "-d", "-p", f"127.0.0.1:{port}:5000", substitute("registry:2")).strip()
    wait_until_ready(port)
    yield name, f"127.0.0.1:{port}"
    docker("rm", "-fv", name)


def test_a_registry_that_is_down_is_told_and_the_old_version_serves_on(
    town: Town, failing_registry: tuple[str, str]
) -> None:
    container, address = failing_registry
    town.switches()
    town.service("api", port=3001)
    town.ship()
    before = town.containers()

    town.server = publish(town, address, {"small": b"another version"})
    town.service("api", "2", port=3001)
    docker("stop", "-t", "1", container)
    with Load(town, "api", clients=2) as load:
        with pytest.raises(ToolError) as failed:
            town.ship()
        stood = town.containers()
        docker("start", container)
        wait_until_ready(int(address.partition(":")[2]))
        town.ship()

    assert f"the registry {address} does not serve {town.server}" in str(failed.value)
    assert (stood, load.wrong) == (before, [])
    serves(town, "2")
    town.raze()
    docker("rmi", town.server)
