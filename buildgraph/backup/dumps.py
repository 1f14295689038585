"""PostgreSQL databases to files and back: dumped, told by what they hold, loaded, and put in each other's place.

Everything runs in containers of the engine, with the server's own programs, so nothing is needed on this
machine and a remote engine is no other case. Passwords are in no argument.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from buildgraph.backup.records import Contents, DatabaseDump
from buildgraph.errors import StepFailed
from buildgraph.place.containers import run_in_container
from buildgraph.place.model import Place
from buildgraph.place.secrets import POSTGRES_PASSWORD
from buildgraph.place.specification import database_user
from buildgraph.place.streams import copy_into_container, stream_from_container

POSTGRES: Final = "postgres"
LONGEST_NAME: Final = 63  # PostgreSQL cuts longer ones
FORMER, RESTORED = "before", "restored"  # what a database is called that another took the place of, or will
BESIDE: Final = "_beside"
DUMP_FOLDER, DUMP_FILE = "/tmp", "restoring.dump"
# The same bytes from every server: whatever a database's own settings say of dates, floats or names.
PLAINLY: Final = """\
SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres'; SET lc_monetary = 'C';
SET extra_float_digits = 1; SET bytea_output = 'hex'; SET search_path = pg_catalog; SET xmloption = 'content';
SET row_security = off; SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
"""
# What extensions bring is theirs: a dump names the extension only. An index that is not valid is not dumped.
TELL: Final = """\
SELECT format('SELECT json_build_array(''table'', %L, count(*),
  coalesce(sum(hashtextextended(all_of_it::text, 0)::numeric), 0)::text) FROM ONLY %I.%I AS all_of_it',
  format('%I.%I', nspname, relname), nspname, relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
\\gexec
SELECT json_build_array('object', format('relation %s %I.%I', relkind, nspname, relname))
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace LEFT JOIN pg_index ON indexrelid = c.oid
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND relkind NOT IN ('c', 't') AND coalesce(indisvalid, true)
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e');
SELECT json_build_array('object', format('function %I.%I/%s', nspname, proname, pronargs))
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e');
SELECT json_build_array('object', format('constraint %s %I', conrelid::regclass, conname))
FROM pg_constraint c JOIN pg_namespace n ON n.oid = connamespace
WHERE conrelid <> 0 AND nspname !~ '^pg_' AND nspname <> 'information_schema';
SELECT json_build_array('object', format('extension %I', extname)) FROM pg_extension;
SELECT json_build_array('object', format('large objects %s', count(*))) FROM pg_largeobject_metadata;
"""
TELL_SERVER: Final = """\
SELECT json_build_array('server', current_setting('server_version'));
SELECT DISTINCT json_build_array('role', rolname)::text
FROM pg_shdepend d JOIN pg_roles r ON r.oid = refobjid
WHERE refclassid = 'pg_authid'::regclass AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
SELECT json_build_array('setting', unnest(setconfig))
FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database() AND setrole = 0;
"""
ANY_TABLE: Final = """\
SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema')
"""
PSQL: Final = 'psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$0"'
READ: Final = f"""\
{PSQL} <<'SQL'
{PLAINLY}
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
{TELL}
COMMIT;
SQL
"""
# One snapshot of the server for the dump and for what is told of it, while others go on writing: pg_dump runs as
# a child of the session that holds the snapshot. The dump goes to standard output, what is told to standard error.
DUMP: Final = f"""\
{PSQL} <<'SQL'
\\o |cat >&2
{PLAINLY}
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \\gset
\\setenv SNAPSHOT :snapshot
\\setenv DATABASE :DBNAME
\\! pg_dump -U "$POSTGRES_USER" --format=custom --snapshot="$SNAPSHOT" --dbname="$DATABASE" && echo '["dumped"]' >&2
{TELL}
{TELL_SERVER}
COMMIT;
SQL
"""
LIST: Final = """\
SELECT json_build_array(datname, pg_database_size(oid)) FROM pg_database WHERE NOT datistemplate ORDER BY datname
"""
RUN: Final = 'psql -X -q -A -t -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -c "$0"'
LOAD: Final = """\
pg_restore --exit-on-error --no-owner --jobs=2 --host="$0" --username="$1" --dbname="$2" /tmp/restoring.dump
"""
LOAD_HERE: Final = """\
pg_restore --exit-on-error --no-owner --jobs=2 --username="$POSTGRES_USER" --dbname="$0" /tmp/restoring.dump
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
# Settings whose value is a list of names already quoted, as PostgreSQL keeps it.
LISTS: Final = (
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
)


