"""The tables of keys in a reference of manifests, as Markdown written from the schemas; it reads and writes no file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from buildgraph.manifests.reading import Schema
from buildgraph.manifests.schema import render_schemas

BEGINS: Final = "<!-- keys of {name}: written by `buildgraph schema --write` -->"
ENDS: Final = "<!-- end of keys -->"
MARKED: Final = re.compile(
    re.escape(BEGINS).replace(r"\{name\}", r"(\w+)") + r"\n.*?" + re.escape(ENDS), re.DOTALL
)
WORDS: Final = {
    "string": "text",
    "boolean": "true or false",
    "integer": "integer",
    "number": "number",
    "array": "list",
    "object": "table",
}


def render_reference(text: str) -> str:
    """A text in which the tables between the marks say what the schemas say; all else stays as it is."""
    schemas = render_schemas()

    def renewed(marked: re.Match[str]) -> str:
        name = marked[1]
        tables = "\n".join(_tables(schemas[name], ""))
        return f"{BEGINS.format(name=name)}\n\n{tables}\n{ENDS}"

    return MARKED.sub(renewed, text)


def _tables(schema: Schema, path: str) -> Iterator[str]:
    """The table of a schema's keys under the heading of its own, then those of the tables below it."""
    if path:
        yield f"`{path}`:\n"
    yield "| key | value | meaning |\n|---|---|---|"
    needed = schema.get("required", ())
    for name, below in schema["properties"].items():
        yield f"| `{name}` | {_value(below)}{', needed' if name in needed else ''} | {_meaning(below)} |"
    yield ""
    for name, below in schema["properties"].items():
        for inner, heading in _inner(below, f"{path.strip('[]')}.{name}".lstrip(".")):
            yield from _tables(inner, heading)


def _inner(schema: Schema, path: str) -> Iterator[tuple[Schema, str]]:
    """The schemas of tables with keys of their own, each with the heading that leads to it in TOML."""
    if "properties" in schema:
        yield schema, f"[{path}]"
    free = schema.get("additionalProperties")
    if isinstance(free, dict):
        yield from _inner(free, f"{path}.NAME")
    if "items" in schema:
        yield from ((inner, f"[{heading}]") for inner, heading in _inner(schema["items"], path))


def _meaning(schema: Schema) -> str:
    return str(schema.get("description", "")).replace("|", "\\|")


def _value(schema: Schema) -> str:
    """How a value is written, in a few words."""
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return " or ".join(_kind(kind, schema) for kind in kinds)


def _kind(kind: str, schema: Schema) -> str:
    below = schema.get("items" if kind == "array" else "additionalProperties")
    if kind in ("array", "object") and isinstance(below, dict):
        return f"{WORDS[kind]} of {_value(below)}"
    return f"{WORDS[kind]}{_limits(schema) if kind in ('integer', 'number') else ''}"


def _limits(schema: Schema) -> str:
    above, least, most = schema.get("exclusiveMinimum"), schema.get("minimum"), schema.get("maximum")
    begins = f" from {least}" if above is None else f" above {above}"
    return begins + (f" to {most}" if most is not None else "")
