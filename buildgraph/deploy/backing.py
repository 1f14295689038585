"""The backing services that an environment runs itself: PostgreSQL and Redis, and the databases in them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
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
from buildgraph.place.names import BACKING, FINGERPRINT, Role
from buildgraph.place.secrets import PASSWORDS
from buildgraph.place.specification import Specification, database_user, print_of
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

OTHERWISE: Final = (
    "{kind}: runs otherwise than declared, and goes on so; to have it made anew, its data kept, "
    "stop and remove {container} (or all: `buildgraph down env={environment}`), and deploy"
)


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
        for line in told_differences(place, find_containers(place, role=Role.BACKING.value)):
            tell(line)
        if POSTGRES in needed:
            for database in sorted({service.database for service in wanted if service.database}):
                _ensure_database(place, database)


def backing_specification(place: Place, backing: Backing) -> Specification:
    """The container of a backing service; settings are the server's own, as `-c` or configuration lines."""
    bare = _bare(place, backing)
    labels = {**place.labels(Role.BACKING), BACKING: backing.kind, FINGERPRINT: print_of(bare)}
    return replace(bare, labels=labels, env=_passwords(place, backing.kind))


def told_differences(place: Place, found: Iterable[Found]) -> tuple[str, ...]:
    """A line for each backing service that runs otherwise than declared, with the way to change it.

    One that an earlier version of this program made does not tell how.
    """
    by_name = {container.name: container for container in found}
    return tuple(
        OTHERWISE.format(kind=backing.kind, container=bare.name, environment=place.environment.name)
        for backing in place.environment.backing
        if (bare := _bare(place, backing)).name in by_name
        and by_name[bare.name].labels.get(FINGERPRINT, print_of(bare)) != print_of(bare)
    )


def _bare(place: Place, backing: Backing) -> Specification:
    """A backing service's container as it is declared, without the secrets that it is given: those ask programs."""
    command = {POSTGRES: postgres_command, REDIS: redis_command}[backing.kind]
    return Specification(
        name=place.named(backing.kind),
        image=place.image(backing.image),
        labels={},
        entrypoint=REDIS_ENTRYPOINT if backing.kind == REDIS else (),
        command=command(backing.settings),
        user="",
        is_sealed=False,
        network=place.prefix,
        aliases=(backing.kind,),
        mounts={place.named(backing.kind): {POSTGRES: POSTGRES_DATA, REDIS: REDIS_DATA}[backing.kind]},
        resources=backing.resources,
        stop_within=STOP_WITHIN,
    )


def _passwords(place: Place, kind: str) -> dict[str, str]:
    """What a server is given besides its settings: who may come in."""
    if kind == REDIS:
        return {REDIS_PASSWORD: place.secrets.reveal(REDIS_PASSWORD)}
    return {
        "POSTGRES_USER": database_user(place),
        "POSTGRES_PASSWORD": place.secrets.reveal(POSTGRES_PASSWORD),
        "POSTGRES_DB": "postgres",
        "PGDATA": PGDATA,
    }


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
