"""The root files of a pruned workspace: pnpm-workspace.yaml, package.json, and what else an install reads.

They agree with the pruned lockfile, because a frozen install compares them, and hold nothing that only
other projects ask for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.workspace.inputs import hook_files
from buildgraph.workspace.lockfile import Lockfile, injected_folder, local_archive
from buildgraph.workspace.package import GROUPS, Package
from buildgraph.workspace.projects import ROOT, WORKSPACE_FILE
from buildgraph.workspace.pruning import lists_of_names, names_in
from buildgraph.workspace.references import DEFAULT_CATALOG
from buildgraph.workspace.rendering import render_yaml
from buildgraph.workspace.rules import steers_no_install
from buildgraph.workspace.settings import NPMRC, WorkspaceSettings

PNPMFILE = ".pnpmfile.cjs"
_ROOT_FIELDS = ("name", "private", "type", "packageManager", "engines", "devEngines")
_INSTALLED_FIELDS = (*GROUPS, "dependenciesMeta", "peerDependenciesMeta", "publishConfig")
_WRITTEN_ANEW = {"packages", "catalog", "catalogs"}
_GLOB_SIGN = re.compile(r"[*?|(){}\[\]\\]")


def prune_workspace_yaml(
    settings: WorkspaceSettings, lockfile: Lockfile, names: frozenset[str] | None = None
) -> bytes:
    """The pnpm-workspace.yaml for a pruned lockfile: its importers by exact folder, the settings in use.

    `names` are the package names in use, where the lockfile given is too bare to tell them.
    """
    used = names_in(lockfile) if names is None else names
    return render_yaml(workspace_document(settings, lockfile, used))


def workspace_document(
    settings: WorkspaceSettings, lockfile: Lockfile, names: frozenset[str]
) -> dict[str, Any]:
    """The pnpm-workspace.yaml for a pruned lockfile as a plain value, in the order in which it is written."""
    folders = [_exact_glob(folder) for folder in sorted(lockfile.importers) if folder != ROOT]
    catalogs = {
        name: {alias: str(entry["specifier"]) for alias, entry in sorted(entries.items())}
        for name, entries in sorted(lockfile.catalogs.items())
    }
    document: dict[str, Any] = {"packages": folders or [ROOT]}
    if DEFAULT_CATALOG in catalogs:
        document["catalog"] = catalogs.pop(DEFAULT_CATALOG)
    if catalogs:
        document["catalogs"] = catalogs
    return {**document, **_settings(settings.document, lockfile, names)}


def prune_root_package(
    root: Package,
    lockfile: Lockfile,
    names: frozenset[str] | None = None,
    *,
    root_dependencies: bool = False,
) -> bytes:
    """The root package.json for a pruned lockfile: identity, package manager, pnpm's settings.

    Scripts are left out (an install would run them); dependencies stand in it with `root_dependencies` only.
    `names` are the package names in use, where the lockfile given is too bare to tell them.
    """
    used = names_in(lockfile) if names is None else names
    fields = (*_ROOT_FIELDS, *_INSTALLED_FIELDS) if root_dependencies else _ROOT_FIELDS
    document = {field: root.document[field] for field in fields if field in root.document}
    pnpm = _settings(root.pnpm, lockfile, used)
    if pnpm:
        document["pnpm"] = pnpm
    resolutions = _overrides(root.resolutions, lockfile)
    if resolutions:
        document["resolutions"] = resolutions
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def install_files(
    settings: WorkspaceSettings,
    lockfile: Lockfile,
    paths: Collection[str],
    archives: Iterable[str] | None = None,
) -> tuple[str, ...]:
    """The further files that an install reads, sorted: `.npmrc`, patches, hooks, local archives.

    `paths` are all files seen from the workspace root (a set or mapping); `archives` are the local ones in
    use, where the lockfile given is too bare to tell them. ConfigurationError names each patch and archive
    that is not among them.
    """
    packed = local_archives(lockfile) if archives is None else archives
    asked = [*_patch_files(settings, lockfile), *((path, f"pnpm-lock.yaml: {path}") for path in packed)]
    hooks = hook_files(settings, paths)
    asked.extend((path, f"{WORKSPACE_FILE}: pnpmfile") for path in hooks)
    if "pnpmfileChecksum" in lockfile.others and not hooks:
        asked.append((PNPMFILE, "pnpm-lock.yaml: pnpmfileChecksum"))
    missing = [
        Mistake(
            where, f"there is no file {path} (files that git ignores do not count)", "commit it, or relock"
        )
        for path, where in asked
        if path not in paths
    ]
    if missing:
        raise ConfigurationError(missing)
    found = {path for path, _ in asked} | ({NPMRC} if NPMRC in paths else set())
    return tuple(sorted(found))


def local_archives(lockfile: Lockfile) -> tuple[str, ...]:
    """The archives in the workspace that packages are unpacked from, sorted."""
    found = (local_archive(record) for record in lockfile.packages.values())
    return tuple(sorted({path for path in found if path is not None}))


def injected_folders(lockfile: Lockfile) -> tuple[str, ...]:
    """The folders whose files an install copies, sorted: their sources must be there before it runs."""
    found = (injected_folder(record) for record in lockfile.packages.values())
    return tuple(sorted({folder for folder in found if folder is not None}))


def _exact_glob(folder: str) -> str:
    """The pattern for one folder.

    pnpm finds nothing, without a word, when other signs than these have a backslash (`@`, `+`), and it
    has no pattern for a backslash: `?` stands for that one.
    """
    pattern = _GLOB_SIGN.sub(lambda sign: "?" if sign[0] == "\\" else "\\" + sign[0], folder)
    return f"./{pattern}" if pattern.startswith("!") else pattern


def _settings(document: Mapping[str, Any], lockfile: Lockfile, names: frozenset[str]) -> dict[str, Any]:
    """The settings that a frozen install reads, sorted by name."""
    kept = {
        key: value
        for key, value in document.items()
        if key not in _WRITTEN_ANEW and not steers_no_install(key)
    }
    if "overrides" in kept:
        kept["overrides"] = _overrides(kept["overrides"] or {}, lockfile)
    if "patchedDependencies" in kept:
        kept["patchedDependencies"] = {
            key: path
            for key, path in sorted((kept["patchedDependencies"] or {}).items())
            if key in lockfile.patches
        }
    kept.update(lists_of_names(kept, names))
    return {key: kept[key] for key in sorted(kept) if kept[key] != {}}


def _overrides(document: Mapping[str, Any], lockfile: Lockfile) -> dict[str, str]:
    """The overrides in use, with the lockfile's values: there `$name` and `catalog:` are resolved."""
    return {key: lockfile.overrides[key] for key in sorted(document) if key in lockfile.overrides}


def _patch_files(settings: WorkspaceSettings, lockfile: Lockfile) -> Iterator[tuple[str, str]]:
    for selector, patch in lockfile.patches.items():
        path = patch.path or settings.patches.get(selector, "")
        yield path, f"patchedDependencies: {selector}"
