"""The schemas of objects as clusters of several versions know them; `kubernetes-validate` brings them along.

It has a call of its own, which reads megabytes again for every object.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
from referencing import Registry, Resource

# The oldest that is known, and the two newest.
VERSIONS = ("1.25", "1.36", "1.37")
SCHEMAS = files("kubernetes_validate") / "kubernetes-json-schema"


def mistakes(objects: Iterable[Any], version: str) -> list[str]:
    """What a cluster of this version would find in objects that it does not know, or takes otherwise."""
    return [
        f"{told['kind']}/{told['metadata']['name']}: {error.message}"
        for told in objects
        for error in _validator(told["kind"], told["apiVersion"], version).iter_errors(told)
    ]


@cache
def _validator(kind: str, api_version: str, version: str) -> Any:
    group, _, name = api_version.rpartition("/")
    file = "-".join(part for part in (kind.lower(), group.partition(".")[0], name) if part)
    known = Resource.from_contents(_schema(f"v{version}.0-local-strict/{file}.json"))
    return jsonschema.Draft202012Validator(known.contents, registry=known @ _definitions(version))


@cache
def _definitions(version: str) -> Registry[Any]:
    empty: Registry[Any] = Registry()
    return Resource.from_contents(_schema(f"v{version}.0-local-strict/_definitions.json")) @ empty


def _schema(path: str) -> Any:
    return json.loads((SCHEMAS / path).read_text())
