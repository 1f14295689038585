"""What a chart's values may be, as the JSON Schema by which helm refuses others before anything is changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from buildgraph.render.helm.values import REGISTRY
from buildgraph.render.rendered import head
from buildgraph.render.yaml import Yaml

TEXT: Final[dict[str, Yaml]] = {"type": "string"}
SECONDS: Final[dict[str, Yaml]] = {"type": "integer", "minimum": 1}
SOME: Final[dict[str, Yaml]] = {"type": "string", "minLength": 1}


def render_schema() -> str:
    """The schema; its description, which JSON has instead of comments, says that it is rendered."""
    told = {"$schema": "http://json-schema.org/draft-07/schema#", **_map(_chart(), REGISTRY, "services")}
    return f'{{"description": {json.dumps(head("").strip())},{json.dumps(told, indent=2)[1:]}\n'


def _chart() -> dict[str, Yaml]:
    return {
        "global": {"type": "object"},  # helm's own, for charts within charts
        REGISTRY: {**SOME, "description": "Where images are; an environment's file says it."},
        "tag": {
            **TEXT,
            "description": "The tag of all images that have no digest; empty: what a cluster takes then.",
        },
        "pullSecrets": {"type": "array", "items": _map({"name": SOME}, "name")},
        "startupSeconds": {**SECONDS, "description": "Within which a version has to be well."},
        "startupTries": {
            **SECONDS,
            "description": "How often a container that starts is looked at, every 2 s.",
        },
        "leaveSeconds": {**SECONDS, "description": "How long one on its way out takes requests still."},
        "stopSeconds": {**SECONDS, "description": "How long it has to end, these seconds included."},
        "ingress": _map(
            {"class": {"type": ["string", "null"]}, "annotations": _texts(), "tls": {"type": "boolean"}}
        ),
        "services": {"type": "object", "additionalProperties": {**_service(), "type": ["object", "null"]}},
    }


def _service() -> dict[str, Yaml]:
    told: dict[str, Yaml] = {
        "tag": {**TEXT, "description": "In place of the tag of all."},
        "digest": {**TEXT, "pattern": "^(sha256:[0-9a-f]{64})?$"},
        "replicas": {"type": "integer", "minimum": 0},
        "resources": _map({"requests": _texts(), "limits": _texts()}),
        "host": SOME,
        "secrets": {"type": "array", "items": SOME, "description": "Secrets of the namespace, as variables."},
        "config": {**_texts(), "description": "Public variables; `--set-string` keeps a number a text."},
    }
    return _map(told)


def _map(told: Mapping[str, Yaml], *needed: str) -> dict[str, Yaml]:
    required: dict[str, Yaml] = {"required": list(needed)} if needed else {}
    return {"type": "object", "additionalProperties": False, **required, "properties": told}


def _texts() -> dict[str, Yaml]:
    return {"type": "object", "additionalProperties": TEXT}
