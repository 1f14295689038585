"""JSON Schemas of the manifests, for editors; they follow from the tables that read them."""

from __future__ import annotations

from typing import Any

from buildgraph.manifests.fields import BASES, WORKSPACE, environment_reader, product_reader
from buildgraph.manifests.reading import Reader

DIALECT = "http://json-schema.org/draft-07/schema#"  # the newest that TOML editors understand


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
        name: {"$schema": DIALECT, "title": f"{name}.toml", **reader.schema}
        for name, reader in readers.items()
    }
