"""Databases beside those that serve: copies to take rows from, and those that restores have put aside."""

from __future__ import annotations

import re
from typing import Final

from buildgraph.backup.databases import FORMER, beside_name, drop_database, kept_name, read_databases
from buildgraph.backup.files import check_files
from buildgraph.backup.holdings import check_running, holdings_of, services_of
from buildgraph.backup.loading import drop_coming, load
from buildgraph.backup.request import Request, check_request
from buildgraph.backup.restoring import STAMPED, Restoring, Swap, locked
from buildgraph.backup.stores import Store
from buildgraph.errors import UnknownName
from buildgraph.place.audit import Deed, recorded
from buildgraph.place.images import ensure_image
from buildgraph.place.lock import held_product_lock
from buildgraph.place.model import Place, Tell, silently

KEPT: Final = re.compile(rf"\w+_{FORMER}_\d{{14}}")


def load_beside(place: Place, request: Request, source: Store, tell: Tell) -> tuple[str, ...]:
    """Load a backup's databases beside those that serve, as NAME_beside, to take single rows from; their names.

    Nothing else changes; what an earlier call has loaded goes. Raises as `restore` does.
    """
    record = check_request(place, request)
    ensure_image(place, place.image(place.environment.proxy_image), tell)
    with source.fetching(request.backup.key, tuple(file.name for file in record.files)) as folder:
        check_files(record, folder)
        with locked(place, request.product, record) as lock:
            restoring = Restoring(lock, request, record, folder, tell)
            check_running(place, restoring.holdings)
            swaps = [Swap(dump, beside_name(dump.database), "") for dump in record.databases]
            drop_coming(place, swaps)
            try:
                load(restoring, swaps)
            except BaseException:
                drop_coming(place, swaps)
                raise
    for swap in swaps:
        tell(f"{swap.dump.database} as it was is {swap.coming}")
    return tuple(swap.coming for swap in swaps)


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
        recorded(place, Deed("drop", product, reason=name), silently),
    ):
        drop_database(place, name)
