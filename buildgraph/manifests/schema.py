"""JSON Schemas of the manifests, for editors; they follow from the tables that read them and say what keys mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from buildgraph.manifests.fields import BASES, WORKSPACE, environment_reader, product_reader
from buildgraph.manifests.meanings import MEANINGS
from buildgraph.manifests.reading import Reader, Schema

DIALECT = "http://json-schema.org/draft-07/schema#"  # the newest that TOML editors understand
BELOW = ("items", "additionalProperties")  # of a schema: what stands in a list, and under free keys


def render_schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of manifest by its name: workspace, bases, product, environment.

    A schema knows one file: what manifests must keep to among themselves is checked by reading them.
    """
    readers: dict[str, Reader[Any]] = {
        "workspace": WORKSPACE,
        "bases": BASES,
        "product": product_reader("product"),
        "environment": environment_reader("environment"),
    }
    return {
        name: {"$schema": DIALECT, "title": f"{name}.toml", **_described(reader.schema, MEANINGS[name])}
        for name, reader in readers.items()
    }


def _described(schema: Schema, meanings: Mapping[str, str], path: str = "") -> dict[str, Any]:
    """The schema with each key's sentence; free keys and places in a list add nothing to a path."""
    found = dict(schema)
    for key in BELOW:
        if isinstance(schema.get(key), Mapping):
            found[key] = _described(schema[key], meanings, path)
    if "properties" in schema:
        found["properties"] = {
            name: _explained(below, meanings, f"{path}.{name}".lstrip("."))
            for name, below in schema["properties"].items()
        }
    return found


def _explained(schema: Schema, meanings: Mapping[str, str], path: str) -> dict[str, Any]:
    told = {"description": meanings[path]} if path in meanings else {}
    return {**told, **_described(schema, meanings, path)}
