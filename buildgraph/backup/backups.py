"""Backups of a product's data: made from what runs, tried by loading them, kept where the environment says."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from buildgraph import __version__
from buildgraph.backup.dumps import (
    POSTGRES,
    differences,
    dump_database,
    load_into_scratch,
    read_contents,
    read_databases,
)
from buildgraph.backup.records import (
    MANIFEST,
    REQUESTED,
    SAFETY,
    DatabaseDump,
    Record,
    RedisSnapshot,
    Running,
    new_id,
    parse_record,
    render_record,
)
from buildgraph.backup.retention import superseded
from buildgraph.backup.scratch import scratch_postgres
from buildgraph.backup.snapshots import NAME as REDIS_FILE
from buildgraph.backup.snapshots import REDIS, check_snapshot, save_redis
from buildgraph.backup.stores import Store
from buildgraph.deploy.live import read_live
from buildgraph.errors import StepFailed, UnknownName
from buildgraph.manifests.model import Backups, Service
from buildgraph.place.audit import Deed, recorded
from buildgraph.place.containers import find_containers
from buildgraph.place.images import ensure_image
from buildgraph.place.lock import held_product_lock
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import BACKING, Role
from buildgraph.place.secrets import check_secrets

File = TypeVar("File", DatabaseDump, RedisSnapshot)

LATEST: Final = "latest"
ID: Final = re.compile(r"\d{8}T\d{6}Z")
MOST_TOLD: Final = 10  # lines of what differs


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a product has in the backing services that an environment runs itself."""

    databases: tuple[str, ...] = ()
    redis: bool = False

    def __bool__(self) -> bool:
        return bool(self.databases or self.redis)


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup of a store by its key; `problem` says why it has no record that can be read."""

    key: str
    record: Record | None = None
    problem: str = ""

    @property
    def id(self) -> str:
        """The last part of its key: when it was begun."""
        return self.key.rpartition("/")[2]


def holdings_of(place: Place, services: Iterable[Service]) -> Holdings:
    """What these services have in PostgreSQL and Redis here."""
    kinds = {backing.kind for backing in place.environment.backing}
    wanted = list(services)
    databases = {service.database for service in wanted if service.database and POSTGRES in kinds}
    return Holdings(tuple(sorted(databases)), REDIS in kinds and any(service.redis for service in wanted))


def back_up(place: Place, product: str, store: Store, tell: Tell, purpose: str = REQUESTED) -> Record | None:
    """Dump a product's databases, and Redis when it uses it; try what came of it; keep it.

    None when the product has no data here. StepFailed when something cannot be dumped or does not load
    again: nothing is kept then. What an interrupted run leaves is no backup.
    """
    holdings = holdings_of(place, services_of(place, product))
    if not holdings:
        tell(f"{product} has no database and no Redis in {place.environment.name}: nothing to back up")
        return None
    check_running(place, holdings)
    ensure_image(place, place.image(place.environment.proxy_image), tell)  # locks are made from it
    with held_product_lock(place, f"{product}.backup"), recorded(place, Deed("backup", product), tell):
        key = _free_key(place, product, store)
        with store.drafting(key) as draft:
            record = _dumped(place, product, key, holdings, draft)
            record = _verified(place, replace(record, purpose=purpose), draft, tell)
            (draft / MANIFEST).write_bytes(render_record(record))
            store.keep(key, draft, {file.name: file.sha256 for file in record.files})
        store.sweep(key.rpartition("/")[0])
    tell(f"kept as {record.id} in {store.where} ({told_size(record.size)})")
    return record


def apply_retention(place: Place, product: str, store: Store, rule: Backups, tell: Tell) -> tuple[str, ...]:
    """Remove the backups of a product whose time has passed; the names of those that went.

    Those made before a restore are counted among themselves, so that they take no other's place.
    """
    found = [listed for listed in read_backups(store, _prefix(place, product)) if listed.record]
    gone: list[str] = []
    for purpose in (REQUESTED, SAFETY):
        times = {b.key: b.record.time for b in found if b.record and b.record.purpose == purpose}
        gone += superseded(times, rule, datetime.now(UTC))
    for key in gone:
        store.remove(key)
        tell(f"removed {key.rpartition('/')[2]}: its time has passed")
    return tuple(gone)


def read_backups(store: Store, prefix: str) -> list[Listed]:
    """The backups below WORKSPACE/ENVIRONMENT/PRODUCT, the newest last; damaged ones are told as such."""
    return [_listed(store, key) for key in store.keys(prefix)]


def find_backup(place: Place, product: str, store: Store, name: str) -> Listed:
    """The backup that `latest`, an id, or either after `ENVIRONMENT/` means; UnknownName when there is none.

    The latest is the newest that was asked for: what a restore saves before it begins does not count.
    """
    environment, _, last = name.rpartition("/")
    prefix = _prefix(place, product, environment)
    keys = store.keys(prefix)
    if last == LATEST:
        found = (listed for key in reversed(keys) if _counts(listed := _listed(store, key)))
        latest = next(found, None)
        if latest is not None:
            return latest
    elif f"{prefix}/{last}" in keys:
        return _listed(store, f"{prefix}/{last}")
    raise UnknownName(f"backup of {product} in {store.where}", name, [LATEST, *(_id_of(key) for key in keys)])


def read_backup(store: Store, key: str) -> Listed:
    """The backup of a key, which may be that of no product; UnknownName when there is none."""
    try:
        return _listed(store, key)
    except KeyError as error:
        raise UnknownName(f"backup in {store.where}", key, ()) from error


def check_product_secrets(place: Place, product: str) -> None:
    """ConfigurationError unless the backing services that a product uses have their secrets."""
    check_secrets(services_of(place, product), place.environment, place.secrets)


def services_of(place: Place, product: str) -> list[Service]:
    """The services of a product that are deployed."""
    return [service for service in place.catalog if service.product == product and service.deployed]


def check_running(place: Place, holdings: Holdings) -> None:
    """StepFailed unless the backing services run, and the databases are there."""
    running = {
        container.labels.get(BACKING)
        for container in find_containers(place, role=Role.BACKING.value)
        if container.is_running
    }
    wanted = {POSTGRES: bool(holdings.databases), REDIS: holdings.redis}
    for kind in (kind for kind, is_wanted in wanted.items() if is_wanted and kind not in running):
        raise StepFailed(kind, f"does not run in {place.environment.name}", "deploy the product first")
    held = read_databases(place) if holdings.databases else {}
    for database in (database for database in holdings.databases if database not in held):
        raise StepFailed(POSTGRES, f"there is no database {database}", "deploy the product first")


def told_size(size: int) -> str:
    """Bytes as people read them: `512 B`, `1.5 MB`."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _dumped(place: Place, product: str, key: str, holdings: Holdings, draft: Path) -> Record:
    """Dump everything into the draft."""
    databases = [
        _kept(draft / f"{name}.dump", partial(dump_database, place, name)) for name in holdings.databases
    ]
    redis = _kept(draft / REDIS_FILE, partial(save_redis, place)) if holdings.redis else None
    live = read_live(place).services_of(product)
    return Record(
        id=_id_of(key),
        workspace=place.workspace,
        environment=place.environment.name,
        product=product,
        time=datetime.strptime(_id_of(key), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC),
        made_by=f"buildgraph {__version__}",
        services={
            service.name: Running(service.image, service.fingerprint, service.commit)
            for service in live
            if service.containers
        },
        databases=tuple(databases),
        redis=redis,
    )


