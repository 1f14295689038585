"""Which overrides of a lockfile a closure has to do with; pure.

A lockfile does not tell which override an install used. But what an override selects has the override's value
from then on (pnpm's createVersionsOverrider writes it in place of the range), so a range that no installed version
satisfies, and that no project asks for, has selected nothing here. To keep more of them is never wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from buildgraph.workspace.lockfile import Importer, Lockfile
from buildgraph.workspace.references import name_of, selected_names, target_name, without_suffix


def used_overrides(
    lockfile: Lockfile, names: frozenset[str], installed: Collection[str], met: Collection[str]
) -> dict[str, str]:
    """The overrides in use where `names` occur and some version of the packages in `installed` is installed.

    Their names all occur; and where the value is a range of versions, its selector is among those that are `met`.
    """
    ranges = lockfile.ranges
    return {
        selector: value
        for selector, value in lockfile.overrides.items()
        if selected_names(selector) <= names
        and (selector in met or selector not in ranges or target_name(selector) not in installed)
    }


def met_by_snapshots(lockfile: Lockfile, keys: Iterable[str]) -> set[str]:
    """The selectors of overrides whose range some of these snapshots satisfy."""
    if not lockfile.ranges:
        return set()
    return {selector for key in keys for selector in met_by(lockfile, key, name_of_package(lockfile, key))}


def met_by(lockfile: Lockfile, key: str, name: str) -> Iterator[str]:
    """The same for one snapshot, of the package `name`; a version that cannot be read satisfies every range."""
    from buildgraph.workspace.semver import parse_range, parse_version

    selectors = lockfile.overriding.get(name, ())
    if not selectors:
        return
    told = lockfile.package_of(key).get("version") or without_suffix(key).rpartition("@")[2]
    version = parse_version(str(told))
    for selector in selectors:
        if version is None or parse_range(lockfile.ranges[selector]).holds(version):
            yield selector


def met_by_projects(lockfile: Lockfile, importers: Iterable[Importer]) -> set[str]:
    """The selectors of overrides whose range is what some of these projects ask for."""
    if not lockfile.ranges:
        return set()
    return {
        selector
        for importer in importers
        for line in importer.dependencies
        for selector in lockfile.overriding.get(line.alias, ())
        if line.specifier == lockfile.ranges[selector]
    }


def name_of_package(lockfile: Lockfile, key: str) -> str:
    """The name of a snapshot's package, or "" when the lockfile does not tell it."""
    return name_of(key) or str(lockfile.package_of(key).get("name", ""))
