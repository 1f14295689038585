"""The reference of manifests: its examples hold, and they show every key there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tomli

from buildgraph.manifests import parse_manifests
from buildgraph.manifests.fields import SERVICE_FIELDS
from buildgraph.manifests.kinds import KINDS
from buildgraph.manifests.reading import Schema
from buildgraph.manifests.schema import render_schemas

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
