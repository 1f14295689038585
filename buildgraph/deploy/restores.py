"""A backup brought back: loaded beside what is there, compared, put in its place at once, the former kept."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from buildgraph.deploy.audit import Deed, recorded
from buildgraph.deploy.backing import ensure_backing
from buildgraph.deploy.backup_stores import Store, sha256_of
from buildgraph.deploy.backups import (
    MOST_TOLD,
    Holdings,
    Listed,
    back_up,
    check_running,
    holdings_of,
    services_of,
    told_size,
)
from buildgraph.deploy.dumps import (
    DUMP_FILE,
    DUMP_FOLDER,
    FORMER,
    POSTGRES,
    RESTORED,
    beside_name,
    differences,
    drop_database,
    has_tables,
    kept_name,
    load_into_server,
    read_contents,
    read_databases,
    read_version,
    swap_databases,
)
from buildgraph.deploy.health import wait_until_healthy
from buildgraph.deploy.images import ensure_image
from buildgraph.deploy.live import LiveService, read_live
from buildgraph.deploy.lock import Lock, held_product_lock, held_shared_lock
from buildgraph.deploy.migration import run_migration
from buildgraph.deploy.model import Place, Target, Tell
from buildgraph.deploy.names import Colour, slot_name
from buildgraph.deploy.network import refuse_foreign
from buildgraph.deploy.records import SAFETY, DatabaseDump, Record
from buildgraph.deploy.rollout import ensure_ground
from buildgraph.deploy.scratch import postgres_client
from buildgraph.deploy.secrets import check_secrets
from buildgraph.deploy.snapshots import bring_back, count_keys
from buildgraph.deploy.specification import stop_limit
from buildgraph.deploy.state import state_volume
from buildgraph.deploy.streams import copy_into_container
from buildgraph.errors import BuildgraphError, ConfigurationError, Mistake, StepFailed, UnknownName
from buildgraph.image.engine import told_plainly
from buildgraph.manifests.model import Service

STAMP, STAMPED = "%Y%m%d%H%M%S", 14
LEFT_OVER: Final = re.compile(rf"\w+_{RESTORED}_\d{{14}}")
KEPT: Final = re.compile(rf"\w+_{FORMER}_\d{{14}}")


@dataclass(frozen=True, slots=True)
class Request:
    """What shall be brought back to a product: a backup, and what its user insists on.

    `force` takes the backup of another environment; `redis` brings Redis back although other products
    use it too.
    """

    product: str
    backup: Listed
    force: bool = False
    redis: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore has done: what the databases that were there are called now, and what was saved first."""

    backup: str
    former: tuple[str, ...] = ()
    safety: str = ""


@dataclass(frozen=True, slots=True)
class _Work:
    """A restore under way: the lock it holds, what is wanted, and the folder with the backup's files."""

    lock: Lock
    request: Request
    record: Record
    folder: Path
    tell: Tell

    @property
    def place(self) -> Place:
        """Where it happens."""
        return self.lock.place

    @property
    def holdings(self) -> Holdings:
        """What the product has here."""
        return holdings_of(self.place, services_of(self.place, self.request.product))


@dataclass(frozen=True, slots=True)
class _Swap:
    """A database, its dump, and the names of the one to come and the one to go."""

    dump: DatabaseDump
    coming: str
    former: str

    @property
    def names(self) -> tuple[str, str, str]:
        """As `swap_databases` takes them."""
        return self.dump.database, self.coming, self.former


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
        _check_files(record, folder)
        tell(f"{record.id} of {record.environment}: whole ({told_size(record.size)})")
        with (
            _locked(place, request.product, record) as lock,
            recorded(
                place, Deed("restore", request.product, reason=f"{record.environment}/{record.id}"), tell
            ),
        ):
            restored = _restored(_Work(lock, request, record, folder, tell), safety)
    tell(f"restored in {time.monotonic() - began:.1f} s")
    return restored


def load_beside(place: Place, request: Request, source: Store, tell: Tell) -> tuple[str, ...]:
    """Load a backup's databases beside those that serve, as NAME_beside, to take single rows from; their names.

    Nothing else changes; what an earlier call has loaded goes. Raises as `restore` does.
    """
    record = check_request(place, request)
    ensure_image(place, place.image(place.environment.proxy_image), tell)
    with source.fetching(request.backup.key, tuple(file.name for file in record.files)) as folder:
        _check_files(record, folder)
        with _locked(place, request.product, record) as lock:
            work = _Work(lock, request, record, folder, tell)
            check_running(place, work.holdings)
            swaps = [_Swap(dump, beside_name(dump.database), "") for dump in record.databases]
            _drop_coming(place, swaps)
            try:
                _load(work, swaps)
            except BaseException:
                _drop_coming(place, swaps)
                raise
    for swap in swaps:
        tell(f"{swap.dump.database} as it was is {swap.coming}")
    return tuple(swap.coming for swap in swaps)


