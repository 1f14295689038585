"""A small language for lockfiles in tests: importers and packages in a line each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from buildgraph.workspace import Lockfile, parse_lockfile

Document = dict[str, Any]


def document(
    importers: Mapping[str, str], packages: Mapping[str, str] | None = None, **more: Any
) -> Document:
    """A lockfile 9.0 as a plain value.

    An importer's line holds `alias=version` words; a word with `dev:` or `optional:` before it is in that
    group. A package's line holds the `alias=version` words it needs.
    """
    needs = packages or {}
    return {
        "lockfileVersion": "9.0",
        "importers": {folder: _table(line) for folder, line in importers.items()},
        "packages": {key.split("(")[0]: {"resolution": {"integrity": f"sha512-{key}"}} for key in needs},
        "snapshots": {key: _edges(line) for key, line in needs.items()},
        **more,
    }


def lockfile(
    importers: Mapping[str, str], packages: Mapping[str, str] | None = None, **more: Any
) -> Lockfile:
    """The parsed lockfile of such a document."""
    return parsed(document(importers, packages, **more))


def parsed(plain: Document) -> Lockfile:
    """A plain value parsed as a lockfile: JSON is YAML."""
    return parse_lockfile(json.dumps(plain).encode())


def _table(line: str) -> Document:
    table: Document = {}
    for word in line.split():
        alias, _, version = word.partition("=")
        group, colon, bare = alias.partition(":")
        name = {"dev": "devDependencies", "optional": "optionalDependencies"}.get(group, "dependencies")
        specifier = "workspace:*" if version.startswith("link:") else f"^{version}"
        table.setdefault(name, {})[bare if colon else alias] = {"specifier": specifier, "version": version}
    return table


def _edges(line: str) -> Document:
    words = dict(word.split("=", 1) for word in line.split())
    return {"dependencies": words} if words else {}
