"""A backup of a product's data made: from what runs, tried by loading it, kept where the environment says."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from buildgraph import __version__
from buildgraph.backup.backups import free_key, id_of
from buildgraph.backup.contents import MOST_TOLD, differences, read_contents
from buildgraph.backup.dumps import dump_database, load_into_scratch
from buildgraph.backup.files import written
from buildgraph.backup.holdings import Holdings, check_running, holdings_of, services_of
from buildgraph.backup.records import (
    MANIFEST,
    REQUESTED,
    DatabaseDump,
    Record,
    Running,
    parse_id,
    render_record,
)
from buildgraph.backup.scratch import scratch_postgres
from buildgraph.backup.snapshots import NAME as REDIS_FILE
from buildgraph.backup.snapshots import check_snapshot, save_redis
from buildgraph.backup.stores import Store
from buildgraph.deploy.live import read_live
from buildgraph.errors import StepFailed, ToolError
from buildgraph.image.sizes import told_size
from buildgraph.place.audit import Deed, recorded
from buildgraph.place.images import ensure_image
from buildgraph.place.lock import held_product_lock
from buildgraph.place.model import Place, Tell


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
        key = free_key(place, product, store, tell)
        with store.drafting(key) as draft:
            record = _dumped(place, product, key, holdings, draft)
            record = _verified(place, replace(record, purpose=purpose), draft, tell)
            (draft / MANIFEST).write_bytes(render_record(record))
            store.keep(key, draft, {file.name: file.sha256 for file in record.files})
        _sweep(store, key.rpartition("/")[0], tell)
    tell(f"kept as {record.id} in {store.where} ({told_size(record.size)})")
    return record


def _sweep(store: Store, prefix: str, tell: Tell) -> None:
    """Clear away what interrupted runs have left; that it cannot be is no reason to call this backup failed."""
    try:
        store.sweep(prefix)
    except ToolError as error:
        tell(f"what interrupted runs have left stays there: {error}")


def _dumped(place: Place, product: str, key: str, holdings: Holdings, draft: Path) -> Record:
    """Dump everything into the draft."""
    databases = [
        written(draft / f"{name}.dump", partial(dump_database, place, name)) for name in holdings.databases
    ]
    redis = written(draft / REDIS_FILE, partial(save_redis, place)) if holdings.redis else None
    live = read_live(place).services_of(product)
    return Record(
        id=id_of(key),
        workspace=place.workspace,
        environment=place.environment.name,
        product=product,
        time=parse_id(id_of(key)),
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