def check_request(place: Place, request: Request) -> Record:
    """The record of the backup that is asked for; every mistake at once when it cannot be brought back here."""
    backup, record = request.backup, request.backup.record
    if record is None:
        raise StepFailed(f"backup {backup.id}", backup.problem, "take another one: `buildgraph backups`")
    mistakes = list(_mistakes(place, request, record))
    if mistakes:
        raise ConfigurationError(mistakes)
    check_secrets(services_of(place, request.product), place.environment, place.secrets)
    volumes = [place.named(backing.kind) for backing in place.environment.backing]
    refuse_foreign(place, [state_volume(place), *volumes])
    return record


def former_databases(place: Place, product: str) -> dict[str, int]:
    """The databases that restores have put aside, or loaded beside, with their sizes in bytes."""
    own = holdings_of(place, services_of(place, product)).databases
    held = read_databases(place) if own else {}
    return {
        name: size
        for name, size in held.items()
        if name in {beside_name(database) for database in own}
        or (KEPT.fullmatch(name) and name in {kept_name(o, FORMER, name[-STAMPED:]) for o in own})
    }


def drop_former(place: Place, product: str, name: str) -> None:
    """Drop a database that a restore has put aside; UnknownName for any other."""
    known = former_databases(place, product)
    if name not in known:
        raise UnknownName(f"database that a restore of {product} has put aside", name, known)
    with (
        held_product_lock(place, product),
        recorded(place, Deed("drop", product, reason=name), _silently),
    ):
        drop_database(place, name)


def _mistakes(place: Place, request: Request, record: Record) -> Iterator[Mistake]:
    where = f"backup {record.id}"
    if record.workspace != place.workspace:
        yield Mistake(where, f"is of the workspace {record.workspace}, not {place.workspace}")
    if record.product != request.product:
        way_out = f"restore:{record.product} brings it back"
        yield Mistake(where, f"is of the product {record.product}, not {request.product}", way_out)
    if record.environment != place.environment.name and not request.force:
        way_out = "force=yes brings it back all the same"
        yield Mistake(where, f"is of {record.environment}, not {place.environment.name}", way_out)
    holdings = holdings_of(place, services_of(place, request.product))
    held = {dump.database for dump in record.databases}
    for database in sorted(held - set(holdings.databases)):
        yield Mistake(where, f"has the database {database}, which no service of {request.product} has here")
    for database in sorted(set(holdings.databases) - held):
        yield Mistake(where, f"lacks the database {database}", "take a backup that was made since it came")


def _check_files(record: Record, folder: Path) -> None:
    """Every file's bytes against what was written."""
    damaged = [file.name for file in record.files if sha256_of(folder / file.name) != file.sha256]
    if damaged:
        raise StepFailed(
            f"backup {record.id}",
            f"is damaged: {', '.join(damaged)}",
            "take another one: `buildgraph backups`",
        )


@contextmanager
def _locked(place: Place, product: str, record: Record) -> Iterator[Lock]:
    """The deploy locks of the product and of all others that use the same databases."""
    databases = {dump.database for dump in record.databases}
    others = {service.product for service in place.catalog if service.database in databases} - {product}
    with ExitStack() as stack:
        for other in sorted(others):
            stack.enter_context(held_product_lock(place, other))
        yield stack.enter_context(held_product_lock(place, product))


def _restored(work: _Work, safety: Store) -> Restored:
    place = work.place
    with held_shared_lock(place):
        ensure_ground(place, work.tell)
    ensure_backing(place, services_of(place, work.request.product), work.tell)
    saved = _save(work, safety)
    users = _users(work)
    swaps = _swaps(work.record)
    try:
        _load(work, swaps)
        _migrate(work, swaps, users)
        work.lock.confirm()
    except BaseException:
        _drop_coming(place, swaps)
        raise
    former = _swap(work, swaps)
    try:
        _restore_redis(work)
        _restart(work, users)
    except BuildgraphError as error:
        raise _half_done(error, former, saved) from error
    return Restored(work.record.id, former, saved)


def _half_done(error: BuildgraphError, former: tuple[str, ...], saved: str) -> StepFailed:
    """What to tell when the databases are in place, and what follows failed."""
    back = f"from={saved} takes it back" if saved else ""
    kept = f"the former databases are kept: {', '.join(former)}" if former else ""
    told = "\n".join(filter(None, [str(error), kept, back]))
    return StepFailed("restore", "the databases are in place, but what follows failed", told)


def _save(work: _Work, safety: Store) -> str:
    """Back up what is there; an environment that was just made has nothing to save."""
    if _is_empty(work):
        work.tell("nothing is there yet that could be saved first")
        return ""
    saved = back_up(work.place, work.request.product, safety, work.tell, SAFETY)
    return saved.id if saved else ""


def _is_empty(work: _Work) -> bool:
    place, holdings = work.place, work.holdings
    holds_rows = any(has_tables(place, database) for database in holdings.databases)
    return not holds_rows and not (holdings.redis and count_keys(place))


