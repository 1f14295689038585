"""package.json as a value: what a project is called, depends on and tells pnpm; it knows no other project."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.workspace.projects import MANIFEST, ROOT
from buildgraph.workspace.yaml import parse_yaml, refuse_depth

PRODUCTION, DEVELOPMENT, OPTIONAL, PEER = (
    "dependencies",
    "devDependencies",
    "optionalDependencies",
    "peerDependencies",
)
GROUPS = (PRODUCTION, DEVELOPMENT, OPTIONAL, PEER)
# What is never closed goes to the end: to look for it once more at each sign takes ages.
_OF_JSON5 = re.compile(rb"""//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|:""", re.DOTALL)
_OF_TEXTS = (*GROUPS, "resolutions")
SPECIFIER = "must be a version, range or other specifier in quotes"
_OBJECTS = (*GROUPS, "scripts", "pnpm", "resolutions", "dependenciesMeta", "engines")


class Package(NamedTuple):
    """A package.json; `folder` is seen from the workspace root, `name` and `version` may be empty.

    `dependencies` map each group to specifiers by alias (groups without entries are absent). `pnpm` is
    the `pnpm` field, which counts in the root only. `document` is the whole file, and `file` its name: pnpm
    reads package.json5 and package.yaml, too.
    """

    folder: str
    name: str = ""
    version: str = ""
    dependencies: Mapping[str, Mapping[str, str]] = {}
    scripts: Mapping[str, str] = {}
    package_manager: str = ""
    pnpm: Mapping[str, Any] = {}
    document: Mapping[str, Any] = {}
    file: str = MANIFEST

    @property
    def path(self) -> str:
        """Its package.json, seen from the workspace root."""
        return self.file if self.folder == ROOT else f"{self.folder}/{self.file}"

    @property
    def resolutions(self) -> Mapping[str, str]:
        """The `resolutions` field, which pnpm takes for overrides in the root."""
        found: Mapping[str, str] = self.document.get("resolutions") or {}
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
    where = where or (MANIFEST if folder == ROOT else f"{folder}/{MANIFEST}")
    document = _parse(content, where)
    mistakes = tuple(_mistakes(document, where))
    if mistakes:
        raise ConfigurationError(mistakes)
    return Package(
        folder=folder,
        name=document.get("name") or "",
        version=document.get("version") or "",
        dependencies={group: document[group] for group in GROUPS if document.get(group)},
        scripts=scripts_of(document),
        package_manager=document.get("packageManager") or "",
        pnpm=document.get("pnpm") or {},
        document=document,
        file=where.rpartition("/")[2],
    )


def scripts_of(document: Mapping[str, Any]) -> dict[str, str]:
    """The scripts of a package.json by name, without those that are no commands: npm passes over them, too.

    People keep comments as lists there.
    """
    scripts = document.get("scripts") or {}
    return {name: command for name, command in scripts.items() if isinstance(command, str)}


def _parse(content: bytes, where: str) -> dict[str, Any]:
    """The document, in the language that the file's name tells."""
    if where.endswith(".yaml"):
        return _mapping((parse_yaml(content, where) or ({},))[0], where)
    if where.endswith(".json5"):
        return _mapping((parse_yaml(_as_yaml(content), where) or ({},))[0], where)
    return _mapping(_parse_json(content, where), where)


def _as_yaml(content: bytes) -> bytes:
    """JSON5 as YAML's flow style reads it: no comments, texts in double quotes, a blank after each colon."""
    return _OF_JSON5.sub(_one_as_yaml, content.expandtabs(1))


def _one_as_yaml(found: re.Match[bytes]) -> bytes:
    sign = found[0]
    if sign.startswith(b"/"):
        return b" " + b"\n" * sign.count(b"\n")
    if sign.startswith(b"'"):
        return b'"' + sign[1:-1].replace(b"\\'", b"'").replace(b'"', b'\\"') + b'"'
    return sign + b" " if sign == b":" else sign


def _mapping(document: Any, where: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise ConfigurationError.of(where, "must be a JSON object", 'write at least {"name": "…"}')
    return document


def _parse_json(content: bytes, where: str) -> Any:
    refuse_depth(content, where)
    try:
        document = json.loads(content.decode("utf-8-sig"))
        if b"\\u" in content:
            json.dumps(document, ensure_ascii=False).encode()
        return document
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise ConfigurationError.of(
            place, f"is no JSON: {error.msg}", "mend the file at this place"
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError.of(where, "is no UTF-8 text", "save the file as UTF-8") from None
    except UnicodeEncodeError as error:  # JSON can spell what no text can hold
        half = ascii(str(error.object)[error.start])
        raise ConfigurationError.of(where, f"holds half of a character, {half}", "write it whole") from None
    except ValueError:
        raise ConfigurationError.of(where, "holds a number of thousands of digits", "shorten it") from None


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
        elif key in _OF_TEXTS and value:
            found += _mistakes_of_texts(value, f"{where}: {key}")
    return found


def _mistakes_of_texts(texts: dict[str, Any], where: str) -> list[Mistake]:
    return [
        Mistake(f"{where}.{name}", SPECIFIER) for name, text in texts.items() if not isinstance(text, str)
    ]
