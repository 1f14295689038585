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
from typing import Any, Final

from buildgraph.order import components
from buildgraph.workspace.catalogs import named_entries
from buildgraph.workspace.lockfile import Importer, Lockfile, Record

# `libc` chooses among optional binaries at install time. pnpm versions differ in writing it, so it is left
# out here and in pruned lockfiles alike: both variants are installed, and a newer pnpm changes no image.
# `engines` only warns. `optional` and `dev` follow from the edges and from who else uses the package.
UNRECORDED = frozenset(("deprecated", "engines", "libc", "dev", "optional"))


NONE_KNOWN: Final[Mapping[str, str]] = {}
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def importer_digest(lockfile: Lockfile, folder: str) -> str:
    """The sha256 (hex) of what gets installed for the importer in `folder`.

    A folder that is no importer has the digest of an empty table.
    """
    if folder not in lockfile.importer_digests:
        lockfile.importer_digests[folder] = digest_importer(lockfile, folder, lockfile.digests)
    return lockfile.importer_digests[folder]


def digest_importer(lockfile: Lockfile, folder: str, digests: Mapping[str, str]) -> str:
    """The same, given the digests of the snapshots that it may need."""
    importer = lockfile.importers.get(folder, Importer(folder))
    named = zip(importer.dependencies, lockfile.named.get(folder, ()), strict=True)
    lines = sorted((line.group, line.alias, line.version, digests.get(key or "", "")) for line, key in named)
    return _digest([lockfile.version, lines, dict(importer.settings)])


def install_digest(lockfile: Lockfile, folder: str) -> str:
    """The sha256 (hex) of all that a pruned lockfile says of the importer in `folder`."""
    return digest_install(lockfile, folder, importer_digest(lockfile, folder))


def digest_install(lockfile: Lockfile, folder: str, installed: str) -> str:
    """The same, given the importer's digest: its specifiers count too, and the catalog entries that it names."""
    importer = lockfile.importers.get(folder, Importer(folder))
    asked = sorted((line.group, line.alias, line.specifier) for line in importer.dependencies)
    return _digest([installed, asked, named_entries(lockfile, importer)])


def installs_anything(lockfile: Lockfile, folder: str) -> bool:
    """Whether the lockfile has anything for the importer in `folder`."""
    importer = lockfile.importers.get(folder)
    return importer is not None and bool(importer.table or importer.settings)


def digest_snapshots(
    edges: Mapping[str, Iterable[str]],
    facts: Mapping[str, str],
    known: Mapping[str, str] = NONE_KNOWN,
    order: Iterable[tuple[str, ...]] | None = None,
) -> dict[str, str]:
    """For every snapshot of `edges` the sha256 (hex) of itself and all it reaches; those in a cycle share one.

    `facts` are the digests of what each is by itself, `known` the digests of further snapshots that they
    need, and `order` their components, where somebody has worked them out.
    """
    found: dict[str, str] = {}
    for members in components(edges) if order is None else order:
        needed = {key for member in members for key in edges[member]}.difference(members)
        behind = sorted((key, found.get(key) or known[key]) for key in needed)
        own = [(member, facts[member]) for member in sorted(members)]
        found.update(dict.fromkeys(members, _digest([own, behind])))
    return found


def digest_facts(lockfile: Lockfile, key: str) -> str:
    """The sha256 (hex) of what a snapshot and its package are by themselves."""
    package, snapshot = lockfile.package_of(key), lockfile.snapshots[key]
    return _digest([recorded(package)] if package is snapshot else [recorded(package), recorded(snapshot)])


def recorded(record: Record) -> dict[str, Any]:
    """The facts of a package or snapshot that change what is installed."""
    return {key: value for key, value in record.items() if key not in UNRECORDED}


def _digest(value: list[Any]) -> str:
    """The digest of a plain value; mappings count without their order."""
    return hashlib.sha256(_CANONICAL.encode(value).encode("utf-8", "surrogatepass")).hexdigest()
