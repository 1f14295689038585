"""Servers that live for one task: made from a backing service's own image, gone afterwards with all they hold."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from buildgraph.deploy.backing import backing_specification
from buildgraph.errors import StepFailed
from buildgraph.place.containers import (
    create_container,
    read_condition,
    read_last_lines,
    remove_container,
    run_in_container,
    start_container,
)
from buildgraph.place.images import ensure_image
from buildgraph.place.model import Place, silently
from buildgraph.place.names import Role
from buildgraph.place.specification import Specification
from buildgraph.place.streams import copy_into_container
from buildgraph.servers import PING_POSTGRES, PING_REDIS, POSTGRES, REDIS

READY_WITHIN, PAUSE, LAST_LINES = 90.0, 0.2, 20
# What is lost with the container need not be safe on a disk.
HASTY: Final = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
FOLDER, SNAPSHOT = "/tmp", "scratch.rdb"
# The last word counts, so these follow the environment's own settings.
FROM_SNAPSHOT: Final = (
    f"dir {FOLDER}",
    f"dbfilename {SNAPSHOT}",
    "appendonly no",
    'save ""',
    "maxmemory 0",
    "repl-diskless-sync yes",
    "repl-diskless-sync-delay 0",
)
NO_FILES: Final[Mapping[str, Path]] = MappingProxyType({})


@contextmanager
def scratch_postgres(place: Place, product: str) -> Iterator[str]:
    """A PostgreSQL server with nothing in it, as the environment's own is set up; the container's name."""
    usual = _usual(place, POSTGRES)
    made = replace(
        usual,
        name=_name(place, product, POSTGRES),
        env={**usual.env, "POSTGRES_PASSWORD": secrets.token_hex(16)},
        command=(*usual.command, *HASTY),
    )
    with _running(place, made):
        _wait_until_ready(place, made.name, PING_POSTGRES)
        yield made.name


@contextmanager
def postgres_client(place: Place, product: str) -> Iterator[str]:
    """A container with PostgreSQL's programs and a disk of its own, and no server; its name."""
    usual = _usual(place, POSTGRES)
    made = replace(
        usual,
        name=_name(place, product, "client"),
        env={},
        entrypoint=("sleep",),
        command=("infinity",),
        has_init=True,
    )
    with _running(place, made):
        yield made.name


@contextmanager
def scratch_redis(place: Place, product: str, snapshot: Path) -> Iterator[str]:
    """A Redis server that has started from a snapshot, as the environment's own is set up; the container's name.

    StepFailed with its last lines when it cannot start from that.
    """
    usual = _usual(place, REDIS)
    made = replace(usual, name=_name(place, product, REDIS), command=(*usual.command, *FROM_SNAPSHOT))
    with _running(place, made, {SNAPSHOT: snapshot}):
        _wait_until_ready(place, made.name, PING_REDIS)
        yield made.name


def _usual(place: Place, kind: str) -> Specification:
    """The backing service's own container as one that is gone with all it holds."""
    backing = next(backing for backing in place.environment.backing if backing.kind == kind)
    return replace(
        backing_specification(place, backing),
        labels=place.labels(Role.MIGRATION),  # a one-shot container beside the services: `down` ends it
        aliases=(),
        mounts={},
        restarts=False,
    )


def _name(place: Place, product: str, what: str) -> str:
    return place.named(f"{product}-scratch-{what}")


@contextmanager
def _running(
    place: Place, specification: Specification, files: Mapping[str, Path] = NO_FILES
) -> Iterator[None]:
    """Have a container for as long as the block runs; one that a killed run has left is ended first."""
    ensure_image(place, specification.image, silently)
    remove_container(place, specification.name)
    container = create_container(place, specification).id
    try:
        if files:
            copy_into_container(place, container, FOLDER, files)
        start_container(place, container)
        yield
    finally:
        remove_container(place, container)


def _wait_until_ready(place: Place, container: str, ping: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while run_in_container(place, container, ["sh", "-c", ping])[0] != 0:
        condition = read_condition(place, container)
        if time.monotonic() > deadline or not condition.is_running:
            said = read_last_lines(place, container, LAST_LINES)
            raise StepFailed("scratch", f"the scratch server does not get ready ({condition}):", said)
        time.sleep(PAUSE)