@dataclass(slots=True)
class _Told:
    """What a server tells of a database, line by line; lines that are no JSON are its messages."""

    tables: dict[str, tuple[int, str]] = field(default_factory=dict)
    objects: list[str] = field(default_factory=list)
    facts: dict[str, list[str]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Take one line."""
        word, *rest = json.loads(line) if line.startswith("[") else ["", line]
        if word == "table":
            self.tables[rest[0]] = (int(rest[1]), str(rest[2]))
        elif word == "object":
            self.objects.append(rest[0])
        elif word:
            self.facts.setdefault(word, []).extend(rest)
        else:
            self.messages.append(line)

    @property
    def contents(self) -> Contents:
        """What the database holds."""
        return Contents(dict(sorted(self.tables.items())), tuple(sorted(self.objects)))


def dump_database(place: Place, database: str, write: Callable[[bytes], object]) -> DatabaseDump:
    """Dump a database of the environment, handing its bytes to `write`; what it held at that moment.

    Size and digest are for the caller to add. StepFailed when the dump is not whole.
    """
    container = place.named(POSTGRES)
    code, said = stream_from_container(place, container, ["sh", "-c", DUMP, database], write)
    told = _told(said)
    if code != 0 or "dumped" not in told.facts:
        messages = place.redact("\n".join(told.messages[-20:]))
        raise StepFailed(POSTGRES, f"the database {database} cannot be dumped", messages)
    return DatabaseDump(
        name=f"{database}.dump",
        database=database,
        server=told.facts["server"][0],
        size=0,
        sha256="",
        contents=told.contents,
        roles=tuple(sorted(told.facts.get("role", ()))),
        settings=tuple(sorted(told.facts.get("setting", ()))),
    )


def read_contents(place: Place, container: str, database: str) -> Contents:
    """What a database of a server holds now."""
    return _told(_run(place, container, READ, database)).contents


def has_tables(place: Place, database: str) -> bool:
    """Whether a database of the environment has any table of its own."""
    return _run(place, place.named(POSTGRES), f'{PSQL} -c "$1"', database, ANY_TABLE).strip() == "t"


def read_databases(place: Place) -> Mapping[str, int]:
    """The databases of the environment's server, with their sizes in bytes."""
    lines = _run(place, place.named(POSTGRES), RUN, LIST).splitlines()
    return {str(name): int(size) for name, size in map(json.loads, lines)}


def read_version(place: Place) -> str:
    """The version of the environment's server, such as `16.4`."""
    return _run(place, place.named(POSTGRES), RUN, "SHOW server_version").strip()


def load_into_scratch(place: Place, container: str, dump: DatabaseDump, file: Path) -> None:
    """Load a dump into an empty scratch server, under its own name."""
    copy_into_container(place, container, DUMP_FOLDER, {DUMP_FILE: file})
    for statement in creation(dump, dump.database):
        _run(place, container, RUN, statement)
    _run(place, container, LOAD_HERE, dump.database)


def load_into_server(place: Place, client: str, dump: DatabaseDump, database: str) -> None:
    """Load a dump, which lies in the client's container, into a new database of the environment's server."""
    for statement in creation(dump, database):
        _run(place, place.named(POSTGRES), RUN, statement)
    password = {"PGPASSWORD": place.secrets.reveal(POSTGRES_PASSWORD)}
    _run(place, client, LOAD, POSTGRES, database_user(place), database, env=password)


def creation(dump: DatabaseDump, database: str) -> list[str]:
    """The statements that make an empty database for a dump: the roles it speaks of, itself, its settings.

    A role that is not there yet is made without login: it can be given a password later, and its rights are kept.
    """
    roles = [
        f"DO $$ BEGIN CREATE ROLE {quoted_name(role)}; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        for role in dump.roles
    ]
    settings = [
        f"ALTER DATABASE {quoted_name(database)} SET {setting_text(setting)}" for setting in dump.settings
    ]
    return [*roles, f"CREATE DATABASE {quoted_name(database)} TEMPLATE template0", *settings]


def setting_text(setting: str) -> str:
    """A setting as the server keeps it (`name=value`), as SQL writes it."""
    name, _, value = setting.partition("=")
    listed = name.lower() in LISTS
    written = value if listed and value else quoted_text(value)
    quoted = ".".join(quoted_name(part) for part in name.split("."))
    return f"{quoted} TO {written}"


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
    _run(place, place.named(POSTGRES), SWAP, statement, ", ".join(quoted_text(name) for name, _, _ in swaps))


def drop_database(place: Place, database: str) -> None:
    """Drop a database of the environment; done when it is not there."""
    _run(
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


def differences(expected: Contents, found: Contents, *, digests: bool) -> list[str]:
    """What two databases differ in, a line each; without `digests`, rows are only counted."""
    told = [f"{what} is missing" for what in sorted(set(expected.objects) - set(found.objects))]
    told += [f"{what} is new" for what in sorted(set(found.objects) - set(expected.objects))]
    for table in sorted(expected.tables.keys() | found.tables.keys()):
        rows, digest = expected.tables.get(table, (-1, ""))
        other, other_digest = found.tables.get(table, (-1, ""))
        if rows != other:
            told.append(f"table {table} has {_rows(other)}, expected {_rows(rows)}")
        elif digests and digest != other_digest:
            told.append(f"table {table} has other values in its {rows} rows")
    return told


def quoted_name(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """Text as SQL writes it; backslashes are plain in `standard_conforming_strings`, the default."""
    return "'" + text.replace("'", "''") + "'"


def _rows(count: int) -> str:
    return "no place" if count < 0 else f"{count} rows"


def _told(lines: str) -> _Told:
    told = _Told()
    for line in filter(None, lines.splitlines()):
        told.add(line)
    return told


def _run(
    place: Place, container: str, script: str, *arguments: str, env: Mapping[str, str] | None = None
) -> str:
    """Run a script in a container; what it prints. StepFailed with what it said when it fails."""
    code, said = run_in_container(place, container, ["sh", "-c", script, *arguments], env=env)
    if code != 0:
        last = "\n".join(said.splitlines()[-20:])
        raise StepFailed(POSTGRES, "a step on the database failed", place.redact(last))
    return said
