"""What verbs answer: to programs by a schema that is kept to, to people in 80 columns.

All other tests that ask for JSON hold it against its schema, too: `tests/support/answers.py`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import jsonschema
import pytest

from buildgraph.adopt.model import Found, Open
from buildgraph.backup.records import Running
from buildgraph.commands import VERBS, overview
from buildgraph.commands.schema import NAMES, answer_names, schema_text
from buildgraph.deploy.checkups import Checkup
from buildgraph.place.audit import Event
from buildgraph.place.holding import Holding
from buildgraph.saved_plan import PlannedService
from buildgraph.standing import ServiceState
from tests.support.answers import schema_name
from tests.support.monorepo import Monorepo

WIDTH = 80
# Where an answer tells a value as it is: the schema, where in it, the value's type, and what of it is not told.
TOLD_AS_THEY_ARE: list[tuple[str, str, type, set[str]]] = [
    ("status", "service", ServiceState, set()),
    ("status.all", "service", ServiceState, set()),
    ("plan.saved", "service", PlannedService, set()),
    ("releases.events", "event", Event, set()),
    ("lock", "lock", Holding, {"handle"}),
    ("health", "container", Checkup, set()),
    ("init", "service", Found, set()),
    ("init", "question", Open, set()),
]
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}


def schema_of(name: str) -> Any:
    return json.loads(schema_text(name))


def choices_of(verb: str) -> list[str]:
    """The formats that a verb offers."""
    parser = argparse.ArgumentParser()
    importlib.import_module(f"buildgraph.commands.{verb}").configure(parser)
    return [
        str(choice)
        for action in parser._actions
        if action.dest == "format"
        for choice in action.choices or ()
    ]


@pytest.mark.parametrize("verb", VERBS)
def test_every_answer_that_programs_read_has_a_schema(verb: str) -> None:
    formats = choices_of(verb)

    assert ("json" in formats) <= (schema_name(verb, (), "json") in answer_names())
    assert ("github" in formats) <= (f"{verb}.github" in answer_names())


def test_a_manifest_and_an_answer_never_bear_one_name() -> None:
    assert set(NAMES).isdisjoint(answer_names())


def objects_in(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object that a schema describes."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for below in schema.values():
            yield from objects_in(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from objects_in(below)


@pytest.mark.parametrize("name", answer_names())
def test_a_schema_leaves_nothing_open_and_says_what_it_is_of(name: str) -> None:
    schema = schema_of(name)

    jsonschema.Draft7Validator.check_schema(schema)
    assert schema["title"]
    for described in objects_in(schema):
        assert "additionalProperties" in described
        assert set(described.get("required", ())) <= set(described.get("properties", ()))


@pytest.mark.parametrize(("name", "definition", "kind", "untold"), TOLD_AS_THEY_ARE)
def test_what_is_told_as_it_is_follows_from_its_type(
    name: str, definition: str, kind: type, untold: set[str]
) -> None:
    described = schema_of(name)["definitions"][definition]
    hints = get_type_hints(kind)
    told = [field.name for field in fields(kind) if field.name not in untold]

    assert described["required"] == told == list(described["properties"])
    plain = {field: PLAIN[hints[field]] for field in told if hints[field] in PLAIN}
    assert {field: described["properties"][field]["type"] for field in plain} == plain


def test_what_ran_when_a_backup_was_made_follows_from_its_type() -> None:
    services = schema_of("backups")["definitions"]["backup"]["properties"]["services"]

    assert services["additionalProperties"]["required"] == [field.name for field in fields(Running)]


# For people ------------------------------------------------------------------------------------------------


@pytest.fixture
def eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns, as those tell who have one elsewhere."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))


def too_wide(text: str) -> list[str]:
    """The lines that are wider, unless it is one long word (a path, a digest) that makes them so."""
    return [
        line
        for line in text.splitlines()
        if len(line) > WIDTH and max(map(len, line.split(" "))) < WIDTH // 2
    ]


@pytest.fixture
def wide(repo: Monorepo) -> Monorepo:
    """A workspace whose tables are wider than 80 columns if nobody minds it."""
    repo.package("@acme/a-package-of-a-long-name")
    repo.service("a-service-of-a-long-name", uses=["@acme/a-package-of-a-long-name"])
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.append("manifests/workspace.toml", 'render = ["tables"]\n')
    repo.lock()
    repo.commit()
    repo.append("packages/a-package-of-a-long-name/src/index.ts")
    return repo


@pytest.mark.parametrize(
    "verb",
    ["affected", "bases", "why a-service-of-a-long-name", "doctor", "init --dry-run", "render --check"],
)
def test_what_a_verb_tells_people_fits_eighty_columns(wide: Monorepo, eighty: None, verb: str) -> None:
    ran = wide.run(*verb.split())

    assert ran.code in (0, 1, 3) and ran.out
    assert too_wide(ran.out) == []


def test_what_a_machine_lacks_is_told_in_eighty_columns_with_the_way_out(
    wide: Monorepo, eighty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")

    ran = wide.run("doctor")

    assert ran.code == 3 and "\nengine\n  " in ran.out
    assert too_wide(ran.out) == []


def test_the_same_in_a_file_is_one_line_for_each_row(wide: Monorepo) -> None:
    told = wide.run("affected").out

    assert len(told.splitlines()) == len(wide.run("affected", "--format", "names").out.splitlines())


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_fits_eighty_columns(repo: Monorepo, eighty: None, verb: str) -> None:
    assert too_wide(repo.run(verb, "--help").out) == []


def test_the_overview_fits_eighty_columns(eighty: None) -> None:
    assert too_wide(overview()) == []


STATE = ServiceState(
    service="chat-backend",
    product="chat",
    state="running",
    in_date=True,
    colour="green",
    commit="0123456789abcdef-dirty",
    since="2026-11-26T08:00:00Z",
    address="http://chat-backend.development.localhost:8480/",
    release="chat-0001",
    by="somebody@a-long-name-of-a-machine",
    kept="blue",
    kept_for=3600,
    replicas=2,
    scaled=2,
)
EVENT = Event(
    *("2026-11-26T08:00:00Z", "somebody@a-machine", "deploy-failed", "chat", "chat-0001", "0123456789abcdef"),
    "chat-backend: it was never healthy within 30 seconds, and said nothing in all this time",
)
CHECKUP = Checkup(
    *("chat-backend", "chat", "manacore-development-chat-backend-green", "running", True, "UP"),
    "200 after a while, as the health check of this service has it",
)
HOLDING = Holding(
    "chat", "somebody@a-machine", "the database is moved, nobody deploys before noon", 90.0, "c"
)


@pytest.mark.parametrize(
    ("verb", "row", "header", "value"),
    [
        ("status", "_row", "HEADER", STATE),
        ("releases", "_event_row", "EVENTS_HEADER", EVENT),
        ("health", "_row", "HEADER", CHECKUP),
        ("lock", "_row", "HEADER", HOLDING),
    ],
)
def test_tables_of_environments_fit_eighty_columns(
    eighty: None, verb: str, row: str, header: str, value: object
) -> None:
    from buildgraph.console import table

    module = importlib.import_module(f"buildgraph.commands.{verb}")
    cells = getattr(module, row)(value)

    told = table([cells, cells], getattr(module, header))

    assert too_wide(told) == []
    assert all(word in told for cell in cells for word in cell.split())


def test_no_text_of_ours_is_coloured() -> None:
    """Signs and words tell everything, so that nobody has to tell colours apart; SGR is ECMA-48's sequence for them."""
    coloured = re.compile(r"\\(x1b|033|e)\[[\d;{}]+m")
    sources = (Path(__file__).parents[2] / "buildgraph").rglob("*.py")

    assert [source.name for source in sources if coloured.search(source.read_text())] == []
