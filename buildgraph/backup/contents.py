"""What a database holds, told by its server and compared: rows and their digests by table, and what else is there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from buildgraph.backup.records import Contents
from buildgraph.backup.sql import PSQL, run_script
from buildgraph.place.model import Place
from buildgraph.servers import POSTGRES

MOST_TOLD: Final = 10  # lines of what differs
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
ANY_TABLE: Final = """\
SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema')
"""
READ: Final = f"""\
{PSQL} <<'SQL'
{PLAINLY}
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
{TELL}
COMMIT;
SQL
"""


@dataclass(slots=True)
class Told:
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


def read_contents(place: Place, container: str, database: str) -> Contents:
    """What a database of a server holds now."""
    return told_by(run_script(place, container, READ, database)).contents


def has_tables(place: Place, database: str) -> bool:
    """Whether a database of the environment has any table of its own."""
    return run_script(place, place.named(POSTGRES), f'{PSQL} -c "$1"', database, ANY_TABLE).strip() == "t"


def told_by(lines: str) -> Told:
    """What a server has told in these lines."""
    told = Told()
    for line in filter(None, lines.split("\n")):
        told.add(line)
    return told


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


def _rows(count: int) -> str:
    return "no place" if count < 0 else f"{count} rows"
