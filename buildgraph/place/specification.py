"""Containers as values: what a service, a migration or a proxy is started with; it starts nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Final
from urllib.parse import quote

from buildgraph.manifests.addresses import public_values
from buildgraph.manifests.backing import backing_of
from buildgraph.manifests.kinds import KINDS
from buildgraph.manifests.model import Resources, Service
from buildgraph.manifests.sealing import SCRATCH, USER
from buildgraph.manifests.variables import (
    DATABASE_URL,
    DEFAULT_DATABASE_USER,
    POSTGRES_PASSWORD,
    POSTGRES_USER,
    REDIS_PASSWORD,
    database_url,
    port_value,
    redis_values,
    usual_values,
)
from buildgraph.place.model import Place, Target
from buildgraph.place.names import COLOUR, SECRETS, Colour, Role, network_names, service_labels, slot_name
from buildgraph.render.limits import LEAST_STOP, stop_seconds
from buildgraph.servers import POSTGRES, REDIS

PRINT_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Specification:
    """What a container is made from: `mounts` are paths by volume, `published` (address, port) by port.

    `lookups` are options of its resolver, in resolv.conf's words. `asks_itself`: the image's own HEALTHCHECK runs.
    """

    name: str
    image: str
    labels: Mapping[str, str]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    user: str = USER
    network: str = ""
    aliases: tuple[str, ...] = ()
    mounts: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[int, tuple[str, int]] = field(default_factory=dict)
    scratch: Mapping[str, str] = field(default_factory=lambda: SCRATCH)
    is_sealed: bool = True
    restarts: bool = True
    has_init: bool = False
    resources: Resources = field(default_factory=Resources)
    stop_within: int = LEAST_STOP
    lookups: tuple[str, ...] = ()
    asks_itself: bool = True


def print_of(bare: Specification) -> str:
    """What tells a container from one declared otherwise, for its label; variables, being secret, are left out.

    So is what is as usual, as a later version may know more parts: one that has another default for a part of now
    has to give that part another name.
    """
    shown = ((part, getattr(bare, part.name)) for part in fields(bare) if part.repr)
    told = [(part.name, value) for part, value in shown if value != _usual(part)]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:PRINT_LENGTH]


def _usual(part: Field[object]) -> object:
    return part.default if part.default_factory is MISSING else part.default_factory()


def service_containers(
    place: Place, target: Target, colour: Colour, digest: str
) -> tuple[Specification, ...]:
    """The containers of one colour of a service; `digest` is that of its secrets."""
    count = target.service.replicas_in(place.environment.name)
    return tuple(_service_container(place, target, colour, number, digest) for number in range(1, count + 1))


def migration_container(place: Place, target: Target, command: tuple[str, ...]) -> Specification:
    """The one-shot container that migrates a service's database: the new image with another command."""
    service = target.service
    return Specification(
        name=place.named(f"{service.name}-migration"),
        image=target.image,
        labels={**place.labels(Role.MIGRATION), **_labels(target)},
        env=service_env(place, service),
        command=command,
        network=place.prefix,
        restarts=False,
        has_init=True,
        resources=service.resources,
    )


def service_env(place: Place, service: Service) -> dict[str, str]:
    """The environment of a service's containers: what kind and backing give, then what its manifest says."""
    return {
        **usual_values(service),
        **_backing_env(place, service),
        **_manifest_env(place, service),
        **port_value(service),
    }


def _service_container(
    place: Place, target: Target, colour: Colour, number: int, digest: str
) -> Specification:
    service = target.service
    return Specification(
        name=place.named(slot_name(service.name, colour, number)),
        image=target.image,
        labels={
            **place.labels(Role.SERVICE),
            **_labels(target),
            COLOUR: colour.value,
            SECRETS: digest,
        },
        env=service_env(place, service),
        network=place.prefix,
        aliases=network_names(service.name, colour, number),
        has_init=True,
        resources=service.resources,
        stop_within=stop_seconds(place.environment),
        asks_itself=not _is_checked_from_outside(service),
    )


def _is_checked_from_outside(service: Service) -> bool:
    """Whether a template's HEALTHCHECK is of no use: the proxy asks the same, or a command tells what it cannot ask.

    What a Dockerfile of its own checks is its author's.
    """
    has_check = service.health_command or (service.port and service.health)
    return bool(has_check and KINDS[service.kind].template)


def _labels(target: Target) -> Mapping[str, str]:
    return service_labels(
        target.service, image=target.image, fingerprint=target.fingerprint, commit=target.commit
    )


def _backing_env(place: Place, service: Service) -> dict[str, str]:
    backing = backing_of(service, place.environment)
    env: dict[str, str] = {}
    if POSTGRES in backing:
        env[DATABASE_URL] = _database_url(place, service.database)
    if REDIS in backing:
        env |= redis_values(place.secrets.reveal(REDIS_PASSWORD))
    return env


def _database_url(place: Place, database: str) -> str:
    user = quote(database_user(place), safe="")
    password = quote(place.secrets.reveal(POSTGRES_PASSWORD), safe="")
    return database_url(user, password, database)


def database_user(place: Place) -> str:
    """The PostgreSQL user that services and migrations are."""
    return place.secrets.reveal_or(POSTGRES_USER, DEFAULT_DATABASE_USER)


def _manifest_env(place: Place, service: Service) -> dict[str, str]:
    secret = {name: place.secrets.reveal(name) for name, value in service.env.items() if value.secret}
    return {**public_values(service, place.environment, place.catalog), **secret}
