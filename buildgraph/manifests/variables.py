"""The variables that a service's containers are given on any platform; values of secrets come from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildgraph.manifests.addresses import public_values
from buildgraph.manifests.model import Environment, Service

# The secrets of backing services that an environment runs itself.
POSTGRES_PASSWORD, POSTGRES_USER, REDIS_PASSWORD = "POSTGRES_PASSWORD", "POSTGRES_USER", "REDIS_PASSWORD"
DEFAULT_DATABASE_USER: Final = "postgres"
DATABASE_URL: Final = "DATABASE_URL"
# By which adapter-node finds out who asks; it answers with an error where that header is not sent.
ADDRESS_HEADER: Final = "ADDRESS_HEADER"


def database_url(user: str, password: str, database: str) -> str:
    """Where a service finds its database on the PostgreSQL of its environment; user and password as a URL has them."""
    return f"postgresql://{user}:{password}@postgres:5432/{database}"


def redis_values(password: str) -> dict[str, str]:
    """How a service reaches the Redis of its environment."""
    return {"REDIS_HOST": "redis", "REDIS_PORT": "6379", REDIS_PASSWORD: password}


def usual_values(service: Service) -> dict[str, str]:
    """What is given and not written, unless the manifest says otherwise."""
    health = {"HEALTH_PATH": service.health} if service.health else {}
    return {"NODE_ENV": "production", **_kind_values(service), **health}


def port_value(service: Service) -> dict[str, str]:
    """The port it listens on, which no manifest may say otherwise."""
    port = service.listens or service.port
    return {"PORT": str(port)} if port else {}


def plain_values(service: Service, environment: Environment, catalog: Iterable[Service]) -> dict[str, str]:
    """All that a service's containers are given besides secrets, where nobody runs backing services for it."""
    return {**usual_values(service), **public_values(service, environment, catalog), **port_value(service)}


def _kind_values(service: Service) -> dict[str, str]:
    """What SvelteKit's adapter-node needs behind a proxy: it takes origin and client from these headers."""
    if service.kind != "sveltekit":
        return {}
    return {
        "PROTOCOL_HEADER": "x-forwarded-proto",
        "HOST_HEADER": "x-forwarded-host",
        ADDRESS_HEADER: "x-forwarded-for",
    }
