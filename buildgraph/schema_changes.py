"""What migrations take away from code that is older than they: SQL read by a parser; it knows no service.

A statement that the parser passes over unread (a block of PL/pgSQL, an extension's) speaks neither for nor against.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from buildgraph.errors import first_line

if TYPE_CHECKING:
    from sqlglot import exp

DIALECT: Final = "postgres"
# What code may name, so that it cannot work without; an index or a trigger it does not name.
NAMED: Final = ("TABLE", "VIEW", "SCHEMA", "TYPE", "FUNCTION", "PROCEDURE", "SEQUENCE")
REPLACED: Final = (
    "VIEW",
    "FUNCTION",
    "PROCEDURE",
)  # dropped and made again in the same migrations: a new version
SERIAL: Final = ("SERIAL", "BIGSERIAL", "SMALLSERIAL")


class Loss(NamedTuple):
    """A statement that older code may not survive: the file it stands in, and what it does."""

    file: str
    what: str


class Unread(NamedTuple):
    """A file that could not be read as SQL, and the parser's reason."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What files of migrations say: what they take away, and which of them cannot be told."""

    losses: tuple[Loss, ...] = ()
    unread: tuple[Unread, ...] = ()


def read_losses(files: Mapping[str, str]) -> Reading:
    """What migrations take away, file by file in the order of their names.

    What they have made themselves before (a table, then its columns) no older code knows, so it is free. What is
    made IF NOT EXISTS may have been there.
    """
    whole: list[tuple[str, exp.Expr]] = []
    unread: list[Unread] = []
    for file, text in sorted(files.items()):
        statements, why = _parsed(text)
        whole += [(file, statement) for statement in statements]
        unread += [Unread(file, why)] if why else []
    known = Known([statement for _, statement in whole])
    losses = (
        Loss(file, what)
        for at, (file, statement) in enumerate(whole)
        for what in _losses(statement, at, known)
    )
    return Reading(tuple(losses), tuple(unread))


def _parsed(text: str) -> tuple[list[exp.Expr], str]:
    """The statements of a file; and why it cannot be read, "" when it can."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    log = logging.getLogger("sqlglot")
    before, log.disabled = log.disabled, True  # it warns of every statement that it passes over
    try:
        return [found for found in sqlglot.parse(text, dialect=DIALECT) if found is not None], ""
    except SqlglotError as error:
        return [], first_line(str(error)) or "it is no SQL"
    except RecursionError:
        return [], "it is nested too deep"
    finally:
        log.disabled = before


@dataclass(frozen=True)
class Known:
    """What migrations make themselves, by lower-case names: tables and the like, and columns' defaults."""

    statements: list[exp.Expr] = field(repr=False)

    @cached_property
    def made(self) -> frozenset[tuple[str, str]]:
        """(kind, name) of all that is created."""
        from sqlglot import exp

        read = {
            (str(found.args.get("kind")).upper(), _name(found.this))
            for found in self.statements
            if isinstance(found, exp.Create)
        }
        passed_over = (found for found in self.statements if isinstance(found, exp.Command))
        return frozenset(read | {made for command in passed_over for made in _made_by(command)})

    @cached_property
    def defaults(self) -> frozenset[tuple[str, str]]:
        """(table, column) of all columns that are given a default."""
        return frozenset(
            (_name(alter.this), action.name.lower())
            for alter in _alters(self.statements)
            for action in alter.args["actions"]
            if action.args.get("default") is not None
        )

    @cached_property
    def own(self) -> Mapping[tuple[str, str], int]:
        """(kind, name) -> the number of the first statement that creates it and fails where it is there already."""
        from sqlglot import exp

        created = [
            ((str(found.args.get("kind")).upper(), _name(found.this)), at)
            for at, found in enumerate(self.statements)
            if isinstance(found, exp.Create) and not found.args.get("exists")
        ]
        return dict(reversed(created))

    def has_made(self, kind: str, name: str) -> bool:
        """Whether the migrations create a thing of this kind and name."""
        return (kind, name) in self.made

    def is_own(self, kind: str, name: str, at: int) -> bool:
        """Whether a thing that a statement changes was not there before the migrations."""
        return self.own.get((kind, name), at) < at


def _made_by(command: exp.Command) -> Iterator[tuple[str, str]]:
    """What a CREATE makes of which the parser knows the first word only, such as a function in PL/pgSQL."""
    words = str(command.args.get("expression") or "").replace("(", " (").split()
    words = [word for word in words if word.upper() not in ("OR", "REPLACE")]
    if str(command.this).upper() == "CREATE" and len(words) > 1 and words[0].upper() in NAMED:
        yield words[0].upper(), words[1].strip('"').lower()


