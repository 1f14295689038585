"""The backing services that an environment runs itself: PostgreSQL and Redis, and the databases in them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from buildgraph.errors import StepFailed
from buildgraph.manifests.backing import backing_of
from buildgraph.manifests.model import Backing, Service
from buildgraph.manifests.variables import POSTGRES_PASSWORD, REDIS_PASSWORD
from buildgraph.place.containers import (
    Found,
    ask_in_container,
    create_container,
    find_containers,
    read_condition,
    read_last_lines,
    remove_container,
    run_in_container,
    start_container,
)
from buildgraph.place.images import ensure_image
from buildgraph.place.lock import held_backing_lock
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import BACKING, Role
from buildgraph.place.secrets import PASSWORDS
from buildgraph.place.specification import Specification, database_user
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

READY_WITHIN, PAUSE, LAST_LINES = 90.0, 0.3, 20
STOP_WITHIN: Final = 60  # seconds a database has to write what it holds
# By the address that services come from: a server may trust whoever comes from its own machine.
LOGIN: Final = {
    POSTGRES: 'psql -X -q -h "$(hostname -i | cut -d" " -f1)" -U "$POSTGRES_USER" -d postgres -c "select 1"',
    REDIS: "redis-cli ping | grep -q PONG",
}
LOGIN_NAME: Final = {POSTGRES: "PGPASSWORD", REDIS: "REDISCLI_AUTH"}
CHANGE: Final = {
    POSTGRES: "change it there first: `docker exec -it {container} psql -U {user} postgres -c '\\password'`",
    REDIS: "remove {container}, whose data stays, so that it is made anew with it",
}


def ensure_backing(place: Place, services: Iterable[Service], tell: Tell) -> None:
    """Have what these services need running, and their databases there; what runs is left alone."""
    wanted = list(services)
    needed = {kind for service in wanted for kind in backing_of(service, place.environment)}
    asked = [backing for backing in place.environment.backing if backing.kind in needed]
    if not asked:
        return
    for backing in asked:
        if not _found(place, backing.kind):
            ensure_image(place, place.image(backing.image), tell)
    with held_backing_lock(place):
        for backing in asked:
            _ensure_running(place, backing, tell)
        if POSTGRES in needed:
            for database in sorted({service.database for service in wanted if service.database}):
                _ensure_database(place, database)


def backing_specification(place: Place, backing: Backing) -> Specification:
    """The container of a backing service; settings are the server's own, as `-c` or configuration lines."""
    build = {POSTGRES: _postgres, REDIS: _redis}[backing.kind]
    return build(place, backing)


def _postgres(place: Place, backing: Backing) -> Specification:
    return Specification(
        name=place.named(POSTGRES),
        image=place.image(backing.image),
        labels={**place.labels(Role.BACKING), BACKING: POSTGRES},
        env={
            "POSTGRES_USER": database_user(place),
            "POSTGRES_PASSWORD": place.secrets.reveal(POSTGRES_PASSWORD),
            "POSTGRES_DB": "postgres",
            "PGDATA": PGDATA,
        },
        command=postgres_command(backing.settings),
        user="",
        is_sealed=False,
        network=place.prefix,
        aliases=(POSTGRES,),
        mounts={place.named(POSTGRES): POSTGRES_DATA},
        resources=backing.resources,
        stop_within=STOP_WITHIN,
    )


def _redis(place: Place, backing: Backing) -> Specification:
    return Specification(
        name=place.named(REDIS),
        image=place.image(backing.image),
        labels={**place.labels(Role.BACKING), BACKING: REDIS},
        env={REDIS_PASSWORD: place.secrets.reveal(REDIS_PASSWORD)},
        entrypoint=REDIS_ENTRYPOINT,
        command=redis_command(backing.settings),
        user="",
        is_sealed=False,
        network=place.prefix,
        aliases=(REDIS,),
        mounts={place.named(REDIS): REDIS_DATA},
        resources=backing.resources,
        stop_within=STOP_WITHIN,
    )


def _ensure_running(place: Place, backing: Backing, tell: Tell) -> None:
    """Have a backing service running and ready; one that runs is only waited for."""
    specification = backing_specification(place, backing)
    found = _found(place, backing.kind)
    if not found:
        _create(place, backing, specification, tell)
        return
    if not found[0].is_running:
        tell(f"{backing.kind}: started again")
        start_container(place, specification.name)
    _wait_until_ready(place, backing.kind, specification.name)
    _confirm_password(place, backing.kind, specification.name)


def _found(place: Place, kind: str) -> list[Found]:
    """The container of a backing service, if it is there."""
    return [c for c in find_containers(place, role=Role.BACKING.value) if c.name == place.named(kind)]


def _confirm_password(place: Place, kind: str, container: str) -> None:
    """StepFailed when a server that was here before takes another password than services would be given."""
    name = PASSWORDS[kind]
    env = {LOGIN_NAME[kind]: place.secrets.reveal(name)}
    code, _ = ask_in_container(place, container, ["sh", "-c", LOGIN[kind]], env=env)
    if code != 0:
        way_out = CHANGE[kind].format(container=container, user=database_user(place))
        raise StepFailed(
            kind, f"does not take the password that {name} says now", f"set it back, or {way_out}"
        )


def _create(place: Place, backing: Backing, specification: Specification, tell: Tell) -> None:
    """Make a backing service; one that does not get ready goes away again, and its volume stays."""
    tell(f"{backing.kind}: started")
    ensure_image(place, specification.image, tell)
    create_container(place, specification)
    try:
        start_container(place, specification.name)
        _wait_until_ready(place, backing.kind, specification.name)
    except BaseException:
        remove_container(place, specification.name)
        raise


def _wait_until_ready(place: Place, kind: str, container: str) -> None:
    ping = {POSTGRES: PING_POSTGRES, REDIS: PING_REDIS}[kind]
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(place, container, ping):
        condition = read_condition(place, container)
        if time.monotonic() > deadline or condition.restarts > 2:
            said = read_last_lines(place, container, LAST_LINES)
            raise StepFailed(kind, f"does not get ready ({condition}); its last lines:", said)
        time.sleep(PAUSE)


def _answers(place: Place, container: str, ping: str) -> bool:
    """Asked without a shell that stays open: the engine does not tell one that its container ended as it began."""
    code, _ = run_in_container(place, container, ["sh", "-c", ping])
    return code == 0


def _ensure_database(place: Place, database: str) -> None:
    code, said = ask_in_container(place, place.named(POSTGRES), ["sh", "-c", ENSURE_DATABASE, database])
    if code != 0:
        raise StepFailed(POSTGRES, f"the database {database} cannot be made", place.redact(said))
