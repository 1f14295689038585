"""A restore under way, as its steps hand it on: its lock, its files, and the databases that change places."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from buildgraph.backup.databases import FORMER, RESTORED, kept_name
from buildgraph.backup.holdings import Holdings, holdings_of, services_of
from buildgraph.backup.records import DatabaseDump, Record
from buildgraph.backup.request import Request
from buildgraph.place.lock import Lock, held_product_lock
from buildgraph.place.model import Place, Tell

STAMP, STAMPED = "%Y%m%d%H%M%S", 14


@dataclass(frozen=True, slots=True)
class Restoring:
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
class Swap:
    """A database, its dump, and the names of the one to come and the one to go."""

    dump: DatabaseDump
    coming: str
    former: str

    @property
    def names(self) -> tuple[str, str, str]:
        """As `swap_databases` takes them."""
        return self.dump.database, self.coming, self.former


def swaps_of(record: Record) -> list[Swap]:
    """One per dump of a backup; the moment of this restore is in the names."""
    stamp = datetime.now(UTC).strftime(STAMP)
    return [
        Swap(dump, kept_name(dump.database, RESTORED, stamp), kept_name(dump.database, FORMER, stamp))
        for dump in record.databases
    ]


@contextmanager
def locked(place: Place, product: str, record: Record) -> Iterator[Lock]:
    """The deploy locks of the product and of all others that use the same databases."""
    databases = {dump.database for dump in record.databases}
    others = {service.product for service in place.catalog if service.database in databases} - {product}
    with ExitStack() as stack:
        for other in sorted(others):
            stack.enter_context(held_product_lock(place, other))
        yield stack.enter_context(held_product_lock(place, product))
