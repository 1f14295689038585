"""The reference of manifests: its examples hold, they show every key there is, and each key is told once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
import tomli

from buildgraph.manifests import parse_manifests
from buildgraph.manifests.canary import Canary
from buildgraph.manifests.fields import SERVICE_FIELDS
from buildgraph.manifests.kinds import KINDS
from buildgraph.manifests.meanings import MEANINGS
from buildgraph.manifests.model import (
    Autoscale,
    Backups,
    Coolify,
    Environment,
    Migration,
    SmokeTest,
    WorkspaceManifest,
)
from buildgraph.manifests.reading import Schema
from buildgraph.manifests.reference import BEGINS, render_reference
from buildgraph.manifests.schema import BELOW, render_schemas

REFERENCE = (Path(__file__).parents[2] / "manifests/REFERENCE.md").read_text(encoding="utf-8")
FILES = {
    f"manifests/{name}": text
    for name, text in re.findall(r"```toml\n# (\S+)\n(.*?)```", REFERENCE, re.DOTALL)
}


def shown_in(folder: str) -> set[str]:
    """The keys at the top of the files of a folder."""
    return {key for name, text in FILES.items() if name.startswith(folder) for key in tomli.loads(text)}


def nested(schema: Schema) -> dict[str, set[str]]:
    """The keys of the tables that stand below the keys of a schema."""
    tables = {key: below.get("items", below) for key, below in schema["properties"].items()}
    return {key: set(below["properties"]) for key, below in tables.items() if "properties" in below}


def test_all_examples_together_have_no_mistake() -> None:
    found = parse_manifests({path: text.encode() for path, text in FILES.items()})

    assert [service.name for service in found.services] == ["shop-api", "shop-base", "shop-worker"]


@pytest.mark.parametrize("name", ["workspace", "bases", "environment"])
def test_every_key_of_a_file_is_shown(name: str) -> None:
    folder = f"manifests/{'environments' if name == 'environment' else name}"

    assert shown_in(folder) == set(render_schemas()[name]["properties"])


def test_every_key_of_a_service_is_shown() -> None:
    services = tomli.loads(FILES["manifests/products/shop.toml"])["services"]
    schema = render_schemas()["product"]["properties"]["services"]["additionalProperties"]

    assert {key for service in services.values() for key in service} == set(SERVICE_FIELDS)
    for key, names in nested(schema).items():
        shown = services["shop-api"][key]
        assert set(shown[0] if isinstance(shown, list) else shown) == names


def test_the_table_of_kinds_tells_what_they_give() -> None:
    for name, kind in KINDS.items():
        built, listens, health = kind.template or "its `dockerfile`", kind.listens or "`port`", kind.health
        cells = [
            f"`{name}`",
            f"`{built}`" if kind.template else built,
            str(listens),
            f"`{health}`" if health else "its `health`",
        ]
        assert f"| {' | '.join(cells)} |" in REFERENCE


def keys(schema: Schema, path: str = "") -> Iterator[str]:
    """Every key that a schema knows, with the keys that lead to it."""
    for name, below in schema.get("properties", {}).items():
        yield f"{path}{name}"
        yield from keys(below, f"{path}{name}.")
    for free in (schema[key] for key in BELOW if isinstance(schema.get(key), dict)):
        yield from keys(free, path)


@pytest.mark.parametrize("name", MEANINGS)
def test_every_key_has_its_sentence_and_every_sentence_its_key(name: str) -> None:
    """Whoever adds a key adds a line to `buildgraph/manifests/meanings.py`."""
    told = MEANINGS[name]

    assert sorted(told) == sorted(keys(render_schemas()[name]))
    assert [meaning for meaning in told.values() if not meaning.endswith(".") or "\n" in meaning] == []


@pytest.mark.parametrize("name", MEANINGS)
def test_the_reference_has_the_tables_of_every_manifest(name: str) -> None:
    assert REFERENCE.count(BEGINS.format(name=name)) == 1


def test_the_tables_of_the_reference_say_what_the_types_say() -> None:
    """`buildgraph schema --write` mends it."""
    assert render_reference(REFERENCE) == REFERENCE


@pytest.mark.parametrize(
    ("name", "path", "model"),
    [
        ("workspace", "", WorkspaceManifest),
        ("product", "services.migration.", Migration),
        ("product", "services.smoke.", SmokeTest),
        ("product", "services.autoscale.", Autoscale),
        ("environment", "", Environment),
        ("environment", "canary.", Canary),
        ("environment", "backups.", Backups),
        ("environment", "coolify.", Coolify),
    ],
)
def test_a_sentence_tells_the_default_of_the_model(name: str, path: str, model: type) -> None:
    usual = {field.name: field.default for field in fields(model)}
    told = {key: default for key, default in usual.items() if isinstance(default, (str, float)) and default}
    told |= {key: value for key, value in usual.items() if type(value) is int}

    for key, default in told.items():
        written = f"`{default}`" if isinstance(default, str) else f"{default:g}"
        assert f"left out: {written}" in MEANINGS[name][f"{path}{key}"].replace("L", "l"), key