def _alters(statements: Iterable[exp.Expr]) -> Iterator[exp.Alter]:
    from sqlglot import exp

    return (found for found in statements if isinstance(found, exp.Alter))


def _losses(statement: exp.Expr, at: int, known: Known) -> Iterator[str]:
    from sqlglot import exp

    if isinstance(statement, exp.Drop):
        yield from _dropped(statement, at, known)
    if isinstance(statement, exp.TruncateTable):
        yield from (f"empties the table {_name(table)}" for table in statement.expressions)
    if isinstance(statement, exp.Alter):
        yield from _altered(statement, at, known)
    if isinstance(statement, exp.Command):
        yield from _commanded(statement)


def _dropped(drop: exp.Drop, at: int, known: Known) -> Iterator[str]:
    kind = str(drop.args.get("kind")).upper()
    for thing in drop.args.get("tables") or ():
        if kind not in NAMED or (kind in REPLACED and known.has_made(kind, _name(thing))):
            continue
        if kind != "TABLE" or not known.is_own(kind, _name(thing), at):
            yield f"drops the {kind.lower()} {_name(thing)}"


def _altered(alter: exp.Alter, at: int, known: Known) -> Iterator[str]:
    kind, name = str(alter.args.get("kind")).upper(), _name(alter.this)
    if kind in NAMED and not known.is_own(kind, name, at):
        for action in alter.args["actions"]:
            yield from _acted(action, kind.lower(), name, known)


def _acted(action: Any, kind: str, name: str, known: Known) -> Iterator[str]:
    """What one action of ALTER TABLE takes away."""
    from sqlglot import exp

    if isinstance(action, exp.Drop) and str(action.args.get("kind")).upper() == "COLUMN":
        yield from (f"drops the column {name}.{_name(column)}" for column in action.args.get("tables") or ())
    if isinstance(action, exp.RenameColumn):
        yield f"renames the column {name}.{_name(action.this)}"
    if isinstance(action, exp.AlterRename):
        yield f"renames the {kind} {name}"
    if isinstance(action, exp.AlterColumn):
        yield from _column_altered(action, name, known)
    if isinstance(action, exp.ColumnDef) and _must_be_filled(action):
        yield f"adds the column {name}.{action.name}, which is NOT NULL and has no default"


def _column_altered(action: exp.AlterColumn, table: str, known: Known) -> Iterator[str]:
    column = f"{table}.{action.name}"
    if action.args.get("dtype") is not None:
        yield f"changes the type of the column {column}"
    if action.args.get("allow_null") is False and (table, action.name.lower()) not in known.defaults:
        yield f"makes the column {column} NOT NULL"
    if action.args.get("drop") and action.args.get("allow_null") is None:
        yield f"drops the default of the column {column}"


def _must_be_filled(column: exp.ColumnDef) -> bool:
    """Whether a row cannot be inserted by who does not know the column."""
    from sqlglot import exp

    kinds = [type(constraint.args.get("kind")) for constraint in column.args.get("constraints") or ()]
    filled = (
        exp.DefaultColumnConstraint,
        exp.GeneratedAsIdentityColumnConstraint,
        exp.ComputedColumnConstraint,
    )
    is_serial = column.kind is not None and column.kind.this.name in SERIAL
    needs = exp.NotNullColumnConstraint in kinds or exp.PrimaryKeyColumnConstraint in kinds
    return needs and not is_serial and not any(kind in filled for kind in kinds)


def _commanded(command: exp.Command) -> Iterator[str]:
    """What the parser knows by its first word only: renaming and moving a thing is told by its words."""
    words = str(command.args.get("expression") or "").upper().split()
    if str(command.this).upper() == "ALTER" and words[:1] and words[0] in NAMED:
        if "RENAME" in words[1:]:
            yield f"renames something of the {words[0].lower()} {words[1].lower()}"
        if "SET" in words and words[words.index("SET") + 1 :][:1] == ["SCHEMA"]:
            yield f"moves the {words[0].lower()} {words[1].lower()} to another schema"


def _name(thing: Any) -> str:
    """The lower-case name of a table, column or other thing, its schema included unless it is the usual one."""
    from sqlglot import exp

    found = thing.find(exp.Table) if isinstance(thing, exp.Schema) else thing
    if isinstance(found, exp.UserDefinedFunction):
        found = found.this
    schema = found.text("db").lower() if isinstance(found, exp.Expr) else ""
    name = found.name.lower() if isinstance(found, exp.Expr) else str(found)
    return f"{schema}.{name}".strip(".") if schema not in ("", "public") else name
