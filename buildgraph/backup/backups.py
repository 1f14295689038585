"""Backups as they lie in a store: listed, found by what people call them, removed when their time has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from buildgraph.backup.records import REQUESTED, SAFETY, Record, new_id, parse_id, parse_record
from buildgraph.backup.retention import is_ahead, superseded
from buildgraph.backup.stores import Store
from buildgraph.errors import ConfigurationError, StepFailed, UnknownName
from buildgraph.manifests.model import Backups
from buildgraph.place.model import Place, Tell

LATEST: Final = "latest"
AHEAD: Final = (
    "{} is from a time that is yet to come: a clock was wrong when it was taken, or this one is now"
)
NAME_IT: Final = "say which one is meant, such as `from={}` (`buildgraph backups` lists them)"
SECOND: Final = timedelta(seconds=1)
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """A backup of a store by its key; `problem` says why it has no record that can be read."""

    key: str
    record: Record | None = None
    problem: str = ""

    @property
    def id(self) -> str:
        """The last part of its key: when it was begun."""
        return id_of(self.key)


def read_backups(store: Store, prefix: str) -> list[Listed]:
    """The backups below WORKSPACE/ENVIRONMENT/PRODUCT, the newest last; damaged ones are told as such."""
    return [_listed(store, key) for key in store.keys(prefix)]


def find_backup(place: Place, product: str, store: Store, name: str) -> Listed:
    """The backup that `latest`, an id, or either after `ENVIRONMENT/` means; UnknownName when there is none.

    The latest is the newest that was asked for: what a restore saves before it begins does not count.
    ConfigurationError where that is from a time yet to come: newer ones may look older.
    """
    environment, _, last = name.rpartition("/")
    prefix = _prefix(place, product, environment)
    keys = store.keys(prefix)
    if last == LATEST:
        found = (listed for key in reversed(keys) if _counts(listed := _listed(store, key)))
        latest = next(found, None)
        if latest is not None and is_ahead(began(latest.key), datetime.now(UTC)):
            known = next(
                (each.id for each in found if not is_ahead(began(each.key), datetime.now(UTC))), "ID"
            )
            raise ConfigurationError.of(f"from={LATEST}", AHEAD.format(latest.id), NAME_IT.format(known))
        if latest is not None:
            return latest
    elif f"{prefix}/{last}" in keys:
        return _listed(store, f"{prefix}/{last}")
    raise UnknownName(f"backup of {product} in {store.where}", name, [LATEST, *(id_of(key) for key in keys)])


def read_backup(store: Store, key: str) -> Listed:
    """The backup of a key, which may be that of no product; UnknownName when there is none."""
    try:
        return _listed(store, key)
    except KeyError as error:
        raise UnknownName(f"backup in {store.where}", key, ()) from error


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
        tell(f"removed {id_of(key)}: its time has passed")
    return tuple(gone)


def free_key(place: Place, product: str, store: Store, tell: Tell) -> str:
    """The key of a backup that begins now, after the others, as machines' clocks differ by a little.

    One that is further ahead is told: it is not followed, and stands before this one for some time.
    """
    prefix, now = _prefix(place, product), datetime.now(UTC)
    times = {key: began(key) for key in store.keys(prefix)}
    for key in (key for key, time in times.items() if is_ahead(time, now)):
        tell(AHEAD.format(id_of(key)))
    moment = max((now, *(time + SECOND for time in times.values() if not is_ahead(time, now))))
    while f"{prefix}/{new_id(moment)}" in times:
        moment += SECOND
    return f"{prefix}/{new_id(moment)}"


def began(key: str) -> datetime:
    """When a backup began, as its key tells; long ago where it tells none."""
    try:
        return parse_id(id_of(key))
    except ValueError:
        return LONG_AGO


def _prefix(place: Place, product: str, environment: str = "") -> str:
    return f"{place.workspace}/{environment or place.environment.name}/{product}"


def _listed(store: Store, key: str) -> Listed:
    try:
        return Listed(key, parse_record(store.read_manifest(key), f"backup {id_of(key)}"))
    except StepFailed as error:
        return Listed(key, None, error.what)


def _counts(listed: Listed) -> bool:
    """Whether a backup can be the latest: one that cannot be read is, so that it is told."""
    return listed.record is None or listed.record.purpose == REQUESTED


def id_of(key: str) -> str:
    """The last part of a key."""
    return key.rpartition("/")[2]