def _verified(place: Place, record: Record, draft: Path, tell: Tell) -> Record:
    """Load everything into servers that know nothing of it, and compare; the record with what was found."""
    if record.databases:
        with scratch_postgres(place, record.product) as server:
            for dump in record.databases:
                _verify(place, server, dump, draft / dump.name, tell)
    if record.redis is None:
        return record
    keys = check_snapshot(place, record.product, draft / record.redis.name)
    tell(f"redis: {keys} keys, loaded again ({told_size(record.redis.size)})")
    return replace(record, redis=replace(record.redis, keys=keys))


def _verify(place: Place, server: str, dump: DatabaseDump, file: Path, tell: Tell) -> None:
    """Load one dump and compare what it gives with what the database held at that moment."""
    began = time.monotonic()
    step = f"verify {dump.database}"
    try:
        load_into_scratch(place, server, dump, file)
        found = read_contents(place, server, dump.database)
    except StepFailed as error:
        raise StepFailed(step, "the dump does not load into an empty server", error.detail) from error
    if differing := differences(dump.contents, found, digests=True):
        raise StepFailed(step, "the dump gives something else", "\n".join(differing[:MOST_TOLD]))
    tables, rows = len(dump.contents.tables), dump.contents.rows
    took = f"{time.monotonic() - began:.1f} s"
    tell(
        f"{dump.database}: {tables} tables, {rows} rows, loaded again and equal in {took} ({told_size(dump.size)})"
    )


@dataclass(slots=True)
class _Sink:
    """A file that is being written, its size and digest."""

    file: BinaryIO
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.file.write(chunk)
        self.digest.update(chunk)
        self.size += len(chunk)


def _kept(path: Path, produce: Callable[[Callable[[bytes], object]], File]) -> File:
    """Write what `produce` hands on to a file; what it returns, with the file's size and digest."""
    with path.open("xb") as file:
        sink = _Sink(file)
        found = produce(sink.write)
    return replace(found, size=sink.size, sha256=sink.digest.hexdigest())


def _free_key(place: Place, product: str, store: Store) -> str:
    """The key of a backup that begins now; no two begin in the same second."""
    prefix = _prefix(place, product)
    moment, taken = datetime.now(UTC), set(store.keys(prefix))
    while f"{prefix}/{new_id(moment)}" in taken:
        moment += timedelta(seconds=1)
    return f"{prefix}/{new_id(moment)}"


def _prefix(place: Place, product: str, environment: str = "") -> str:
    return f"{place.workspace}/{environment or place.environment.name}/{product}"


def _listed(store: Store, key: str) -> Listed:
    try:
        return Listed(key, parse_record(store.read_manifest(key), f"backup {_id_of(key)}"))
    except StepFailed as error:
        return Listed(key, None, error.what)


def _counts(listed: Listed) -> bool:
    """Whether a backup can be the latest: one that cannot be read is, so that it is told."""
    return listed.record is None or listed.record.purpose == REQUESTED


def _id_of(key: str) -> str:
    return key.rpartition("/")[2]
