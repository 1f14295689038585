"""Turns the text of pnpm-lock.yaml into a lockfile, or says what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from buildgraph.errors import ConfigurationError
from buildgraph.workspace.lockfile import FLAT, INSTALLED_GROUPS, Importer, Lockfile, Patch, Record
from buildgraph.workspace.package import OPTIONAL, PRODUCTION
from buildgraph.workspace.projects import LOCKFILE
from buildgraph.workspace.yaml import parse_yaml

_NESTED = (dict, list)
SPLIT = ("9.0",)
RELOCK = "run `pnpm install` with the pnpm that package.json names (8 or newer), and commit the lockfile"


def parse_lockfile(content: bytes, where: str = LOCKFILE) -> Lockfile:
    """The lockfile in `content`; of several documents (pnpm 10) the one with importers counts.

    References to packages it does not hold (broken merges) are accepted. Raises ConfigurationError for
    text that is no lockfile of version 9.0 or 6.x.
    """
    document = _document(parse_yaml(content, where), where)
    _check_keys(document, f"{where}: ")
    version = _version(document, where)
    shapes = {key: _table(document, key, where) for key in ("packages", "snapshots", "catalogs", "overrides")}
    for name in ("packages", "snapshots"):
        _check_records(shapes[name], f"{where}: {name}")
    patches = _table(document, "patchedDependencies", where)
    importers = _table(document, "importers", where) or {".": _inline_importer(document)}
    return Lockfile(
        version=version,
        importers={str(folder): _importer(str(folder), table, where) for folder, table in importers.items()},
        packages=shapes["packages"],
        snapshots=shapes["packages"] if version in FLAT else shapes["snapshots"],
        catalogs=shapes["catalogs"],
        overrides={str(name): str(value) for name, value in shapes["overrides"].items()},
        patches={str(name): _patch(value) for name, value in patches.items()},
        settings=_table(document, "settings", where),
        others={key: value for key, value in document.items() if key not in _READ},
    )


_OF_PNPM_ITSELF = {"configDependencies", "packageManagerDependencies"}
_READ = {
    *("lockfileVersion", "settings", "catalogs", "overrides", "patchedDependencies"),
    *("importers", "packages", "snapshots"),
    *(*INSTALLED_GROUPS, "dependenciesMeta", "publishDirectory", "specifiers"),
}


def _document(documents: tuple[Any, ...], where: str) -> Record:
    mappings = [document for document in documents if isinstance(document, dict)]
    ours = [document for document in mappings if _is_of_projects(document)] or mappings
    if not ours:
        raise ConfigurationError.of(where, "is no lockfile: there is nothing in it", RELOCK)
    found: Record = ours[0]
    return found


def _is_of_projects(document: Record) -> bool:
    """Whether importers are projects: newer pnpm versions put another document first, for their own tools."""
    importers = document.get("importers")
    if not isinstance(importers, dict):
        return False
    tables = (table for table in importers.values() if isinstance(table, dict))
    keys = {key for table in tables for key in table}
    return not keys or not keys <= _OF_PNPM_ITSELF


def _version(document: Record, where: str) -> str:
    version = str(document.get("lockfileVersion", ""))
    if version in SPLIT + FLAT:
        return version
    what = f"has lockfileVersion {version}; 9.0 and 6.0 can be read" if version else "has no lockfileVersion"
    raise ConfigurationError.of(where, what, RELOCK)


def _table(document: Record, key: str, where: str) -> Mapping[str, Any]:
    found = document.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(value is not None for value in found.values()):
        raise ConfigurationError.of(f"{where}: {key}", "must be a mapping without empty entries", RELOCK)
    return found


def _check_keys(value: Record | list[Any], where: str) -> None:
    """Refuse keys, however deep, that YAML reads as no text; to join them is the quickest way to look at all."""
    try:
        "".join(value if isinstance(value, dict) else ())
    except TypeError:
        raise ConfigurationError.of(where.rstrip(": ."), "has a key that is no text", RELOCK) from None
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, _NESTED):
            _check_keys(inner, f"{where}{key}.")


def _check_records(table: Mapping[str, Any], where: str) -> None:
    """Refuse entries that are no mappings, or whose dependencies are none."""
    for key, record in table.items():
        if not isinstance(record, dict):
            raise ConfigurationError.of(f"{where}.{key}", "must be a mapping", RELOCK)
        for group in (PRODUCTION, OPTIONAL):
            if not isinstance(record.get(group) or {}, dict):
                raise ConfigurationError.of(f"{where}.{key}.{group}", "must be a mapping", RELOCK)


def _inline_importer(document: Record) -> Record:
    """A lockfile 6.x of a single project writes the importer's table at the top."""
    return {key: document[key] for key in (*INSTALLED_GROUPS, "dependenciesMeta") if key in document}


def _importer(folder: str, table: Any, where: str) -> Importer:
    try:
        groups = {group: _lines(table[group]) for group in INSTALLED_GROUPS if table.get(group)}
    except (AttributeError, KeyError, TypeError):
        raise ConfigurationError.of(
            f"{where}: importers.{folder}", "is no table of dependencies", RELOCK
        ) from None
    return Importer(
        folder, groups, {key: value for key, value in table.items() if key not in INSTALLED_GROUPS}
    )


def _lines(table: Mapping[str, Any]) -> dict[str, Record]:
    """The lines of a group; each has text for `specifier` and `version`."""
    return {
        str(alias): {"specifier": str(line.get("specifier", "")), "version": str(line["version"])}
        for alias, line in table.items()
    }


def _patch(value: Any) -> Patch:
    """Both shapes: `{hash, path}`, and the bare hash of newer pnpm versions."""
    if isinstance(value, dict):
        return Patch(str(value.get("hash", "")), str(value.get("path", "")))
    return Patch(str(value))
