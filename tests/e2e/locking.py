"""What tests of real lockfiles share: edits of packages, pnpm locking a repository, and the ids that are affected."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from buildgraph.comparison import compare
from buildgraph.graph.nodes import Kind
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo, bare
from tests.workspace.pnpm import run_pnpm

Edit = Callable[[Monorepo], Any]
LOCKFILE = "pnpm-lock.yaml"
ROOT = "package:."  # the lockfile is a file of the root, so the root's own checks see each edit of it


def pnpm_lock(repo: Monorepo, *, version: str = "9.15.0") -> None:
    """Let pnpm write the lockfile for what the manifests say now."""
    run_pnpm(
        repo.root, "install", "--lockfile-only", "--no-frozen-lockfile", "--ignore-scripts", version=version
    )


def copy_of(repo: Monorepo, folder: Path) -> Monorepo:
    """The same repository in another folder, to be changed there."""
    shutil.copytree(repo.root, folder, symlinks=True)
    return bare(folder)


def edit_json(repo: Monorepo, path: str, change: Callable[[Any], Any]) -> None:
    """Change a JSON file of the repository in place."""
    document = json.loads((repo.root / path).read_text())
    change(document)
    repo.write(path, json.dumps(document, indent=2) + "\n")


def depending(folder: str, versions: Mapping[str, str | None], group: str = "dependencies") -> Edit:
    """The edit that sets dependencies of a project; None takes one away."""
    return _setting(f"{folder}/package.json", group, versions)


def telling_pnpm(fields: Mapping[str, Any]) -> Edit:
    """The edit that sets fields of the root's `pnpm` object; None takes one away."""
    return _setting("package.json", "pnpm", fields)


def writing(path: str, content: str | bytes) -> Edit:
    """The edit that writes a file."""
    return lambda repo: repo.write(path, content)


def replacing(path: str, old: str, new: str) -> Edit:
    """The edit that replaces a text, which must stand in the file."""

    def edit(repo: Monorepo) -> None:
        content = (repo.root / path).read_text()
        assert old in content, f"{path} does not hold {old!r}"
        repo.write(path, content.replace(old, new))

    return edit


def both(*edits: Edit) -> Edit:
    """Several edits, one after the other."""

    def run(repo: Monorepo) -> None:
        for edit in edits:
            edit(repo)

    return run


def affected(
    repo: Monorepo, base: str, head: str | None, kinds: Collection[Kind] = (Kind.PACKAGE, Kind.IMAGE)
) -> set[str]:
    """The ids of the packages and images that differ between two commits."""
    comparison = compare(open_project(repo.root), base, head, kinds=tuple(kinds))
    assert comparison.complete, comparison.why_incomplete
    return {found.node.id for found in comparison.nodes}


def _setting(path: str, key: str, entries: Mapping[str, Any]) -> Edit:
    def change(document: Any) -> None:
        told = {**document.get(key, {}), **entries}
        document[key] = {name: value for name, value in told.items() if value is not None}

    return lambda repo: edit_json(repo, path, change)
