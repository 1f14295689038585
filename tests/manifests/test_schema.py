"""The JSON Schemas of manifests, as an editor reads them."""

from __future__ import annotations

import json

from buildgraph.manifests.fields import ENVIRONMENT_FIELDS, SERVICE_FIELDS
from buildgraph.manifests.schema import render_schemas


def test_there_is_a_schema_of_every_kind_of_manifest_and_it_is_plain_json() -> None:
    schemas = render_schemas()

    assert list(schemas) == ["workspace", "bases", "product", "environment"]
    assert json.loads(json.dumps(schemas)) == schemas


def test_the_schema_of_a_product_knows_every_key_of_a_service_and_no_other() -> None:
    service = render_schemas()["product"]["properties"]["services"]["additionalProperties"]

    assert set(service["properties"]) == set(SERVICE_FIELDS)
    assert (service["required"], service["additionalProperties"]) == (["path"], False)
    assert service["properties"]["port"] == {"type": "integer", "minimum": 1, "maximum": 65535}
    assert service["properties"]["kind"] == {"enum": ["astro", "dockerfile", "nestjs", "sveltekit"]}


def test_the_schema_of_an_environment_knows_every_key_and_no_other() -> None:
    environment = render_schemas()["environment"]

    assert set(environment["properties"]) == set(ENVIRONMENT_FIELDS)
    assert environment["additionalProperties"] is False
