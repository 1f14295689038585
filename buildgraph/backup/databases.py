"""The databases of an environment's server: which there are, and one put in another's place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from buildgraph.backup.sql import RUN, quoted_name, quoted_text, run_script
from buildgraph.place.model import Place
from buildgraph.servers import POSTGRES

LONGEST_NAME: Final = 63  # PostgreSQL cuts longer ones
FORMER, RESTORED = "before", "restored"  # what a database is called that another took the place of, or will
BESIDE: Final = "_beside"
LIST: Final = """\
SELECT json_build_array(datname, pg_database_size(oid)) FROM pg_database WHERE NOT datistemplate ORDER BY datname
"""
# A rename waits until nobody is connected, and from its beginning nobody new gets in; so those who are there
# are sent away until it is done. All renames are one transaction.
SWAP: Final = """\
ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -c "$1"; }
old="$(ask "SELECT coalesce(string_agg(oid::text, ','), '0') FROM pg_database WHERE datname IN ($1)")" || exit 1
ask "$0" & swap=$!
while kill -0 "$swap" 2>/dev/null; do
  ask "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datid IN ($old)" >/dev/null 2>&1
  sleep 0.05
done
wait "$swap"
"""


def read_databases(place: Place) -> Mapping[str, int]:
    """The databases of the environment's server, with their sizes in bytes."""
    lines = run_script(place, place.named(POSTGRES), RUN, LIST).split("\n")
    return {str(name): int(size) for name, size in map(json.loads, filter(None, lines))}


def read_version(place: Place) -> str:
    """The version of the environment's server, such as `16.4`."""
    return run_script(place, place.named(POSTGRES), RUN, "SHOW server_version").strip()


def swap_databases(place: Place, swaps: Sequence[tuple[str, str, str]], held: Iterable[str]) -> None:
    """Put databases in others' place, all at once: (name, the one to take it, what the former is called).

    Whoever is connected to the former is sent away; `held` are the databases that the server has. The
    renames are done or not whatever becomes of this process.
    """
    there = set(held)
    renames: list[str] = []
    for name, taker, former in swaps:
        if name in there:
            renames.append(f"ALTER DATABASE {quoted_name(name)} RENAME TO {quoted_name(former)}")
        renames.append(f"ALTER DATABASE {quoted_name(taker)} RENAME TO {quoted_name(name)}")
    statement = "; ".join(["BEGIN", *renames, "COMMIT"])
    run_script(
        place, place.named(POSTGRES), SWAP, statement, ", ".join(quoted_text(name) for name, _, _ in swaps)
    )


def drop_database(place: Place, database: str) -> None:
    """Drop a database of the environment; done when it is not there."""
    run_script(
        place,
        place.named(POSTGRES),
        RUN,
        f"DROP DATABASE IF EXISTS {quoted_name(database)} WITH (FORCE)",
    )


def kept_name(database: str, what: str, stamp: str) -> str:
    """`chat_before_20260131030000`: the name of a database that is not, or not yet, the one that is used."""
    ending = f"_{what}_{stamp}"
    return database[: LONGEST_NAME - len(ending)] + ending


def beside_name(database: str) -> str:
    """`chat_beside`: the name of a copy that rows are taken from."""
    return f"{database[: LONGEST_NAME - len(BESIDE)]}{BESIDE}"
