"""The secrets that an environment needs, by name: those of its services and of the servers that it runs itself."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from buildgraph.manifests.model import Environment, Manifests
from buildgraph.manifests.variables import POSTGRES_PASSWORD, POSTGRES_USER, REDIS_PASSWORD

OF_SERVERS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "postgres": {
            POSTGRES_USER: "the user of PostgreSQL; postgres where it is left empty",
            POSTGRES_PASSWORD: "its password; letters and digits, for it becomes part of URLs",
        },
        "redis": {REDIS_PASSWORD: "the password of Redis"},
    }
)


def users_of_secrets(manifests: Manifests) -> dict[str, list[str]]:
    """The services that are given a secret, by its name, sorted."""
    needed: dict[str, list[str]] = {}
    for service in (service for service in manifests.services if service.deployed):
        for name, value in service.env.items():
            if value.secret:
                needed.setdefault(name, []).append(service.name)
    return dict(sorted(needed.items()))


def users_in_builds(manifests: Manifests) -> dict[str, list[str]]:
    """The services whose builds see a secret, by its name, sorted."""
    needed: dict[str, list[str]] = {}
    for service in manifests.services:
        for name in service.build_secrets:
            needed.setdefault(name, []).append(service.name)
    return dict(sorted(needed.items()))


def secret_names(manifests: Manifests, environment: Environment) -> tuple[str, ...]:
    """All of them, sorted."""
    servers = [name for backing in environment.backing for name in OF_SERVERS[backing.kind]]
    return tuple(sorted({*servers, *users_of_secrets(manifests), *users_in_builds(manifests)}))
