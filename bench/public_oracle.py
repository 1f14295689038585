"""What a release affects, found without buildgraph: git's diff, pnpm's projects, package.json files and lockfiles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from bench.foreign_oracle import affected
from bench.timing import read_output

LOCKFILE: Final = "pnpm-lock.yaml"
SETTINGS: Final = "pnpm-workspace.yaml"
USED: Final = ("dependencies", "devDependencies", "optionalDependencies")
LINKED: Final = ("dependencies", "optionalDependencies")
Lock = Mapping[str, Any]


def affected_since(workspace: Path, base: str, pnpm: str) -> frozenset[str]:
    """The folders of the projects that differ since `base` by files or by what they install, and their dependents.

    The root has its lockfile and pnpm-workspace.yaml as files of its own.
    """
    before = _parse(read_output("git", "show", f"{base}:./{LOCKFILE}", cwd=workspace))
    after = _parse((workspace / LOCKFILE).read_text())
    installed = {
        folder for folder in after["importers"] if _installs(before, folder) != _installs(after, folder)
    }
    of_root = read_output("git", "diff", "--name-only", base, "--", LOCKFILE, SETTINGS, cwd=workspace)
    return affected(workspace, base, pnpm, installed | ({"."} if of_root else set()))


def _parse(text: str) -> Lock:
    """A lockfile; one of several documents holds the project's in its last."""
    documents: list[Lock] = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    return documents[-1]


def _installs(lock: Lock, folder: str) -> tuple[frozenset[str], frozenset[str]]:
    """What a project names, with its group, and all that comes with it: each with what it resolves to."""
    importer = lock["importers"].get(folder, {})
    named = {
        (group, name, entry["version"]) for group in USED for name, entry in importer.get(group, {}).items()
    }
    reached = _reached(lock, (_key(lock, name, version) for _, name, version in named))
    return frozenset(map(repr, named)), frozenset(_told(lock, key) for key in reached)


def _reached(lock: Lock, keys: Iterable[str | None]) -> frozenset[str]:
    """All entries that these lead to."""
    todo, seen = [key for key in keys if key is not None], set[str]()
    while todo:
        key = todo.pop()
        if key not in seen:
            seen.add(key)
            todo += [used for used in _used(lock, key) if used is not None]
    return frozenset(seen)


def _used(lock: Lock, key: str) -> Iterator[str | None]:
    entry = lock["snapshots"][key] or {}
    return (_key(lock, name, version) for group in LINKED for name, version in entry.get(group, {}).items())


def _key(lock: Lock, name: str, version: str) -> str | None:
    """The entry for what a dependency resolves to; None for a project of the workspace."""
    keys = (f"{name}@{version}", version)
    return next((key for key in keys if key in lock["snapshots"]), None)


def _told(lock: Lock, key: str) -> str:
    """An entry with what decides its files: its resolution and its own dependencies."""
    entry = lock["snapshots"][key] or {}
    package = lock["packages"][key.partition("(")[0]]
    return json.dumps(
        [key, package["resolution"], *(entry.get(group, {}) for group in LINKED)], sort_keys=True
    )
