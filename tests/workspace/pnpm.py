"""Runs the real pnpm: locks workspaces, prunes them by the code under test and installs what is left."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from buildgraph.workspace import (
    Lockfile,
    Workspace,
    injected_folders,
    install_files,
    prune,
    prune_root_package,
    prune_workspace_yaml,
    read_workspace,
    render_lockfile,
)
from tests.workspace.tree import Tree, tree, write


@functools.cache
def pnpm_of(version: str) -> tuple[str, ...]:
    """The command for a pnpm version: BUILDGRAPH_PNPM or the one on PATH when it is that one, else npx."""
    for found in (os.environ.get("BUILDGRAPH_PNPM"), shutil.which("pnpm")):
        if found and _version_of(found).split(".")[0] == version.split(".")[0]:
            return (found,)
    if shutil.which("npx") is None:
        pytest.fail("this test needs pnpm: install node, then `npm install -g pnpm@9.15.0`")
    return ("npx", "--yes", f"pnpm@{version}")


def _version_of(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, cwd="/").stdout.strip()


def run_pnpm(folder: Path, *arguments: str, version: str = "9.15.0") -> str:
    """Run pnpm in `folder`; what it printed, and a failed test when it fails."""
    result = subprocess.run(
        [*pnpm_of(version), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "CI": "1", "npm_config_manage_package_manager_versions": "false"},
    )
    assert result.returncode == 0, f"pnpm {' '.join(arguments)}:\n{result.stdout}\n{result.stderr}"
    return result.stdout


def lock(folder: Path, files: Mapping[str, Any], *, version: str = "9.15.0") -> Workspace:
    """Write a workspace to `folder`, let pnpm lock it, and read it."""
    write(folder, files)
    run_pnpm(
        folder, "install", "--lockfile-only", "--no-frozen-lockfile", "--ignore-scripts", version=version
    )
    return read_workspace(tree_of(folder))


def tree_of(folder: Path) -> Tree:
    """The files below `folder` as a tree, without node_modules."""
    places = (place for place in folder.rglob("*") if place.is_file() and "node_modules" not in place.parts)
    return tree({place.relative_to(folder).as_posix(): place.read_bytes() for place in places})


def closure(workspace: Workspace, folder: str) -> list[str]:
    """The project in `folder` and all it needs, sorted."""
    found, waiting = {folder}, [folder]
    while waiting:
        needed = {edge.folder for edge in workspace.edges[waiting.pop()]} - found
        found |= needed
        waiting += needed
    return sorted(found)


def write_pruned(
    target: Path,
    source: Path,
    workspace: Workspace,
    folders: Iterable[str],
    *,
    root_dependencies: bool = False,
) -> Lockfile:
    """Write the pruned workspace of `folders` to `target`, as an image's manifest layer holds it."""
    assert workspace.lockfile is not None
    packages = {folder: workspace.packages[folder] for folder in folders}
    kept = prune(workspace.lockfile, packages, root_dependencies=root_dependencies)
    original = tree_of(source).files
    files: dict[str, Any] = {
        package.path: original[package.path] for package in packages.values() if package.folder != "."
    }
    files |= {path: original[path] for path in install_files(workspace.settings, kept, original)}
    for folder in injected_folders(kept):
        files |= {path: content for path, content in original.items() if path.startswith(folder + "/")}
    root = workspace.packages["."]
    files["pnpm-workspace.yaml"] = prune_workspace_yaml(workspace.settings, kept)
    files["package.json"] = prune_root_package(root, kept, root_dependencies=root_dependencies)
    files["pnpm-lock.yaml"] = render_lockfile(kept)
    write(target, files)
    return kept


def install_frozen(folder: Path, *, version: str = "9.15.0") -> str:
    """`pnpm install --frozen-lockfile` without scripts; the lockfile must stay as it is."""
    before = (folder / "pnpm-lock.yaml").read_bytes()
    said = run_pnpm(
        folder, "install", "--frozen-lockfile", "--ignore-scripts", "--prefer-offline", version=version
    )
    assert (folder / "pnpm-lock.yaml").read_bytes() == before
    return said


def installed(root: Path, folder: str) -> set[str]:
    """What node finds from a project's folder on: every package it reaches, as a path seen from `root`."""
    found: set[str] = set()
    waiting = [root / folder / "node_modules"]
    while waiting:
        for place in _packages_in(waiting.pop()):
            target = place.resolve()
            name = os.path.relpath(target, root.resolve())
            if name not in found:
                found.add(name)
                waiting.append(_beside(target, root.resolve()))
    return found


def _packages_in(node_modules: Path) -> Iterable[Path]:
    entries = sorted(node_modules.iterdir()) if node_modules.is_dir() else []
    for entry in entries:
        if entry.name.startswith("@"):
            yield from entry.iterdir()
        elif not entry.name.startswith("."):
            yield entry


def _beside(package: Path, root: Path) -> Path:
    """Where a package's own dependencies lie: beside it in the store, in its node_modules for a project."""
    inside = package.relative_to(root).parts if package.is_relative_to(root) else ()
    if ".pnpm" not in inside:
        return package / "node_modules"
    return next(parent for parent in package.parents if parent.name == "node_modules")
