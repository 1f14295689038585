"""Backing services and the end of an environment, with real servers and their volumes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from buildgraph.deploy.down import stop_environment
from buildgraph.deploy.live import read_live
from buildgraph.deploy.logs import read_logs
from buildgraph.deploy.on_engine import EnginePlatform
from buildgraph.errors import StepFailed, UnknownName
from buildgraph.place.containers import run_in_container
from buildgraph.place.lock import held_product_lock
from tests.support.system import docker
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1440)]


@pytest.fixture
def stocked(town: Town) -> Town:
    """An environment with a database and a Redis, both in use."""
    town.secrets(POSTGRES_USER="acme", POSTGRES_PASSWORD="it's p@ss", REDIS_PASSWORD='r"e\\d $is')
    town.has_backing(postgres="postgres:16-alpine", redis="redis:7-alpine")
    town.service("api", port=3001, database="chat", redis=True)
    town.deploy()
    return town


def test_a_server_that_gets_ready_holds_up_no_other_product(town: Town) -> None:
    """The lock that every change of requests needs is free meanwhile; a second product waits for the server alone."""
    held: list[str] = []
    town.moments = {"redis: started": lambda: held.extend(n for n in town.containers() if "lock" in n)}
    town.secrets(REDIS_PASSWORD="it's p@ss")
    town.has_backing(redis="redis:7-alpine")
    town.service("api", port=3001, redis=True)

    town.deploy()

    assert sorted(held) == ["lock-backing", "town-lock"]


def test_databases_and_passwords_are_there_and_the_same_again_restarts_nothing(stocked: Town) -> None:
    env, before = stocked.env_of("api"), stocked.containers()
    login = ["sh", "-c", 'psql -X -A -t "$0" -c "select current_database()"', env["DATABASE_URL"]]
    ping = ["sh", "-c", 'REDISCLI_AUTH="$0" redis-cli -h redis ping', env["REDIS_PASSWORD"]]

    assert run_in_container(stocked.place, stocked.place.named("postgres"), login) == (0, "chat\n")
    assert run_in_container(stocked.place, stocked.place.named("redis"), ping) == (0, "PONG\n")
    refused = run_in_container(
        stocked.place, stocked.place.named("redis"), ["redis-cli", "-h", "redis", "ping"]
    )
    assert "NOAUTH" in refused[1]

    stocked.deploy()

    assert stocked.containers() == before


def test_a_redis_writes_its_password_to_no_disk(town: Town) -> None:
    town.secrets(REDIS_PASSWORD="it's p@ss")
    town.has_backing(redis="redis:7-alpine")
    town.service("api", port=3001, redis=True)
    town.deploy()

    assert docker("diff", town.place.named("redis")) == ""


def test_a_password_that_the_database_does_not_know_is_told_and_nothing_is_replaced(stocked: Town) -> None:
    before = stocked.containers()
    stocked.secrets(POSTGRES_USER="acme", POSTGRES_PASSWORD="another one", REDIS_PASSWORD='r"e\\d $is')

    with pytest.raises(
        StepFailed, match="does not take the password that POSTGRES_PASSWORD says now"
    ) as told:
        stocked.deploy()

    assert "docker exec" in str(told.value) and "another one" not in str(told.value)
    assert stocked.containers() == before
    stocked.query("alter role acme password 'another one'")
    assert stocked.deploy().replaced == ("api",)


def test_a_server_that_is_declared_otherwise_goes_on_and_that_is_told(stocked: Town) -> None:
    redis = stocked.place.named("redis")
    before = stocked.containers()
    assert EnginePlatform(stocked.place).remarks() == ()
    settings = {"maxmemory": "64mb"}
    backing = tuple(
        replace(each, settings=settings) if each.kind == "redis" else each
        for each in stocked.place.environment.backing
    )
    stocked.settings(backing=backing)

    assert stocked.deploy().unchanged == ("api",)

    [remark] = EnginePlatform(stocked.place).remarks()
    assert remark.startswith("redis: runs otherwise than declared, and goes on so;")
    assert (remark in stocked.told, stocked.containers()) == (True, before)
    docker("rm", "-f", redis)
    stocked.deploy()
    assert EnginePlatform(stocked.place).remarks() == ()
    assert "maxmemory 64mb" in docker("inspect", "-f", "{{.Args}}", redis)


def test_down_keeps_data_for_the_next_deploy_and_with_volumes_leaves_nothing(stocked: Town) -> None:
    stocked.query("create table messages as select 'hello' as text")
    refused: list[str] = []

    def tell(line: str) -> None:
        stocked.told.append(line)
        if not refused:
            with pytest.raises(StepFailed, match=r"is held by .*\(the environment is stopped\)"):
                stocked.deploy()
            refused.append(line)

    network = stocked.place.prefix
    watcher = docker("create", "--name", f"{network}-watcher", "--network", network, stocked.server).strip()
    docker("start", watcher)
    stop_environment(stocked.place, volumes=False, tell=tell)
    docker("rm", "-f", watcher)
    assert stocked.told[-1] == f"the network stays, for {stocked.place.prefix}-watcher"
    assert len(refused) == 1
    assert stocked.containers() == {}
    assert stocked.volumes() == {"postgres", "redis", "state"}
    stocked.deploy()

    assert stocked.query("select text from messages") == "hello"
    assert stocked.fetch("api") == "api 1"

    gone = stop_environment(stocked.place, volumes=True, tell=stocked.told.append)

    assert stocked.place.named("postgres") in gone
    assert (stocked.containers(), stocked.volumes()) == ({}, set())
    assert stop_environment(stocked.place, volumes=True, tell=stocked.told.append) == ()
    assert stocked.told[-1] == f"nothing runs in {stocked.place.environment.name}"


def test_down_is_refused_while_somebody_deploys(town: Town) -> None:
    town.service("api")
    town.deploy()

    with held_product_lock(town.place, "town"), pytest.raises(StepFailed, match="is being deployed by"):
        stop_environment(town.place, volumes=True, tell=town.told.append)

    assert town.fetch("api") == "api 1"


def test_a_wrong_image_of_a_backing_service_shows_its_last_lines(town: Town) -> None:
    town.secrets(POSTGRES_PASSWORD="p")
    town.has_backing(postgres=town.place.images["haproxy:2.9"])
    town.service("api", database="chat")

    with pytest.raises(StepFailed, match="postgres: does not get ready") as failed:
        town.deploy()

    assert "exec: postgres: not found" in str(failed.value)
    assert sorted(town.containers()) == ["proxy"]


def test_what_runs_and_what_it_says_can_be_read(town: Town) -> None:
    assert read_live(town.place).services == {}
    town.service("api")
    town.deploy()

    api = read_live(town.place).services["api"]

    assert (api.is_running, api.is_healthy, api.is_directed) == (True, True, True)
    assert (api.commit, api.image, api.product) == ("c0ffee", town.server, "town")
    assert api.since is not None
    assert read_logs(town.place, "api") == ((town.place.named("api-blue"), "starting api 1"),)
    with pytest.raises(UnknownName, match="did you mean api"):
        read_logs(town.place, "apy")
