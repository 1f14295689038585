"""Manifests as text: the smallest that say what was found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from buildgraph.adopt.model import Adoption, Found
from buildgraph.manifests.parsing import ENVIRONMENTS, PRODUCTS, WORKSPACE_FILE

DEVELOPMENT_FILE: Final = f"{ENVIRONMENTS}/development.toml"
DEVELOPMENT: Final = "# A laptop: its own Docker engine, images by id.\nproxy_port = 8480\n"
DODO: Final = """from buildgraph.dodo import hand_over, is_doit
is_doit() and hand_over()  # `doit …` is `buildgraph …` here
"""
TOOL: Final = """[tool.doit]
loader = "buildgraph" # `doit …` in this folder is `buildgraph …`

[tool.doit.plugins.loader]
buildgraph = "buildgraph.dodo:HandOver"
"""
UNASKED: Final = "deployed = false # until it has `port` and `health`, or `health_command`"
DODO_FILE, TOOL_FILE = "dodo.py", "pyproject.toml"


def render_manifests(adoption: Adoption, name: str, stand_ins: Mapping[str, str]) -> dict[str, str]:
    """Path -> text of every manifest; `stand_ins` are base images and the recipes that replace them here."""
    products: dict[str, list[Found]] = {}
    for service in adoption.services:
        products.setdefault(service.product, []).append(service)
    files = {
        f"{PRODUCTS}/{product}.toml": render_product(found) for product, found in sorted(products.items())
    }
    return {WORKSPACE_FILE: _workspace(name, stand_ins), **files, DEVELOPMENT_FILE: DEVELOPMENT}


def render_product(services: Iterable[Found]) -> str:
    """The manifest of a product's services."""
    return "\n".join(_service(service) for service in services)


def _workspace(name: str, stand_ins: Mapping[str, str]) -> str:
    lines = [f"name = {_text(name)}"]
    if stand_ins:
        lines += ["", "# Stand-ins for sites without the registry of these images.", "[substitutes]"]
        lines += _stand_ins(stand_ins)
    return "\n".join([*lines, ""])


def render_more_stand_ins(stand_ins: Mapping[str, str], *, is_table_there: bool) -> str:
    """What a workspace's manifest has to say more, so that these recipes stand in for base images."""
    table = "# below [substitutes]" if is_table_there else "[substitutes]"
    return "\n".join([table, *_stand_ins(stand_ins)])


def _stand_ins(stand_ins: Mapping[str, str]) -> list[str]:
    return [f"{_text(reference)} = {_text(recipe)}" for reference, recipe in sorted(stand_ins.items())]


def _service(service: Found) -> str:
    fields = {
        "kind": "" if service.dockerfile else service.kind,
        "path": service.path,
        "dockerfile": service.dockerfile,
        "context": service.context,
        "target": service.target,
        "port": service.port,
        "listens": service.listens,
        "host": service.name if service.port else "",
        "health": service.health,
    }
    lines = [f"{key} = {_text(value)}" for key, value in fields.items() if value]
    lines += [] if service.deployed else [UNASKED]
    return "\n".join([f"[services.{service.name}]", *lines, ""])


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML has no such sign
