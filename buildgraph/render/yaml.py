"""Values as YAML, always in the same words: keys in the order given, every text that could mean more in quotes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from buildgraph.render.rendered import head

Yaml: TypeAlias = "Mapping[str, Yaml] | Sequence[Yaml] | str | int | float | bool | None"

# Texts that no YAML, of 1.1 or 1.2, reads as anything else; all others stand in JSON's quotes, which are YAML's too.
PLAIN: Final = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(:[A-Za-z0-9_./@-]+)*")
# What YAML prints in no text (YAML 1.2, 5.1), and what ends a line in its older version; JSON escapes the rest.
UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class Verbatim(str):
    """A scalar that is written as it stands, with a comment behind it perhaps: who makes one vouches for it."""

    __slots__ = ()


class Script(str):
    """Lines that are written as lines, for whoever reads the file; they end with a line end."""

    __slots__ = ()


def render_yaml(value: Yaml) -> str:
    """A value as one YAML document."""
    return "".join(f"{line}\n" for line in _lines(value))


def render_file(*documents: Yaml) -> str:
    """A file of documents that says where it comes from."""
    return head() + "---\n".join(map(render_yaml, documents))


def _lines(value: Yaml) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _entry(f"{_scalar(key)}:", below)
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for item in value:
            yield from _item(item)
    else:
        yield _scalar(value)


def _entry(key: str, value: Yaml) -> Iterator[str]:
    if isinstance(value, Script):
        yield f"{key} |"
        yield from (f"  {line}" for line in value.splitlines())
        return
    if _is_leaf(value):
        yield f"{key} {_scalar(value)}"
        return
    yield key
    yield from (f"  {line}" for line in _lines(value))


def _item(value: Yaml) -> Iterator[str]:
    """An item of a list; its first line stands beside the dash."""
    first, *others = _lines(value)
    yield f"- {first}"
    yield from (f"  {line}" for line in others)


def _is_leaf(value: Yaml) -> bool:
    return isinstance(value, str) or not isinstance(value, (Mapping, Sequence)) or not value


def _scalar(value: Yaml) -> str:
    if isinstance(value, Verbatim):
        return str(value)
    if isinstance(value, str) and PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    if isinstance(value, str):
        return UNPRINTABLE.sub(_escaped, json.dumps(value, ensure_ascii=False))
    if isinstance(value, float):
        written = json.dumps(value)  # YAML 1.1 reads a power of ten as a number only after a point
        return written if "." in written else written.replace("e", ".0e")
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, Sequence) else json.dumps(value)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
