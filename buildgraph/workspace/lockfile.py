"""pnpm-lock.yaml as a value: importers, packages, snapshots and what steers them; it resolves nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from buildgraph.order import components
from buildgraph.workspace.package import DEVELOPMENT, OPTIONAL, PRODUCTION
from buildgraph.workspace.projects import ROOT
from buildgraph.workspace.references import (
    FILE,
    LINK,
    key_of,
    linked_folder,
    selected_names,
    target_name,
    without_suffix,
)

INSTALLED_GROUPS = (PRODUCTION, DEVELOPMENT, OPTIONAL)
FLAT = ("6.0", "6.1")
MOST_OVERRIDES = 100  # of one package; audits write a few

Record = Mapping[str, Any]


class Dependency(NamedTuple):
    """A line of an importer's table: what `alias` stands for, and in which group."""

    alias: str
    group: str
    version: str
    specifier: str = ""


class _Importer(NamedTuple):  # a class on top has room for what is worked out
    folder: str
    table: Mapping[str, Mapping[str, Record]] = {}
    settings: Record = {}


class Importer(_Importer):
    """What one project installs: its table by group, and its settings (dependenciesMeta …)."""

    @cached_property
    def dependencies(self) -> tuple[Dependency, ...]:
        """The lines of its table."""
        return tuple(
            Dependency(alias, group, line["version"], line["specifier"])
            for group, lines in self.table.items()
            for alias, line in lines.items()
        )


class Patch(NamedTuple):
    """An entry of patchedDependencies: the digest of the patch, and its file where the lockfile tells it."""

    hash: str
    path: str = ""


class _Lockfile(NamedTuple):
    version: str
    importers: Mapping[str, Importer] = {}
    packages: Mapping[str, Record] = {}
    snapshots: Mapping[str, Record] = {}
    catalogs: Mapping[str, Mapping[str, Record]] = {}
    overrides: Mapping[str, str] = {}
    patches: Mapping[str, Patch] = {}
    settings: Record = {}
    others: Record = {}


class Lockfile(_Lockfile):
    """A lockfile of version 9.0 or 6.x.

    `packages` hold what is true of a published version, `snapshots` its edges for one set of peers; the
    flat lockfiles 6.x hold both in one table, which then stands here twice. `others` are the remaining
    keys (checksums, ignored optional dependencies).
    """

    @property
    def is_flat(self) -> bool:
        """Whether packages and snapshots are one table (lockfiles 6.x)."""
        return self.version in FLAT

    def key_of(self, alias: str, reference: str) -> str | None:
        """The snapshot that a reference means; None for links and for what the lockfile does not hold."""
        key = key_of(alias, reference, flat=self.is_flat)
        return key if key in self.snapshots else None

    def package_of(self, key: str) -> Record:
        """The published facts of a snapshot's package; empty when the lockfile lacks them."""
        return self.packages.get(key if self.is_flat else without_suffix(key), {})

    @cached_property
    def references(self) -> Mapping[str, tuple[str, ...]]:
        """For every snapshot what it needs, be it here or not; links are left out."""
        return {key: tuple(self._referred(record)) for key, record in self.snapshots.items()}

    @cached_property
    def edges(self) -> Mapping[str, tuple[str, ...]]:
        """For every snapshot the snapshots it needs; dangling references are left out."""
        known = self.snapshots
        return {key: tuple(one for one in named if one in known) for key, named in self.references.items()}

    @cached_property
    def named(self) -> Mapping[str, tuple[str | None, ...]]:
        """For every importer what each of its lines means, be it here or not; None for links."""
        return {
            folder: tuple(
                key_of(line.alias, line.version, flat=self.is_flat) for line in importer.dependencies
            )
            for folder, importer in self.importers.items()
        }

    @cached_property
    def components(self) -> list[tuple[str, ...]]:
        """The snapshots in dependency order; those that need each other stand together."""
        return components(self.edges)

    @cached_property
    def local_snapshots(self) -> frozenset[str]:
        """The snapshots that are copied from a folder or link to one; most lockfiles have none."""
        return frozenset(key for key, record in self.snapshots.items() if self._is_local(key, record))

    @cached_property
    def overriding(self) -> Mapping[str, tuple[str, ...]]:
        """The selectors of overrides whose value is a range of versions, by the package that they are about.

        None of a package that has more than MOST_OVERRIDES of them: each would be tried with all its versions.
        """
        if not self.overrides:
            return {}
        from buildgraph.workspace.semver import parse_range

        found: dict[str, list[str]] = {}
        for selector, value in self.overrides.items():
            if parse_range(value).is_whole:
                found.setdefault(target_name(selector), []).append(selector)
        return {
            name: tuple(selectors) for name, selectors in found.items() if len(selectors) <= MOST_OVERRIDES
        }

    @cached_property
    def ranges(self) -> Mapping[str, str]:
        """The values of those, by selector."""
        return {
            selector: self.overrides[selector]
            for selectors in self.overriding.values()
            for selector in selectors
        }

    @cached_property
    def overridden(self) -> frozenset[str]:
        """The package names in the overrides' selectors."""
        return frozenset().union(*map(selected_names, self.overrides))

    @cached_property
    def links(self) -> dict[str, tuple[Any, ...]]:
        """The folders that importers link or copy, of those that were asked for, see `edges.links`."""
        return {}

    @cached_property
    def importer_digests(self) -> dict[str, str]:
        """The digests of importers that were asked for."""
        return {}

    @cached_property
    def facts(self) -> Mapping[str, str]:
        """For every snapshot the digest of what it is by itself."""
        from buildgraph.workspace.digests import digest_facts

        return {key: digest_facts(self, key) for key in self.snapshots}

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """For every snapshot the digest of all that is installed with it."""
        from buildgraph.workspace.digests import digest_snapshots

        return digest_snapshots(self.edges, self.facts, order=self.components)

    def _is_local(self, key: str, record: Record) -> bool:
        if injected_folder(self.package_of(key)) is not None:
            return True
        groups = (record.get(group) or {} for group in (PRODUCTION, OPTIONAL))
        return any(str(reference).startswith(LINK) for group in groups for reference in group.values())

    def _referred(self, record: Record) -> Iterator[str]:
        for group in (PRODUCTION, OPTIONAL):
            for alias, reference in (record.get(group) or {}).items():
                key = key_of(alias, str(reference), flat=self.is_flat)
                if key is not None:
                    yield key


def local_archive(record: Record) -> str | None:
    """The archive in the workspace that a package is unpacked from (`file:…tgz`), or None."""
    resolution = record.get("resolution")
    archive = str(resolution.get("tarball", "")) if isinstance(resolution, dict) else ""
    return archive.removeprefix(FILE) if archive.startswith(FILE) else None


def injected_folder(record: Record) -> str | None:
    """The folder of a package that is copied from the workspace (`injected`, `file:`), or None."""
    resolution = record.get("resolution")
    if not isinstance(resolution, dict) or resolution.get("type") != "directory":
        return None
    return str(resolution.get("directory", "")).removeprefix(FILE)


def folders_in(lockfile: Lockfile, key: str) -> Iterator[str]:
    """The folders that one snapshot is copied from or links to, seen from the workspace root."""
    injected = injected_folder(lockfile.package_of(key))
    if injected is not None:
        yield posixpath.normpath(injected)
    for group in INSTALLED_GROUPS:
        for reference in (lockfile.snapshots[key].get(group) or {}).values():
            folder = linked_folder(str(reference), ROOT)
            if folder is not None:
                yield folder