def _swaps(record: Record) -> list[_Swap]:
    stamp = datetime.now(UTC).strftime(STAMP)
    return [
        _Swap(dump, kept_name(dump.database, RESTORED, stamp), kept_name(dump.database, FORMER, stamp))
        for dump in record.databases
    ]


def _load(work: _Work, swaps: Iterable[_Swap]) -> None:
    """Load every dump into a database of its own beside the one that serves, and compare."""
    _drop_left_over(work)
    with postgres_client(work.place, work.request.product) as client:
        for swap in swaps:
            began = time.monotonic()
            copy_into_container(work.place, client, DUMP_FOLDER, {DUMP_FILE: work.folder / swap.dump.name})
            load_into_server(work.place, client, swap.dump, swap.coming)
            _compare(work.place, swap)
            rows, took = swap.dump.contents.rows, time.monotonic() - began
            work.tell(f"{swap.dump.database}: {rows} rows loaded beside it and compared in {took:.1f} s")


def _compare(place: Place, swap: _Swap) -> None:
    """The digests of rows mean the same within one major version of the server."""
    is_same = read_version(place).partition(".")[0] == swap.dump.server.partition(".")[0]
    found = read_contents(place, place.named(POSTGRES), swap.coming)
    if differing := differences(swap.dump.contents, found, digests=is_same):
        told = "\n".join(differing[:MOST_TOLD])
        raise StepFailed(f"restore {swap.dump.database}", "what was loaded is not what was dumped", told)


def _migrate(work: _Work, swaps: Iterable[_Swap], users: Iterable[LiveService]) -> None:
    """Bring old data to what the running images expect, before they see it."""
    coming = {swap.dump.database: swap.coming for swap in swaps}
    declared = {service.name: service for service in work.place.catalog}
    for live in users:
        service = declared[live.name]
        if service.migration and service.database in coming and live.image:
            moved = replace(service, database=coming[service.database])
            target = Target(moved, live.image, "", live.fingerprint, live.commit)
            run_migration(work.place, target, work.tell)


def _swap(work: _Work, swaps: list[_Swap]) -> tuple[str, ...]:
    """Put the new databases in the others' place; the names of those that are kept."""
    if not swaps:
        return ()
    held = read_databases(work.place)
    began = time.monotonic()
    swap_databases(work.place, [swap.names for swap in swaps], held)
    work.tell(f"in place; the change took {time.monotonic() - began:.1f} s")
    former = tuple(swap.former for swap in swaps if swap.dump.database in held)
    for name in former:
        work.tell(f"what was there is kept as {name}")
    return former


def _restore_redis(work: _Work) -> None:
    """Bring Redis back where it is this product's alone: a server does not tell whose its keys are."""
    place, product, snapshot = work.place, work.request.product, work.record.redis
    if snapshot is None or not work.holdings.redis:
        return
    others = sorted({s.product for s in place.catalog if s.redis and s.product != product})
    if others and not work.request.redis:
        way_out = "redis=yes brings it back for all"
        work.tell(f"redis: left as it is, for {', '.join(others)} uses it too; {way_out}")
        return
    work.tell(f"redis: {bring_back(place, product, work.folder / snapshot.name)} keys brought back")


def _users(work: _Work) -> list[LiveService]:
    """The services that run and know the data: they are to begin anew."""
    databases = {dump.database for dump in work.record.databases}
    names = {
        service.name
        for service in work.place.catalog
        if service.database in databases or (service.redis and service.product == work.request.product)
    }
    running = sorted(read_live(work.place).services.items())
    return [live for name, live in running if name in names and live.colour]


def _restart(work: _Work, users: Iterable[LiveService]) -> None:
    """Start the services' containers anew, one after the other: what they remember of other data is gone then."""
    declared = {service.name: service for service in work.place.catalog}
    for live in users:
        for container in live.containers:
            work.lock.confirm()
            _restart_container(work.place, declared[live.name], live, container.name)
        work.tell(f"{live.name}: started anew, healthy")


def _restart_container(place: Place, service: Service, live: LiveService, container: str) -> None:
    colour = live.colour or Colour.BLUE
    numbers = {place.named(slot_name(service.name, colour, n)): n for n in range(1, len(live.containers) + 1)}
    with told_plainly():
        place.engine.client.api.restart(container, timeout=stop_limit(place.environment))
    wait_until_healthy(place, service, colour, {numbers.get(container, 1): container}, _silently)


def _drop_coming(place: Place, swaps: Iterable[_Swap]) -> None:
    with suppress(BuildgraphError):  # what failed is what is told
        for swap in swaps:
            drop_database(place, swap.coming)


def _drop_left_over(work: _Work) -> None:
    """Databases that a killed restore was still loading: nobody has ever used them."""
    own = work.holdings.databases
    for name in read_databases(work.place) if own else ():
        if LEFT_OVER.fullmatch(name) and name in {kept_name(o, RESTORED, name[-STAMPED:]) for o in own}:
            drop_database(work.place, name)


def _silently(line: str) -> None:
    """For steps whose end is told by who asks for them."""
