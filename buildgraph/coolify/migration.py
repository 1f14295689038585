"""Migrations of services that Coolify runs: the new image, once, on this machine's engine, before Coolify hears of it.

Coolify has no such step: its pre-deployment command is run by `docker exec` in the container that serves still
(`run_pre_deployment_command` in app/Jobs/ApplicationDeploymentJob.php), which is the old version.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from buildgraph.coolify.lock import Lock, held_lock
from buildgraph.coolify.pending import check_targets
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.deploy.migration import run_to_its_end
from buildgraph.deploy.pending import in_order
from buildgraph.place.audit import Deed
from buildgraph.place.images import ensure_image
from buildgraph.place.model import Target, Tell
from buildgraph.place.specification import migration_container

# A database inside Coolify is mostly reached by a tunnel that ends on this machine's loopback.
NETWORK: Final = "host"


def migrate_product(place: CoolifyPlace, deed: Deed, targets: Iterable[Target], tell: Tell) -> None:
    """Run the migrations of targets and nothing else; ConfigurationError where none may run."""
    wanted = tuple(targets)
    check_targets(place, wanted)
    with held_lock(place, deed.product, deed.reason or deed.kind, tell) as lock:
        for target in in_order(wanted):
            run_migration(lock, target, tell)


def run_migration(lock: Lock, target: Target, tell: Tell) -> None:
    """Run a service's migration here, with what its container is given there; StepFailed when it fails.

    `MIGRATION_DATABASE_URL` is a secret of the service like others: for images that prefer it to DATABASE_URL.
    """
    migration = target.service.migration
    if migration is None:
        return
    place = lock.place.place
    lock.check()
    ensure_image(place, target.image, tell)
    specification = replace(migration_container(place, target, migration.command), network=NETWORK)
    run_to_its_end(place, target, specification, tell)
