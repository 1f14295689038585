"""A backup brought back: loaded beside what is there, compared, put in its place at once, the former kept."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from buildgraph.backup.contents import has_tables
from buildgraph.backup.databases import read_databases, swap_databases
from buildgraph.backup.files import check_files
from buildgraph.backup.holdings import services_of
from buildgraph.backup.loading import drop_coming, load
from buildgraph.backup.making import back_up
from buildgraph.backup.records import SAFETY
from buildgraph.backup.request import Request, check_request
from buildgraph.backup.restarting import restart, users_of
from buildgraph.backup.restoring import Restoring, Swap, locked, swaps_of
from buildgraph.backup.snapshots import bring_back, count_keys
from buildgraph.backup.stores import Store
from buildgraph.deploy.backing import ensure_backing
from buildgraph.deploy.live import LiveService
from buildgraph.deploy.migration import run_migration
from buildgraph.deploy.rollout import ensure_ground
from buildgraph.errors import BuildgraphError, StepFailed
from buildgraph.image.sizes import told_size
from buildgraph.place.audit import Deed, recorded
from buildgraph.place.images import ensure_image
from buildgraph.place.lock import held_shared_lock
from buildgraph.place.model import Place, Target, Tell


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done: what the databases that were there are called now, and what was saved first."""

    backup: str
    former: tuple[str, ...] = ()
    safety: str = ""


def restore(place: Place, request: Request, source: Store, safety: Store, tell: Tell) -> Restored:
    """Bring a backup back. Raises ConfigurationError or StepFailed before anything changes when it cannot be.

    What is there is backed up to `safety` first. The backup is loaded into new databases, compared and
    migrated by the images that run, while the product goes on serving; then they take the place of the
    others in one transaction. The others are kept. Interrupted before that, nothing has changed.
    """
    record = check_request(place, request)
    ensure_image(place, place.image(place.environment.proxy_image), tell)  # locks are made from it
    began = time.monotonic()
    with source.fetching(request.backup.key, tuple(file.name for file in record.files)) as folder:
        check_files(record, folder)
        tell(f"{record.id} of {record.environment}: whole ({told_size(record.size)})")
        with (
            locked(place, request.product, record) as lock,
            recorded(
                place, Deed("restore", request.product, reason=f"{record.environment}/{record.id}"), tell
            ),
        ):
            restored = _restored(Restoring(lock, request, record, folder, tell), safety)
    tell(f"restored in {time.monotonic() - began:.1f} s")
    return restored


def _restored(restoring: Restoring, safety: Store) -> Restored:
    place = restoring.place
    with held_shared_lock(place):
        ensure_ground(place, restoring.tell)
    ensure_backing(place, services_of(place, restoring.request.product), restoring.tell)
    saved = _save(restoring, safety)
    users = users_of(restoring)
    swaps = swaps_of(restoring.record)
    try:
        load(restoring, swaps)
        _migrate(restoring, swaps, users)
        restoring.lock.confirm()
    except BaseException:
        drop_coming(place, swaps)
        raise
    former = _swap(restoring, swaps)
    try:
        _restore_redis(restoring)
        restart(restoring, users)
    except BuildgraphError as error:
        raise _half_done(error, former, saved) from error
    return Restored(restoring.record.id, former, saved)


def _half_done(error: BuildgraphError, former: tuple[str, ...], saved: str) -> StepFailed:
    """What to tell when the databases are in place, and what follows failed."""
    back = f"from={saved} takes it back" if saved else ""
    kept = f"the former databases are kept: {', '.join(former)}" if former else ""
    told = "\n".join(filter(None, [str(error), kept, back]))
    return StepFailed("restore", "the databases are in place, but what follows failed", told)


def _save(restoring: Restoring, safety: Store) -> str:
    """Back up what is there; an environment that was just made has nothing to save."""
    if _is_empty(restoring):
        restoring.tell("nothing is there yet that could be saved first")
        return ""
    saved = back_up(restoring.place, restoring.request.product, safety, restoring.tell, SAFETY)
    return saved.id if saved else ""


def _is_empty(restoring: Restoring) -> bool:
    place, holdings = restoring.place, restoring.holdings
    holds_rows = any(has_tables(place, database) for database in holdings.databases)
    return not holds_rows and not (holdings.redis and count_keys(place))


def _migrate(restoring: Restoring, swaps: Iterable[Swap], users: Iterable[LiveService]) -> None:
    """Bring old data to what the running images expect, before they see it."""
    coming = {swap.dump.database: swap.coming for swap in swaps}
    declared = {service.name: service for service in restoring.place.catalog}
    for live in users:
        service = declared[live.name]
        if service.migration and service.database in coming and live.image:
            moved = replace(service, database=coming[service.database])
            target = Target(moved, live.image, "", live.fingerprint, live.commit)
            run_migration(restoring.place, target, restoring.tell)


def _swap(restoring: Restoring, swaps: list[Swap]) -> tuple[str, ...]:
    """Put the new databases in the others' place; the names of those that are kept."""
    if not swaps:
        return ()
    held = read_databases(restoring.place)
    began = time.monotonic()
    swap_databases(restoring.place, [swap.names for swap in swaps], held)
    restoring.tell(f"in place; the change took {time.monotonic() - began:.1f} s")
    former = tuple(swap.former for swap in swaps if swap.dump.database in held)
    for name in former:
        restoring.tell(f"what was there is kept as {name}")
    return former


def _restore_redis(restoring: Restoring) -> None:
    """Bring Redis back where it is this product's alone: a server does not tell whose its keys are."""
    place, product, snapshot = restoring.place, restoring.request.product, restoring.record.redis
    if snapshot is None or not restoring.holdings.redis:
        return
    others = sorted({s.product for s in place.catalog if s.redis and s.product != product})
    if others and not restoring.request.redis:
        way_out = "redis=yes brings it back for all"
        restoring.tell(f"redis: left as it is, for {', '.join(others)} uses it too; {way_out}")
        return
    restoring.tell(f"redis: {bring_back(place, product, restoring.folder / snapshot.name)} keys brought back")
