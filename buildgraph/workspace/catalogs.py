"""The catalog entries that importers name, as a pruned lockfile has them; it resolves nothing."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.workspace.lockfile import Dependency, Importer, Lockfile, Record
from buildgraph.workspace.references import DEFAULT_CATALOG, without_suffix

CATALOG = "catalog:"


def used_catalogs(lockfile: Lockfile, importers: Iterable[Importer]) -> dict[str, dict[str, Record]]:
    """The entries that any of the importers names, by catalog and alias."""
    found: dict[str, dict[str, Record]] = {}
    for importer in importers:
        for name, alias, entry in named_entries(lockfile, importer):
            found.setdefault(name, {})[alias] = entry
    return found


def named_entries(lockfile: Lockfile, importer: Importer) -> list[tuple[str, str, Record]]:
    """Catalog, alias and entry of each line that names a catalog; the installed version stands for a specifier.

    pnpm drops an entry from the lockfile now and then while a project still names it; then what is
    installed tells it all the same.
    """
    return [_named(lockfile, line) for line in importer.dependencies if line.specifier.startswith(CATALOG)]


def _named(lockfile: Lockfile, line: Dependency) -> tuple[str, str, Record]:
    name = line.specifier.removeprefix(CATALOG) or DEFAULT_CATALOG
    entry = lockfile.catalogs.get(name, {}).get(line.alias) or _installed(line)
    return name, line.alias, _pinned(entry)


def _installed(line: Dependency) -> Record:
    version = without_suffix(line.version)
    return {"specifier": version, "version": version}


def _pinned(entry: Record) -> Record:
    specifier, version = str(entry.get("specifier", "")), entry.get("version")
    return entry if ":" in specifier or not version else {**entry, "specifier": version}
