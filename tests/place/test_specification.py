"""Containers as values: what a service is given, before any engine sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from buildgraph.deploy.backing import backing_specification
from buildgraph.image.engine import Engine
from buildgraph.manifests.addresses import public_url
from buildgraph.manifests.model import Backing, Environment, EnvValue, Resources, Service
from buildgraph.place.arguments import container_arguments, host_arguments
from buildgraph.place.model import Place, Target
from buildgraph.place.names import Colour
from buildgraph.place.secrets import Secrets
from buildgraph.place.specification import (
    Specification,
    migration_container,
    print_of,
    service_containers,
    service_env,
)

BACKING = (Backing("postgres", "postgres:16"), Backing("redis", "redis:7"))
NO_ENGINE = cast(Engine, None)  # pure functions ask none


def env(**values: str) -> dict[str, EnvValue]:
    return {name: EnvValue({"*": value}) for name, value in values.items()}


def place(*services: Service, environment: Environment | None = None, **secrets: str) -> Place:
    here = environment or Environment("development", proxy_port=8480, backing=BACKING)
    return Place(NO_ENGINE, "acme", here, {}, Secrets(secrets), services)


def target(service: Service) -> Target:
    return Target(service, "sha256:cafe", "f00d", "beef", "c0ffee")


def test_a_service_is_told_its_port_and_its_health_path() -> None:
    api = Service("api", "chat", "nestjs", "api", port=3002, listens=3000, health="/api/health")

    assert service_env(place(api), api) == {
        "NODE_ENV": "production",
        "PORT": "3000",
        "HEALTH_PATH": "/api/health",
    }


def test_addresses_of_other_services_are_filled_in() -> None:
    web = Service("web", "chat", "nestjs", "web", port=3100, host="app")
    api = Service(
        "api", "chat", "nestjs", "api", port=3002, env=env(WEB="{public:web}", SELF="{service:api}/v1")
    )

    found = service_env(place(api, web), api)

    assert (found["WEB"], found["SELF"]) == ("http://app.localhost:8480", "http://proxy:3002/v1")


def test_a_public_name_that_is_not_this_machine_is_behind_tls() -> None:
    web = Service("web", "chat", "nestjs", "web", port=3100, host="app")

    assert (
        public_url(Environment("production", domain="{host}.acme.example"), web) == "https://app.acme.example"
    )


def test_database_and_redis_come_from_the_environments_backing() -> None:
    api = Service("api", "chat", "nestjs", "api", port=3002, database="chat", redis=True)

    found = service_env(
        place(api, POSTGRES_USER="acme", POSTGRES_PASSWORD="p@ss/word", REDIS_PASSWORD="r"), api
    )

    assert found["DATABASE_URL"] == "postgresql://acme:p%40ss%2Fword@postgres:5432/chat"
    assert (found["REDIS_HOST"], found["REDIS_PORT"], found["REDIS_PASSWORD"]) == ("redis", "6379", "r")


def test_without_backing_the_manifest_says_where_the_database_is() -> None:
    api = Service(
        "api",
        "chat",
        "nestjs",
        "api",
        port=3002,
        database="chat",
        env={"DATABASE_URL": EnvValue(secret=True)},
    )
    elsewhere = Environment("production")

    found = service_env(place(api, environment=elsewhere, DATABASE_URL="postgresql://x"), api)

    assert found["DATABASE_URL"] == "postgresql://x"


def test_a_secret_is_given_as_it_is_even_when_it_looks_like_a_placeholder() -> None:
    api = Service("api", "chat", "nestjs", "api", port=3002, env={"TOKEN": EnvValue(secret=True)})

    assert service_env(place(api, TOKEN="{service:nobody}"), api)["TOKEN"] == "{service:nobody}"


def test_a_colour_has_a_container_per_replica_with_names_and_labels() -> None:
    api = Service("api", "chat", "nestjs", "api", port=3002, replicas={"*": 1, "development": 2})

    first, second = service_containers(place(api), target(api), Colour.GREEN, "5ec7e7")

    assert (first.name, second.name) == ("acme-development-api-green", "acme-development-api-green-2")
    assert (first.network, first.aliases, second.aliases) == (
        "acme-development",
        ("api-green", "api"),
        ("api-green-2", "api"),
    )
    assert first.labels == {
        "buildgraph.workspace": "acme",
        "buildgraph.environment": "development",
        "buildgraph.role": "service",
        "buildgraph.product": "chat",
        "buildgraph.service": "api",
        "buildgraph.colour": "green",
        "buildgraph.image": "sha256:cafe",
        "buildgraph.fingerprint": "beef",
        "buildgraph.secrets": "5ec7e7",
        "buildgraph.commit": "c0ffee",
    }


@pytest.mark.parametrize("name", ["proxy", "redis", "postgres", "api-blue", "api-green-2"])
def test_a_service_whose_name_somebody_else_answers_to_has_none_of_its_own(name: str) -> None:
    """Requests to the proxy, to a server or to a slot of `api` would reach it now and then."""
    service = Service(name, "chat", "nestjs", "api", port=3002)

    [specification] = service_containers(place(service), target(service), Colour.BLUE, "")

    assert specification.aliases == (f"{name}-blue",)


def test_a_container_is_confined_in_the_engines_words() -> None:
    api = Service("api", "chat", "nestjs", "api", port=3002, resources=Resources(0.5, 2**29))
    [specification] = service_containers(place(api), target(api), Colour.BLUE, "")

    arguments: Mapping[str, object] = host_arguments(specification)

    assert container_arguments(specification)["user"] == "1001:1001"
    assert container_arguments(specification)["stop_timeout"] == 10
    assert arguments["read_only"] is True
    assert arguments["tmpfs"] == {"/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777"}
    assert (arguments["cap_drop"], arguments["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert (arguments["nano_cpus"], arguments["mem_limit"]) == (500_000_000, 2**29)
    assert arguments["restart_policy"] == {"Name": "always"}


def test_the_healthcheck_of_a_template_is_off_where_the_proxy_or_a_command_tells_of_health() -> None:
    """A template's asks by HTTP: a worker, whom nobody can ask so, was unhealthy to Docker for good."""
    api = Service("api", "chat", "nestjs", "api", port=3002, health="/api/health")
    worker = Service("worker", "chat", "node", "worker", health_command=("alive",))
    own = Service("own", "chat", "dockerfile", "own", port=3003, health="/")
    own_worker = Service("own-worker", "chat", "dockerfile", "own", health_command=("alive",))

    told = {
        service.name: container_arguments(one)["healthcheck"]
        for service in (api, worker, own, own_worker)
        for one in service_containers(place(service), target(service), Colour.BLUE, "")
    }

    off = {"test": ["NONE"]}
    assert told == {"api": off, "worker": off, "own": None, "own-worker": None}


