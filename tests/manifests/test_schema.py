"""The JSON Schemas of manifests, as an editor reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

from buildgraph.commands.schema import NAMES, schema_text
from buildgraph.manifests.fields import ENVIRONMENT_FIELDS, SERVICE_FIELDS
from buildgraph.manifests.kinds import KINDS
from buildgraph.manifests.meanings import PRODUCT
from buildgraph.manifests.schema import render_schemas


def test_there_is_a_schema_of_every_kind_of_manifest_and_it_is_plain_json() -> None:
    schemas = render_schemas()

    assert list(schemas) == ["workspace", "bases", "product", "environment"]
    assert json.loads(json.dumps(schemas)) == schemas


def test_the_schema_of_a_product_knows_every_key_of_a_service_and_no_other() -> None:
    service = render_schemas()["product"]["properties"]["services"]["additionalProperties"]

    assert set(service["properties"]) == set(SERVICE_FIELDS)
    assert (service["required"], service["additionalProperties"]) == (["path"], False)
    port = {"type": "integer", "minimum": 1, "maximum": 65535}
    assert service["properties"]["port"] == {**port, "description": PRODUCT["services.port"]}
    assert service["properties"]["kind"]["enum"] == sorted(KINDS)


def test_the_schema_of_an_environment_knows_every_key_and_no_other() -> None:
    environment = render_schemas()["environment"]

    assert set(environment["properties"]) == set(ENVIRONMENT_FIELDS)
    assert environment["additionalProperties"] is False


ROOT = Path(__file__).parents[2]
SHOWN = re.findall(r"```toml\n# (\S+)\n(.*?)```", (ROOT / "manifests/REFERENCE.md").read_text(), re.DOTALL)
MANIFESTS = {
    **{
        str(path.relative_to(ROOT / "manifests")): path.read_text()
        for path in (ROOT / "manifests").rglob("*.toml")
    },
    **{f"REFERENCE.md: {name}": text for name, text in SHOWN},
}


def schema_for(name: str) -> Any:
    """The schema that holds for a manifest of this path."""
    path = name.removeprefix("REFERENCE.md: ")
    kind = {"products": "product", "environments": "environment"}.get(
        path.partition("/")[0], path.partition(".")[0]
    )
    return json.loads(schema_text(kind))


@pytest.mark.parametrize("name", NAMES)
def test_the_schemas_in_the_repository_are_those_of_the_types(name: str) -> None:
    """`buildgraph schema --write` mends it."""
    assert (ROOT / f"manifests/schemas/{name}.json").read_text() == schema_text(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(json.loads(schema_text(name)))


@pytest.mark.parametrize("name", MANIFESTS)
def test_every_manifest_here_holds_to_its_schema(name: str) -> None:
    jsonschema.validate(tomli.loads(MANIFESTS[name]), schema_for(name))


@pytest.mark.parametrize("name", [name for name in MANIFESTS if "REFERENCE" not in name])
def test_every_manifest_here_names_its_schema(name: str) -> None:
    path = ROOT / "manifests" / name
    first = path.read_text().splitlines()[0]

    assert first.startswith("#:schema ")
    assert json.loads((path.parent / first.removeprefix("#:schema ")).read_text()) == schema_for(name)


WRONG = {
    "an unknown key": 'kind = "nestjs"\npath = "a"\nprot = 1',
    "an unknown kind": 'kind = "nest"\npath = "a"',
    "no path": 'kind = "nestjs"',
    "a port as text": 'kind = "nestjs"\npath = "a"\nport = "1"',
    "a smoke test without a name": 'kind = "nestjs"\npath = "a"\nsmoke = [{ path = "/" }]',
    "memory without a unit": 'kind = "nestjs"\npath = "a"\nresources = { memory = "512" }',
}


@pytest.mark.parametrize("lines", WRONG.values(), ids=list(WRONG))
def test_what_reading_refuses_in_one_key_an_editor_marks_too(lines: str) -> None:
    written = tomli.loads(f"[services.a]\n{lines}\n")

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(written, json.loads(schema_text("product")))
