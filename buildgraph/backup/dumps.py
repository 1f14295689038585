"""PostgreSQL databases to files and back: dumped at one moment, and loaded into a server of the engine.

Everything runs in containers of the engine, with the server's own programs, so nothing is needed on this
machine and a remote engine is no other case. Passwords are in no argument.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from buildgraph.backup.contents import PLAINLY, TELL, told_by
from buildgraph.backup.records import DatabaseDump
from buildgraph.backup.sql import PSQL, RUN, quoted_name, quoted_text, run_script
from buildgraph.errors import StepFailed
from buildgraph.manifests.variables import POSTGRES_PASSWORD
from buildgraph.place.model import Place
from buildgraph.place.specification import database_user
from buildgraph.place.streams import copy_into_container, stream_from_container
from buildgraph.servers import POSTGRES

DUMP_FOLDER, DUMP_FILE = "/tmp", "restoring.dump"
TELL_SERVER: Final = """\
SELECT json_build_array('server', current_setting('server_version'));
SELECT DISTINCT json_build_array('role', rolname)::text
FROM pg_shdepend d JOIN pg_roles r ON r.oid = refobjid
WHERE refclassid = 'pg_authid'::regclass AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database());
SELECT json_build_array('setting', unnest(setconfig))
FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database() AND setrole = 0;
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
LOAD: Final = """\
pg_restore --exit-on-error --no-owner --jobs=2 --host="$0" --username="$1" --dbname="$2" /tmp/restoring.dump
"""
LOAD_HERE: Final = """\
pg_restore --exit-on-error --no-owner --jobs=2 --username="$POSTGRES_USER" --dbname="$0" /tmp/restoring.dump
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


def dump_database(place: Place, database: str, write: Callable[[bytes], object]) -> DatabaseDump:
    """Dump a database of the environment, handing its bytes to `write`; what it held at that moment.

    Size and digest are for the caller to add. StepFailed when the dump is not whole.
    """
    container = place.named(POSTGRES)
    code, said = stream_from_container(place, container, ["sh", "-c", DUMP, database], write)
    told = told_by(said)
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


def load_into_scratch(place: Place, container: str, dump: DatabaseDump, file: Path) -> None:
    """Load a dump into an empty scratch server, under its own name."""
    copy_into_container(place, container, DUMP_FOLDER, {DUMP_FILE: file})
    for statement in creation(dump, dump.database):
        run_script(place, container, RUN, statement)
    run_script(place, container, LOAD_HERE, dump.database)


def load_into_server(place: Place, client: str, dump: DatabaseDump, database: str) -> None:
    """Load a dump, which lies in the client's container, into a new database of the environment's server."""
    for statement in creation(dump, database):
        run_script(place, place.named(POSTGRES), RUN, statement)
    password = {"PGPASSWORD": place.secrets.reveal(POSTGRES_PASSWORD)}
    run_script(place, client, LOAD, POSTGRES, database_user(place), database, env=password)


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
