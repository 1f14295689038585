"""Migrations: a one-shot container of the new image changes the database before the new code serves."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from buildgraph.errors import StepFailed
from buildgraph.place.containers import (
    create_container,
    read_condition,
    read_last_lines,
    remove_container,
    start_container,
    wait_for_end,
)
from buildgraph.place.model import Place, Target, Tell
from buildgraph.place.specification import Specification, migration_container

LAST_LINES: Final = 40


def run_migration(place: Place, target: Target, tell: Tell) -> bool:
    """Run a service's migration to its end and tell what it said; whether there is one.

    StepFailed when it fails or takes too long.

    One that a killed deployment left is ended first: migrations are transactions that can be run again.
    """
    migration = target.service.migration
    if migration is None:
        return False
    run_to_its_end(place, target, migration_container(place, target, migration.command), tell)
    return True


def run_to_its_end(place: Place, target: Target, specification: Specification, tell: Tell) -> None:
    """Run the container of a migration to its end, within the time that its manifest gives it; see `run_migration`."""
    within = target.service.migration.within if target.service.migration else 0.0
    began = time.monotonic()
    remove_container(place, specification.name)
    container = create_container(place, specification).id  # the name may be another deployer's by the end
    try:
        start_container(place, container)
        code = _end_of(place, target, container, within)
        said = read_last_lines(place, container, LAST_LINES)
        condition = read_condition(place, container)
    finally:
        remove_container(place, container)
    if code != 0:
        raise StepFailed(f"migrate:{target.service.name}", f"the migration failed ({condition})", said)
    for line in said.splitlines():
        tell(f"{target.service.name}: {line}")
    tell(f"{target.service.name}: migrated in {time.monotonic() - began:.1f} s")


def _end_of(place: Place, target: Target, container: str, within: float) -> int:
    with suppress(TimeoutError):
        return wait_for_end(place, container, within)
    said = read_last_lines(place, container, LAST_LINES)
    raise StepFailed(f"migrate:{target.service.name}", f"the migration did not end within {within:g} s", said)
