"""What every container of a compose file has, whichever the file is for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from buildgraph.manifests.kinds import KINDS
from buildgraph.manifests.model import Service
from buildgraph.manifests.sealing import SCRATCH, USER
from buildgraph.manifests.variables import (
    DATABASE_URL,
    DEFAULT_DATABASE_USER,
    POSTGRES_PASSWORD,
    POSTGRES_USER,
    REDIS_PASSWORD,
    database_url,
    redis_values,
)
from buildgraph.render.compose.stack import Stack
from buildgraph.render.compose.words import DATABASES, literally, migration_name, usually
from buildgraph.render.yaml import Yaml
from buildgraph.servers import REDIS

HEALTHY, STARTED, DONE = "service_healthy", "service_started", "service_completed_successfully"
NO_NEW_RIGHTS: Final[dict[str, Yaml]] = {"security_opt": ["no-new-privileges:true"]}
# What a container of ours may do, as where buildgraph starts it itself.
SEALED: Final[dict[str, Yaml]] = {
    "user": USER,
    "init": True,
    "read_only": True,
    "tmpfs": [f"{path}:{options}" for path, options in SCRATCH.items()],
    "cap_drop": ["ALL"],
    **NO_NEW_RIGHTS,
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """How a file names secrets: by `reference`, which takes a secret's name."""

    reference: Callable[[str], str]

    def database_user(self) -> str:
        """PostgreSQL's user; most have the usual one."""
        return usually(POSTGRES_USER, DEFAULT_DATABASE_USER)


def variables(stack: Stack, service: Service, secrets: Secrets) -> dict[str, Yaml]:
    """What a service's containers are given, sorted by name."""
    found = {name: literally(value) for name, value in stack.public_values(service).items()}
    if stack.needs_database(service):
        password = secrets.reference(POSTGRES_PASSWORD)
        found[DATABASE_URL] = database_url(secrets.database_user(), password, service.database)
    if stack.needs_redis(service):
        found |= redis_values(secrets.reference(REDIS_PASSWORD))
    found |= {name: secrets.reference(name) for name, value in service.env.items() if value.secret}
    return dict(sorted(found.items()))


def waits(stack: Stack, service: Service) -> dict[str, Yaml]:
    """What has to be well before a service starts."""
    found = _servers(stack, service)
    if service.migration:
        found[migration_name(service)] = {"condition": DONE}
    names = {other.name: other for other in stack.services}
    for name in sorted(set(service.depends_on) & names.keys()):
        found[name] = {"condition": HEALTHY if _is_checked(names[name]) else STARTED}
    return {"depends_on": found} if found else {}


def migration(stack: Stack, service: Service) -> dict[str, Yaml]:
    """What the one-shot container of a migration says besides its image and variables."""
    assert service.migration is not None
    servers = _servers(stack, service)
    return {
        "command": [literally(word) for word in service.migration.command],
        **({"depends_on": servers} if servers else {}),
        "restart": "no",
        **SEALED,
    }


def check(service: Service) -> dict[str, Yaml]:
    """The health check of a service that has a command for it; the images of all others bring their own."""
    if not service.health_command:
        return {}
    return {"test": ["CMD", *(literally(word) for word in service.health_command)]}


def _servers(stack: Stack, service: Service) -> dict[str, Yaml]:
    found: dict[str, Yaml] = {}
    if stack.needs_database(service):
        found[DATABASES] = {"condition": DONE}
    if stack.needs_redis(service):
        found[REDIS] = {"condition": HEALTHY}
    return found


def _is_checked(service: Service) -> bool:
    """Whether something tells the service well: the image of a kind of ours, or a command."""
    return bool(service.health_command) or service.dockerfile == KINDS[service.kind].template
