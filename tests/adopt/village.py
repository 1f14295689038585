"""A workspace as values, from the texts of its files: what recognition is tried on."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from buildgraph.adopt.adopting import Taken, adopt
from buildgraph.adopt.model import Adoption, Facts, Found, Project
from buildgraph.adopt.reading import wanted_texts
from buildgraph.workspace import parse_package

Files = Mapping[str, str | dict[str, Any]]


def facts(files: Files, name: str = "acme") -> Facts:
    """The workspace of these files; every folder with a package.json is a project."""
    texts = {path: text if isinstance(text, str) else json.dumps(text) for path, text in files.items()}
    texts.setdefault("package.json", "{}")
    folders = {folder or "." for folder, name in map(posixpath.split, texts) if name == "package.json"}
    packages = {
        folder: parse_package(
            texts[f"{folder}/package.json" if folder != "." else "package.json"].encode(), folder
        )
        for folder in folders
    }
    paths = tuple(sorted(texts))
    return Facts(name, packages, paths, {path: texts[path] for path in wanted_texts(paths, packages)})


def project(package: dict[str, Any], **files: str) -> Project:
    """One project in apps/it; of its `files` the names have `__` for a slash and `_` for a dot."""
    named = {name.replace("__", "/").replace("_", "."): text for name, text in files.items()}
    told = {f"apps/it/{name}": text for name, text in named.items()}
    return facts({"apps/it/package.json": {"scripts": {"lint": "eslint"}} | package, **told}).projects[
        "apps/it"
    ]


def adopted(files: Files, taken: Taken | None = None) -> Adoption:
    """What recognition makes of these files."""
    return adopt(facts(files), taken or Taken())


def services(files: Files) -> dict[str, Found]:
    """The services by name."""
    return {service.name: service for service in adopted(files).services}
