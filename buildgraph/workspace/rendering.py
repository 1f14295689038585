"""Writes YAML as pnpm does: its order of keys, its quoting, its blank lines; it knows no meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from buildgraph.workspace.lockfile import Lockfile, Patch

# pnpm sorts the keys of a lockfile, of an importer and of a package by these lists, the rest by name.
_TOP = (
    "lockfileVersion",
    "settings",
    "neverBuiltDependencies",
    "onlyBuiltDependencies",
    "catalogs",
    "overrides",
    "packageExtensionsChecksum",
    "pnpmfileChecksum",
    "patchedDependencies",
    "dependencies",
    "optionalDependencies",
    "devDependencies",
    "dependenciesMeta",
    "importers",
    "packages",
)
_RECORD = (
    "resolution",
    "id",
    "name",
    "version",
    "engines",
    "cpu",
    "os",
    "libc",
    "deprecated",
    "hasBin",
    "prepare",
    "requiresBuild",
    "bundleDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "dependencies",
    "optionalDependencies",
    "transitivePeerDependencies",
    "dev",
    "optional",
)
_SPACED = frozenset(("importers", "packages", "snapshots"))
_ON_ONE_LINE = frozenset(("resolution", "engines", "os", "cpu", "libc"))
_LONGEST_KEY = 1024  # YAML: longer keys need the `? key` form

_PLAIN = re.compile(r"(?!\s)[^\s\-?:,\[\]{}#&*!|=>'\"%@`](?:[^:#\n]|:(?=\S)|(?<=\S)#)*(?<![\s:])\Z")
_FLOW_SIGNS = re.compile(r"[,\[\]{}]")
_NOT_TEXT = re.compile(
    r"(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|<<|\.(?:nan|NaN|NAN)|[-+]?\.(?:inf|Inf|INF)"
    r"|[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o[0-7_]+)"
    r"|[-+]?(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\s].*)?)\Z"
)


def render_lockfile(lockfile: Lockfile) -> bytes:
    """The lockfile as pnpm would write it; the same value always gives the same bytes."""
    document = {
        "lockfileVersion": lockfile.version,
        "settings": _sorted(lockfile.settings),
        "catalogs": _sorted(lockfile.catalogs),
        "overrides": _sorted(lockfile.overrides),
        "patchedDependencies": _sorted({key: _patch(patch) for key, patch in lockfile.patches.items()}),
        **{key: _deep(value, ()) for key, value in lockfile.others.items()},
        "importers": {
            folder: _sorted({**importer.settings, **importer.table}, _TOP)
            for folder, importer in sorted(lockfile.importers.items())
        },
        "packages": _records(lockfile.packages),
        "snapshots": {} if lockfile.is_flat else _records(lockfile.snapshots),
    }
    present = {key: value for key, value in document.items() if value not in ({}, None)}
    return render_yaml({key: present[key] for key in _order(present, _TOP)}, spaced=True)


def render_yaml(document: Mapping[str, Any], *, spaced: bool = False) -> bytes:
    """A mapping in block style; `spaced` puts blank lines where lockfiles have them."""
    lines = _mapping(document, "", spaced)
    return ("\n".join(lines).lstrip("\n") + "\n").encode()


def _records(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {key: _sorted(records[key], _RECORD) for key in sorted(records)}


def _patch(patch: Patch) -> Any:
    return {"hash": patch.hash, "path": patch.path} if patch.path else patch.hash


def _sorted(mapping: Mapping[str, Any], first: tuple[str, ...] = ()) -> dict[str, Any]:
    """`mapping` in order, inner mappings likewise."""
    return {key: _deep(mapping[key], first) for key in _order(mapping, first)}


def _order(keys: Iterable[str], first: tuple[str, ...]) -> list[str]:
    """The keys in `first` in its order, then the others by name."""
    rank = {key: index for index, key in enumerate(first)}
    return sorted(keys, key=lambda key: (rank.get(key, len(rank)), key))


def _deep(value: Any, first: tuple[str, ...]) -> Any:
    return _sorted(value, first) if isinstance(value, Mapping) else value


def _mapping(mapping: Mapping[str, Any], margin: str, spaced: bool = False) -> Iterable[str]:
    for key, value in mapping.items():
        if spaced:
            yield ""
        yield from _entry(key, value, margin, spaced and key in _SPACED)


def _entry(key: str, value: Any, margin: str, spaced: bool) -> Iterable[str]:
    name = _key(str(key), margin)
    if key in _ON_ONE_LINE or not isinstance(value, Mapping | list) or not value:
        yield f"{margin}{name}: {_flow(value) if key in _ON_ONE_LINE else _scalar(value)}"
        return
    yield f"{margin}{name}:"
    if isinstance(value, Mapping):
        yield from _mapping(value, margin + "  ", spaced)
    else:
        yield from (f"{margin}  - {_flow(item)}" for item in value)


def _key(key: str, margin: str) -> str:
    written = _scalar(key)
    return f"? {written}\n{margin}" if len(written) > _LONGEST_KEY else written


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value, _FLOW_SIGNS)


def _scalar(value: Any, quoted: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if not value.isprintable():
        return '"' + "".join(_escaped(sign) for sign in value) + '"'
    if _PLAIN.match(value) and not _NOT_TEXT.match(value) and not (quoted and quoted.search(value)):
        return value
    return "'" + value.replace("'", "''") + "'"


def _escaped(sign: str) -> str:
    """A character inside double quotes."""
    if sign in '"\\':
        return "\\" + sign
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
