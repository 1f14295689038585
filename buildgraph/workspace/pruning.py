"""A lockfile cut down to some importers and what they install, so that a frozen install still accepts it.

What is left depends on nothing else in the workspace: flags that tell who else uses a package are worked
out anew, and catalogs name the version that is installed, so a wider specifier changes no image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from buildgraph.order import closure
from buildgraph.workspace.catalogs import used_catalogs
from buildgraph.workspace.digests import recorded
from buildgraph.workspace.lockfile import Importer, Lockfile, Patch, Record
from buildgraph.workspace.overriding import (
    met_by_projects,
    met_by_snapshots,
    name_of_package,
    used_overrides,
)
from buildgraph.workspace.package import DEVELOPMENT, OPTIONAL, PRODUCTION, Package
from buildgraph.workspace.projects import ROOT
from buildgraph.workspace.references import name_of, selected_names, without_suffix

PATCH_MARK = "(patch_hash="
LISTS_OF_NAMES = (
    "onlyBuiltDependencies",
    "neverBuiltDependencies",
    "ignoredBuiltDependencies",
    "allowBuilds",
)


def prune(
    lockfile: Lockfile, packages: Mapping[str, Package], *, root_dependencies: bool = False
) -> Lockfile:
    """The lockfile for exactly the projects in `packages` (by folder; the root is always among them).

    Without `root_dependencies` the root installs nothing of its own. Kept are the reachable packages, the
    patches, catalog entries and overrides in use; where it resolves,
    pnpm refuses a patch that nothing uses. A project that the lockfile does not know gets an empty table.
    """
    importers = {
        folder: _importer(lockfile, folder, root_dependencies) for folder in sorted({ROOT, *packages})
    }
    keys = closure(lockfile.edges, _keys(lockfile, importers.values()))
    kept = lockfile._replace(importers=importers, **_tables(lockfile, importers, keys))
    names = names_in(kept)
    asking = [package for folder, package in packages.items() if folder != ROOT or root_dependencies]
    return kept._replace(
        catalogs=used_catalogs(lockfile, importers.values()),
        overrides=used_overrides(
            lockfile,
            names | declared_names(asking),
            installed={name_of_package(lockfile, key) for key in keys},
            met=met_by_snapshots(lockfile, keys) | met_by_projects(lockfile, importers.values()),
        ),
        patches={
            key: patch
            for key, patch in lockfile.patches.items()
            if any(is_patched(key, patch, used) for used in keys)
        },
        others=other_keys(lockfile, names),
    )


def names_in(lockfile: Lockfile) -> frozenset[str]:
    """Every package name and alias that occurs in the lockfile's tables."""
    names = {name_of(key) for key in lockfile.snapshots}
    names.update(line.alias for importer in lockfile.importers.values() for line in importer.dependencies)
    for record in lockfile.snapshots.values():
        for group in (PRODUCTION, OPTIONAL):
            names.update(record.get(group) or ())
    names.update(str(record["name"]) for record in lockfile.packages.values() if "name" in record)
    return frozenset(names - {""})


def lists_of_names(document: Record, names: frozenset[str]) -> dict[str, Any]:
    """Those settings in `document` that list packages, without packages that are not in `names`."""
    found: dict[str, Any] = {}
    for key in LISTS_OF_NAMES:
        listed = document.get(key)
        if isinstance(listed, list):
            found[key] = sorted(entry for entry in listed if selected_names(str(entry)) <= names)
        elif isinstance(listed, dict):
            found[key] = {entry: listed[entry] for entry in sorted(listed) if selected_names(entry) <= names}
    return found


def _importer(lockfile: Lockfile, folder: str, root_dependencies: bool) -> Importer:
    if folder == ROOT and not root_dependencies:
        return Importer(ROOT)
    return lockfile.importers.get(folder, Importer(folder))


def _keys(
    lockfile: Lockfile, importers: Iterable[Importer], groups: frozenset[str] | None = None
) -> Iterator[str]:
    """The snapshots that importers name in `groups` (all by default)."""
    for importer in importers:
        for line in importer.dependencies:
            key = (
                lockfile.key_of(line.alias, line.version) if groups is None or line.group in groups else None
            )
            if key is not None:
                yield key


def _tables(lockfile: Lockfile, importers: Mapping[str, Importer], keys: set[str]) -> dict[str, Any]:
    needed = _needed(lockfile, importers.values(), keys)
    if lockfile.is_flat:
        shipped = closure(
            lockfile.edges, _keys(lockfile, importers.values(), frozenset((PRODUCTION, OPTIONAL)))
        )
        records = {
            key: _flagged(lockfile.snapshots[key], optional=key not in needed, dev=key not in shipped)
            for key in keys
        }
        return {"packages": records, "snapshots": records}
    facts = {without_suffix(key) for key in keys}
    return {
        "packages": {key: recorded(lockfile.packages[key]) for key in facts if key in lockfile.packages},
        "snapshots": {key: _flagged(lockfile.snapshots[key], optional=key not in needed) for key in keys},
    }


def _needed(lockfile: Lockfile, importers: Iterable[Importer], keys: Iterable[str]) -> set[str]:
    """Those of `keys` that are reached without an optional step; all others may fail to install."""
    firm = {key: tuple(_named(lockfile, lockfile.snapshots[key].get(PRODUCTION) or {})) for key in keys}
    return closure(firm, _keys(lockfile, importers, frozenset((PRODUCTION, DEVELOPMENT))))


def _named(lockfile: Lockfile, references: Mapping[str, Any]) -> Iterator[str]:
    for alias, reference in references.items():
        key = lockfile.key_of(alias, str(reference))
        if key is not None:
            yield key


def _flagged(record: Record, *, optional: bool, dev: bool | None = None) -> dict[str, Any]:
    """The record with pnpm's flags: `optional` only when true, `dev` always in lockfiles 6.x."""
    kept = recorded(record)
    if dev is not None:
        kept["dev"] = dev
    if optional:
        kept["optional"] = True
    return kept


def other_keys(lockfile: Lockfile, names: frozenset[str]) -> dict[str, Any]:
    """The remaining keys; publication times serve resolution only, and pnpm 8 lists packages that may build."""
    kept = {key: value for key, value in lockfile.others.items() if key != "time"}
    return {**kept, **lists_of_names(kept, names)}


def declared_names(packages: Iterable[Package]) -> frozenset[str]:
    """The names of projects and of what their package.json files ask for."""
    found: set[str] = set()
    for package in packages:
        found.add(package.name)
        found.update(alias for table in package.dependencies.values() for alias in table)
    return frozenset(found)


def is_patched(selector: str, patch: Patch, key: str) -> bool:
    """Whether a patch (its key in patchedDependencies, and what stands there) is applied to a snapshot."""
    if PATCH_MARK not in key:
        return False
    if patch.hash and f"{PATCH_MARK}{patch.hash})" in key:
        return True
    return without_suffix(key).removeprefix("/") == selector