@pytest.mark.parametrize("kind", ["postgres", "redis"])
def test_a_server_that_the_environment_runs_itself_keeps_to_its_limits(kind: str) -> None:
    here = place(POSTGRES_PASSWORD="p", REDIS_PASSWORD="r")
    limited = Backing(kind, f"{kind}:1", resources=Resources(1, 2**31))

    told = [host_arguments(backing_specification(here, one)) for one in (limited, Backing(kind, f"{kind}:1"))]

    assert (told[0]["nano_cpus"], told[0]["mem_limit"]) == (1_000_000_000, 2**31)
    assert not {"nano_cpus", "mem_limit"} & set(told[1])


@pytest.mark.parametrize(("drain", "stop"), [(2.0, 10), (10.4, 11), (30.0, 30), (600.0, 600)])
def test_a_container_has_as_long_to_end_as_its_requests_have_to_drain(drain: float, stop: int) -> None:
    """Pitfall 58: else the engine's own default of ten seconds would cut what may still be answered."""
    api = Service("api", "chat", "nestjs", "api", port=3002)
    here = place(api, environment=Environment("production", drain_within=drain))

    [specification] = service_containers(here, target(api), Colour.BLUE, "")

    assert container_arguments(specification)["stop_timeout"] == stop


def test_a_migration_is_the_same_image_with_another_command_that_runs_once() -> None:
    api = Service("api", "chat", "nestjs", "api", port=3002)

    specification = migration_container(place(api), target(api), ("node", "dist/migrate.js"))

    assert specification.name == "acme-development-api-migration"
    assert (specification.image, specification.command) == ("sha256:cafe", ("node", "dist/migrate.js"))
    assert not specification.restarts
    assert host_arguments(specification)["restart_policy"] is None


def test_a_specification_does_not_show_the_values_a_container_is_given() -> None:
    api = Service("api", "chat", "nestjs", "api", port=3002, env={"TOKEN": EnvValue(secret=True)})
    here = place(api, TOKEN="hunter2")

    assert "hunter2" not in repr(service_containers(here, target(api), Colour.BLUE, ""))
    assert "hunter2" not in repr(here)


def test_a_container_s_print_is_that_of_before_where_nothing_is_declared_otherwise() -> None:
    """It stands in labels of what runs: a later version may know more parts, and must not call that another one."""
    declared = Specification("acme-db", "postgres:16", {"a": "b"}, network="acme")

    assert print_of(declared) == print_of(replace(declared, env={"SECRET": "x"})) == "dda5d29f30889ab6"
    assert print_of(replace(declared, stop_within=99)) != print_of(declared)
