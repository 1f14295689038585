"""Digests of what a lockfile makes pnpm install, for a package with all it needs and for an importer.

What counts is what arrives on disk: names, resolutions, patches, the edges between packages. What counts
not: order and layout of the file, specifiers, and facts about a published version that only some pnpm
versions write down (see `UNRECORDED`): its name, version and integrity say the same already.

Cycles of packages are condensed, and the members of a cycle share what it needs, so the work is linear in
the lockfile however many importers ask.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from buildgraph.workspace.catalogs import named_entries
from buildgraph.workspace.lockfile import Importer, Lockfile, Record

# `libc` chooses among optional binaries at install time. pnpm versions differ in writing it, so it is left
# out here and in pruned lockfiles alike: both variants are installed, and a newer pnpm changes no image.
# `engines` only warns. `optional` and `dev` follow from the edges and from who else uses the package.
UNRECORDED = frozenset(("deprecated", "engines", "libc", "dev", "optional"))


_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def importer_digest(lockfile: Lockfile, folder: str) -> str:
    """The sha256 (hex) of what gets installed for the importer in `folder`.

    A folder that is no importer has the digest of an empty table.
    """
    if folder not in lockfile.importer_digests:
        lockfile.importer_digests[folder] = _digest_importer(lockfile, folder)
    return lockfile.importer_digests[folder]


def _digest_importer(lockfile: Lockfile, folder: str) -> str:
    importer = lockfile.importers.get(folder, Importer(folder))
    lines = sorted(
        (line.group, line.alias, line.version, _digest_behind(lockfile, line.alias, line.version))
        for line in importer.dependencies
    )
    return _digest([lockfile.version, lines, dict(importer.settings)])


def install_digest(lockfile: Lockfile, folder: str) -> str:
    """The sha256 (hex) of all that a pruned lockfile says of the importer in `folder`.

    Its specifiers count too, and the catalog entries that it names.
    """
    importer = lockfile.importers.get(folder, Importer(folder))
    asked = sorted((line.group, line.alias, line.specifier) for line in importer.dependencies)
    return _digest([importer_digest(lockfile, folder), asked, named_entries(lockfile, importer)])


def installs_anything(lockfile: Lockfile, folder: str) -> bool:
    """Whether the lockfile has anything for the importer in `folder`."""
    importer = lockfile.importers.get(folder)
    return importer is not None and bool(importer.table or importer.settings)


def digest_snapshots(lockfile: Lockfile) -> dict[str, str]:
    """For every snapshot the sha256 (hex) of itself and all it reaches; those in a cycle share one."""
    found: dict[str, str] = {}
    for members in lockfile.components:
        found.update(dict.fromkeys(members, _digest_members(lockfile, members, found)))
    return found


def recorded(record: Record) -> dict[str, Any]:
    """The facts of a package or snapshot that change what is installed."""
    return {key: value for key, value in record.items() if key not in UNRECORDED}


def _digest_members(lockfile: Lockfile, members: tuple[str, ...], found: Mapping[str, str]) -> str:
    """The digest of packages that need each other, given those of all other packages they need."""
    needed = {key for member in members for key in lockfile.edges[member]}.difference(members)
    own = [_facts(lockfile, member) for member in sorted(members)]
    return _digest([own, sorted((key, found[key]) for key in needed)])


def _facts(lockfile: Lockfile, key: str) -> list[Any]:
    package, snapshot = lockfile.package_of(key), lockfile.snapshots[key]
    return [key, recorded(package)] if package is snapshot else [key, recorded(package), recorded(snapshot)]


def _digest_behind(lockfile: Lockfile, alias: str, version: str) -> str:
    key = lockfile.key_of(alias, version)
    return "" if key is None else lockfile.digests[key]


def _digest(value: Iterable[Any]) -> str:
    """The digest of a plain value; mappings count without their order."""
    return hashlib.sha256(_CANONICAL.encode(value).encode("utf-8", "surrogatepass")).hexdigest()
