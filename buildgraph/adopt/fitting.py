"""Whether a manifest can tell of a service as it was found: folders may be called what no manifest takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from buildgraph.adopt.model import Found
from buildgraph.adopt.rendering import render_product
from buildgraph.manifests.fields import product_reader
from buildgraph.manifests.reading import Place
from buildgraph.manifests.toml import parse_toml

NO_TEXT: Final = "a name in its path is no UTF-8 text, which a manifest is"
READER: Final = product_reader("found")


def refusal(service: Found) -> str:
    """Why a manifest would refuse what was found of a service; "" where it takes it."""
    place = Place("")
    try:
        content = render_product([replace(service, name="found")]).encode()
    except UnicodeEncodeError:  # names of files are bytes
        return NO_TEXT
    with place.keeping():
        READER.read(parse_toml(content), place)
    return next((f"its `{_key(found.where)}` {found.what}" for found in place.mistakes), "")


def _key(where: str) -> str:
    return where.rpartition(".")[2]
