"""The backing services of an environment in its compose file, and the databases in them."""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.model import Backing
from buildgraph.manifests.variables import POSTGRES_PASSWORD, POSTGRES_USER, REDIS_PASSWORD
from buildgraph.render.compose.containers import HEALTHY, NO_NEW_RIGHTS, SEALED, Secrets
from buildgraph.render.compose.stack import Stack
from buildgraph.render.compose.words import DATABASES, image_variable, literally, usually
from buildgraph.render.yaml import Yaml
from buildgraph.servers import (
    ENSURE_DATABASE,
    PGDATA,
    PING_POSTGRES,
    PING_REDIS,
    POSTGRES,
    POSTGRES_DATA,
    REDIS,
    REDIS_DATA,
    REDIS_ENTRYPOINT,
    postgres_command,
    redis_command,
)

OFTEN: Final[dict[str, Yaml]] = {"interval": "5s", "timeout": "5s", "retries": 12, "start_period": "30s"}
ENSURE_EACH: Final = 'for name do sh -c "$0" "$name" || exit 1; done'


def servers(stack: Stack, secrets: Secrets) -> dict[str, dict[str, Yaml]]:
    """The servers that the environment runs itself, and the one-shot container that makes the databases."""
    found: dict[str, dict[str, Yaml]] = {}
    if postgres := stack.backing(POSTGRES):
        found[POSTGRES] = _postgres(postgres, secrets)
    if postgres and stack.databases:
        found[DATABASES] = _databases(stack, postgres, secrets)
    if redis := stack.backing(REDIS):
        found[REDIS] = _redis(redis, secrets)
    return found


def _image(backing: Backing) -> str:
    return usually(image_variable(backing.kind), backing.image)


def _postgres(backing: Backing, secrets: Secrets) -> dict[str, Yaml]:
    return {
        "image": _image(backing),
        "command": [literally(word) for word in postgres_command(backing.settings)],
        "environment": {
            "PGDATA": PGDATA,
            "POSTGRES_DB": "postgres",
            POSTGRES_PASSWORD: secrets.reference(POSTGRES_PASSWORD),
            POSTGRES_USER: secrets.database_user(),
        },
        "volumes": [f"{POSTGRES}:{POSTGRES_DATA}"],
        "healthcheck": {"test": ["CMD-SHELL", literally(PING_POSTGRES)], **OFTEN},
        "stop_grace_period": "60s",
        **NO_NEW_RIGHTS,
    }


def _databases(stack: Stack, backing: Backing, secrets: Secrets) -> dict[str, Yaml]:
    """Makes the databases that are missing, each time: a product that came later gets its own, too."""
    return {
        "image": _image(backing),
        "entrypoint": ["sh", "-c", literally(ENSURE_EACH), literally(ENSURE_DATABASE)],
        "command": list(stack.databases),
        "environment": {
            "PGHOST": POSTGRES,
            "PGPASSWORD": secrets.reference(POSTGRES_PASSWORD),
            POSTGRES_USER: secrets.database_user(),
        },
        "depends_on": {POSTGRES: {"condition": HEALTHY}},
        "restart": "no",
        **SEALED,
    }


def _redis(backing: Backing, secrets: Secrets) -> dict[str, Yaml]:
    return {
        "image": _image(backing),
        "entrypoint": [literally(word) for word in REDIS_ENTRYPOINT],
        "command": [literally(word) for word in redis_command(backing.settings)],
        "environment": {REDIS_PASSWORD: secrets.reference(REDIS_PASSWORD)},
        "volumes": [f"{REDIS}:{REDIS_DATA}"],
        "healthcheck": {"test": ["CMD-SHELL", literally(PING_REDIS)], **OFTEN},
        "stop_grace_period": "60s",
        **NO_NEW_RIGHTS,
    }
