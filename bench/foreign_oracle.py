"""What a change affects, found without buildgraph: git's diff, pnpm's list of projects, and the package.json files."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from bench.timing import read_output

FIELDS: Final = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
BY_PATH: Final = ("link:", "file:")


def projects(workspace: Path, pnpm: str) -> frozenset[str]:
    """The folders of the workspace's projects, as pnpm itself lists them; `.` is the root."""
    listed: list[dict[str, str]] = json.loads(
        read_output(pnpm, "list", "--recursive", "--depth", "-1", "--json", cwd=workspace)
    )
    return frozenset(os.path.relpath(each["path"], workspace.resolve()) for each in listed)


def affected(workspace: Path, base: str, pnpm: str, installed: Iterable[str]) -> frozenset[str]:
    """The folders of the projects that a change since `base` reaches, those that depend on one of them included.

    `installed` are those for which the change installs something else, which their own files do not tell.
    """
    folders = projects(workspace, pnpm)
    owners = (_owner(path, folders) for path in _changed(workspace, base))
    reached = {owner for owner in owners if owner is not None} | set(installed)
    edges = _edges(workspace, folders)
    while more := {user for user, used in edges.items() if used & reached} - reached:
        reached |= more
    return frozenset(reached)


def _changed(workspace: Path, base: str) -> frozenset[str]:
    """Changed paths relative to the workspace; those outside it are left out, and so is the lockfile."""
    diff = read_output("git", "diff", "--relative", "--name-only", "--no-renames", "-z", base, cwd=workspace)
    new = read_output("git", "ls-files", "--others", "--exclude-standard", "-z", cwd=workspace)
    paths = frozenset(path for path in (*diff.split("\0"), *new.split("\0")) if path)
    return paths - {"pnpm-lock.yaml", "pnpm-workspace.yaml"}


def _owner(path: str, folders: frozenset[str]) -> str | None:
    """The nearest project around a file."""
    folder = posixpath.dirname(path)
    while folder and folder not in folders:
        folder = posixpath.dirname(folder)
    return folder or ("." if "." in folders else None)


def _edges(workspace: Path, folders: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """Project -> projects that its package.json names, by `workspace:` or by path."""
    manifests = {
        folder: json.loads((workspace / folder / "package.json").read_text()) for folder in sorted(folders)
    }
    named = {manifest["name"]: folder for folder, manifest in manifests.items() if "name" in manifest}
    return {folder: frozenset(_used(folder, manifest, named)) for folder, manifest in manifests.items()}


def _used(folder: str, manifest: Mapping[str, Any], named: Mapping[str, str]) -> Iterable[str]:
    for name, spec in ((name, spec) for field in FIELDS for name, spec in manifest.get(field, {}).items()):
        if spec.startswith("workspace:"):
            yield named[name]
        elif spec.startswith(BY_PATH):
            yield posixpath.normpath(posixpath.join(folder, spec.partition(":")[2]))
