"""Pages of one file: HTML with its style, its script and its data inside, so that no page asks any network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

PLACE: Final = re.compile(r"\{\{(\w+)\}\}")
FOLDER: Final = Path(__file__).parent
SCRIPTS: Final = {
    "graph": ("model.js", "layout.js", "drawing.js", "showing.js", "panel.js", "controls.js", "graph.js"),
    "status": ("status.js",),
}
# What would end the element that holds the data, or begin a comment in it.
UNSAFE: Final = (
    ("&", "\\u0026"),
    ("<", "\\u003c"),
    (">", "\\u003e"),
    ("\u2028", "\\u2028"),
    ("\u2029", "\\u2029"),
)


def render_page(name: str, title: str, data: str) -> str:
    """A page of this name; `data` is JSON, which its script reads as it is."""
    parts = {
        "title": _as_text(title),
        "style": _read("page.css"),
        "data": _as_data(data),
        "script": "'use strict';\n" + "\n".join(map(_read, SCRIPTS[name])),
    }
    return PLACE.sub(lambda place: parts[place[1]], _read(f"{name}.html"))


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _as_text(written: str) -> str:
    return written.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _as_data(data: str) -> str:
    for sign, escaped in UNSAFE:
        data = data.replace(sign, escaped)
    return data
