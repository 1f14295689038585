"""Another version of a lockfile, understood by what differs in it from one that is remembered.

A change is followed from the entries that differ to the importers that install them. Whatever may reach further
(links, settings, projects that come or go) is Unusual: then the lockfile is read as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import NamedTuple, TypeVar

from buildgraph.order import closure, components
from buildgraph.workspace.digests import digest_facts, digest_importer, digest_install, digest_snapshots
from buildgraph.workspace.holding import held_bits
from buildgraph.workspace.locked import Locked, entries_of, without_links
from buildgraph.workspace.lockfile import Importer, Lockfile
from buildgraph.workspace.marks import Mark, marks_on
from buildgraph.workspace.references import LINK, without_suffix
from buildgraph.workspace.sheets import (
    IMPORTERS,
    PACKAGES,
    SNAPSHOTS,
    Unusual,
    compare_sheets,
    read_entries,
    read_sheet,
)

T = TypeVar("T")


class Relocked(NamedTuple):
    """Another version of a lockfile in short, and the new digests of the importers that it moves, by folder.

    Those are of what is installed, and of what a pruned lockfile says.
    """

    locked: Locked
    digests: Mapping[str, tuple[str, str]]


def relock(locked: Locked, before: bytes, blob: str, after: bytes) -> Relocked:
    """What another version of a lockfile moves; `locked` is the version `before` in short, `blob` the id of `after`.

    Raises Unusual when that is to be found by reading it as a whole only.
    """
    try:
        return _Change(locked, before.decode(), blob, after.decode()).made
    except UnicodeDecodeError:
        raise Unusual from None


class _Change:
    """A change of a lockfile, followed from the entries that differ to the importers."""

    def __init__(self, locked: Locked, before: str, blob: str, after: str) -> None:
        self.locked = locked
        self.blob = blob
        sheet = read_sheet(before, locked.entries)
        self.sheet, differing = compare_sheets(sheet, after)
        self.was = read_entries(sheet, {name: both.before for name, both in differing.items()})
        self.now = read_entries(self.sheet, {name: both.after for name, both in differing.items()})
        self._refuse_doubles()

    @property
    def made(self) -> Relocked:
        """The version after the change, in short."""
        self._refuse_orphans()
        moved = self._moved
        digests = {**self._kept(self.locked.digests), **moved}
        really = {key for key, digest in moved.items() if self.locked.digests.get(key) != digest}
        folders = [
            folder
            for folder, keys in self._importers.items()
            if folder in self.now.importers or not really.isdisjoint(keys)
        ]
        locked = self.locked._replace(
            blob=self.blob,
            entries=self.locked.entries + entries_of(self.now) - entries_of(self.was),
            needs=self._needs,
            facts={**self._kept(self.locked.facts), **self._facts},
            digests=digests,
            importers=self._importers,
            marks=self._marks,
            own=self._own,
            held={**self._kept(self.locked.held), **self._held},
        )
        if any(self.locked.held_by(folder) != locked.held_by(folder) for folder in folders):
            raise Unusual
        return Relocked(locked, self._digested(folders, digests))

    def _digested(self, folders: Iterable[str], digests: Mapping[str, str]) -> dict[str, tuple[str, str]]:
        if not folders:
            return {}
        read = read_entries(self.sheet, {IMPORTERS: self.sheet.entries(IMPORTERS, folders)})
        if read.importers.keys() != set(folders):
            raise Unusual
        installed = {folder: digest_importer(read, folder, digests) for folder in folders}
        return {
            folder: (digest, digest_install(read, folder, digest)) for folder, digest in installed.items()
        }

    @cached_property
    def _touched(self) -> Lockfile:
        """The snapshots that differ in themselves or in their package, as they are now."""
        packages = self.was.packages.keys() | self.now.packages.keys()
        behind = {key for key in self.locked.needs if without_suffix(key) in packages} if packages else set()
        keys = (behind - self.was.snapshots.keys()) | self.now.snapshots.keys()
        wanted = {
            PACKAGES: self.sheet.entries(PACKAGES, {without_suffix(key) for key in keys}),
            SNAPSHOTS: self.sheet.entries(SNAPSHOTS, keys),
        }
        read = read_entries(self.sheet, wanted)
        if read.snapshots.keys() != keys:
            raise Unusual
        return read

    @cached_property
    def _gone(self) -> frozenset[str]:
        return frozenset(self.was.snapshots.keys() - self.now.snapshots.keys())

    @cached_property
    def _facts(self) -> dict[str, str]:
        return {key: digest_facts(self._touched, key) for key in self._touched.snapshots}

    @cached_property
    def _changed(self) -> set[str]:
        """The snapshots that are there now and are not what they were."""
        was, now = self.locked, self._touched.references
        return {
            key
            for key, facts in self._facts.items()
            if was.facts.get(key) != facts or was.needs[key] != now[key]
        }

    @cached_property
    def _needs(self) -> Mapping[str, tuple[str, ...]]:
        """What every snapshot needs now; all of it must be here."""
        needs = {**self._kept(self.locked.needs), **self._touched.references}
        asking = [*self._touched.references.values(), *self._importers.values()]
        asking += [needs[user] for key in self._gone for user in self._users.get(key, ()) if user in needs]
        if any(key not in needs for keys in asking for key in keys):
            raise Unusual
        return needs

    @cached_property
    def _users(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for user, needed in self.locked.needs.items():
            for key in needed:
                found.setdefault(key, []).append(user)
        return found

    @cached_property
    def _importers(self) -> Mapping[str, tuple[str, ...]]:
        """What every project needs now; only versions may differ, and no link among them."""
        was, now = self.was.importers, self.now.importers
        if {folder: _asked(table) for folder, table in was.items()} != {
            folder: _asked(table) for folder, table in now.items()
        }:
            raise Unusual
        changed = {folder: without_links(self.now.named[folder]) for folder in now}
        return {**self.locked.importers, **changed}

    @cached_property
    def _order(self) -> list[tuple[str, ...]]:
        """All that needs what has changed, needed ones first."""
        reached = closure(self._users, self._changed | self._gone) - self._gone
        return components({key: self._needs[key] for key in reached})

    @cached_property
    def _moved(self) -> dict[str, str]:
        facts = {**self.locked.facts, **self._facts}
        edges = {key: self._needs[key] for members in self._order for key in members}
        return digest_snapshots(edges, facts, self.locked.digests, self._order)

    @cached_property
    def _marked(self) -> Mapping[str, set[Mark]]:
        return {
            key: set(marks_on(self._touched, key, frozenset(self.locked.names)))
            for key in self._touched.snapshots
        }

    @cached_property
    def _marks(self) -> tuple[Mark, ...]:
        found = {mark for marks in self._marked.values() for mark in marks}
        return (*self.locked.marks, *sorted(found.difference(self.locked.marks)))

    @cached_property
    def _own(self) -> Mapping[str, int]:
        at = {mark: place for place, mark in enumerate(self._marks)}
        touched = {key: sum(1 << at[mark] for mark in marks) for key, marks in self._marked.items()}
        return {**self._kept(self.locked.own), **touched}

    @cached_property
    def _held(self) -> Mapping[str, int]:
        moved = {key: 0 for members in self._order for key in members}
        known = {key: bits for key, bits in self.locked.held.items() if key not in moved}
        return {**moved, **held_bits(self._order, self._needs, self._own, known)}

    def _kept(self, table: Mapping[str, T]) -> Mapping[str, T]:
        """What was known of the snapshots that are still there."""
        return {key: found for key, found in table.items() if key not in self._gone} if self._gone else table

    def _refuse_doubles(self) -> None:
        """A key that came must not be there already."""
        came = self.now.snapshots.keys() - self.was.snapshots.keys()
        packages = self.now.packages.keys() - self.was.packages.keys()
        if not came.isdisjoint(self.locked.needs):
            raise Unusual
        if packages and not packages.isdisjoint(map(without_suffix, self.locked.needs)):
            raise Unusual

    def _refuse_orphans(self) -> None:
        """A package without a snapshot is none that pnpm leaves."""
        came = self.now.packages.keys() - self.was.packages.keys()
        gone = self.was.packages.keys() - self.now.packages.keys()
        bereft = {without_suffix(key) for key in self._gone} - gone
        if not came <= {without_suffix(key) for key in self.now.snapshots}:
            raise Unusual
        if bereft and not bereft <= {without_suffix(key) for key in self._needs}:
            raise Unusual


def _asked(importer: Importer) -> tuple[object, ...]:
    """What an importer says besides the versions that it got from a registry."""
    lines = sorted(
        (line.group, line.alias, line.specifier, line.version if line.version.startswith(LINK) else "")
        for line in importer.dependencies
    )
    return lines, importer.settings
