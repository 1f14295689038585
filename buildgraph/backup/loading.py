"""Dumps loaded into databases beside those that serve, and compared; what is left of that when it fails goes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from buildgraph.backup.contents import MOST_TOLD, differences, read_contents
from buildgraph.backup.databases import RESTORED, drop_database, kept_name, read_databases, read_version
from buildgraph.backup.dumps import DUMP_FILE, DUMP_FOLDER, load_into_server
from buildgraph.backup.restoring import STAMPED, Restoring, Swap
from buildgraph.backup.scratch import postgres_client
from buildgraph.errors import BuildgraphError, StepFailed
from buildgraph.place.model import Place
from buildgraph.place.streams import copy_into_container
from buildgraph.servers import POSTGRES

LEFT_OVER: Final = re.compile(rf"\w+_{RESTORED}_\d{{14}}")


def load(restoring: Restoring, swaps: Iterable[Swap]) -> None:
    """Load every dump into a database of its own beside the one that serves, and compare."""
    _drop_left_over(restoring)
    with postgres_client(restoring.place, restoring.request.product) as client:
        for swap in swaps:
            began = time.monotonic()
            copy_into_container(
                restoring.place, client, DUMP_FOLDER, {DUMP_FILE: restoring.folder / swap.dump.name}
            )
            load_into_server(restoring.place, client, swap.dump, swap.coming)
            _compare(restoring.place, swap)
            rows, took = swap.dump.contents.rows, time.monotonic() - began
            restoring.tell(f"{swap.dump.database}: {rows} rows loaded beside it and compared in {took:.1f} s")


def drop_coming(place: Place, swaps: Iterable[Swap]) -> None:
    """Drop the databases that were to come; those that are not there are gone already."""
    with suppress(BuildgraphError):  # what failed is what is told
        for swap in swaps:
            drop_database(place, swap.coming)


def _compare(place: Place, swap: Swap) -> None:
    """The digests of rows mean the same within one major version of the server."""
    is_same = read_version(place).partition(".")[0] == swap.dump.server.partition(".")[0]
    found = read_contents(place, place.named(POSTGRES), swap.coming)
    if differing := differences(swap.dump.contents, found, digests=is_same):
        told = "\n".join(differing[:MOST_TOLD])
        raise StepFailed(f"restore {swap.dump.database}", "what was loaded is not what was dumped", told)


def _drop_left_over(restoring: Restoring) -> None:
    """Databases that a killed restore was still loading: nobody has ever used them."""
    own = restoring.holdings.databases
    for name in read_databases(restoring.place) if own else ():
        if LEFT_OVER.fullmatch(name) and name in {kept_name(o, RESTORED, name[-STAMPED:]) for o in own}:
            drop_database(restoring.place, name)
