"""package.json as a value: what a project is called, depends on and tells pnpm; it knows no other project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from buildgraph.errors import ConfigurationError, Mistake

PRODUCTION, DEVELOPMENT, OPTIONAL, PEER = (
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
)
GROUPS = (PRODUCTION, DEVELOPMENT, OPTIONAL, PEER)
_OBJECTS = (*GROUPS, "scripts", "pnpm", "resolutions", "dependenciesMeta", "engines")


class Package(NamedTuple):
    """A package.json; `folder` is seen from the workspace root, `name` and `version` may be empty.

    `dependencies` map each group to specifiers by alias (groups without entries are absent). `pnpm` is
    the `pnpm` field, which counts in the root only. `document` is the whole file.
    """

    folder: str
    name: str = ""
    version: str = ""
    dependencies: Mapping[str, Mapping[str, str]] = {}
    scripts: Mapping[str, str] = {}
    package_manager: str = ""
    pnpm: Mapping[str, Any] = {}
    document: Mapping[str, Any] = {}

    @property
    def path(self) -> str:
        """Its package.json, seen from the workspace root."""
        return "package.json" if self.folder == "." else f"{self.folder}/package.json"

    @property
    def resolutions(self) -> Mapping[str, str]:
        """The `resolutions` field, which pnpm takes for overrides in the root."""
        found: Mapping[str, str] = self.document.get("resolutions", {})
        return found

    @property
    def files(self) -> tuple[str, ...]:
        """The `files` field: what a published package holds (an injected dependency is copied by it)."""
        found = self.document.get("files")
        return tuple(str(pattern) for pattern in found) if isinstance(found, list) else ()


def parse_package(content: bytes, folder: str, where: str = "") -> Package:
    """The package.json of `folder`; `where` names the file in errors.

    Raises ConfigurationError with line and column for bad JSON, and with all keys of a wrong type.
    """
    where = where or ("package.json" if folder == "." else f"{folder}/package.json")
    document = _parse_json(content, where)
    mistakes = tuple(_mistakes(document, where))
    if mistakes:
        raise ConfigurationError(mistakes)
    return Package(
        folder=folder,
        name=document.get("name") or "",
        version=document.get("version") or "",
        dependencies={group: document[group] for group in GROUPS if document.get(group)},
        scripts=document.get("scripts") or {},
        package_manager=document.get("packageManager") or "",
        pnpm=document.get("pnpm") or {},
        document=document,
    )


def _parse_json(content: bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise ConfigurationError.of(
            place, f"is no JSON: {error.msg}", "mend the file at this place"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError.of(where, "is no UTF-8 text", "save the file as UTF-8") from None
    if not isinstance(document, dict):
        raise ConfigurationError.of(where, "must be a JSON object", 'write at least {"name": "…"}')
    return document


def _mistakes(document: dict[str, Any], where: str) -> list[Mistake]:
    found = [
        Mistake(f"{where}: {key}", "must be a text")
        for key in ("name", "version", "packageManager")
        if not isinstance(document.get(key), str | None)
    ]
    for key in _OBJECTS:
        value = document.get(key)
        if not isinstance(value, dict | None):
            found.append(Mistake(f"{where}: {key}", "must be an object"))
        elif key in GROUPS and value:
            found += _specifier_mistakes(value, f"{where}: {key}")
    return found


def _specifier_mistakes(specifiers: dict[str, Any], where: str) -> list[Mistake]:
    return [
        Mistake(f"{where}.{alias}", "must be a version, range or other specifier in quotes")
        for alias, specifier in specifiers.items()
        if not isinstance(specifier, str)
    ]
