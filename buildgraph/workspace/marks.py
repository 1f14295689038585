"""What settings, patches and projects have to do with single snapshots of a lockfile; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from buildgraph.workspace.lockfile import Lockfile, Record, folders_in, injected_folder, local_archive
from buildgraph.workspace.overriding import met_by
from buildgraph.workspace.package import OPTIONAL, PRODUCTION, Package
from buildgraph.workspace.projects import ROOT
from buildgraph.workspace.pruning import LISTS_OF_NAMES, is_patched
from buildgraph.workspace.references import name_of, selected_names

if TYPE_CHECKING:
    from buildgraph.workspace.settings import WorkspaceSettings

# A name that occurs at a snapshot; that name as the package's own; a patch; an archive and a folder in the
# workspace that it is made from; a folder that it links or copies; an override whose value it satisfies.
NAME, OWN, PATCH, ARCHIVE, FOLDER, LINKED, MET = "name", "own", "patch", "archive", "folder", "linked", "met"
Mark = tuple[str, str]
NO_PACKAGES: Final[Mapping[str, Package]] = {}


def marks_on(lockfile: Lockfile, key: str, names: Collection[str]) -> Iterator[Mark]:
    """The marks of one snapshot; of the names that occur at it, those that are asked for."""
    record, package = lockfile.snapshots[key], lockfile.package_of(key)
    if names:
        told = str(package.get("name", ""))
        if (own := name_of(key) or told) in names:
            yield (OWN, own)
            yield from ((MET, selector) for selector in met_by(lockfile, key, own))
        yield from ((NAME, name) for name in {own, told, *_aliases(record)} if name in names)
    for selector, patch in lockfile.patches.items():
        if is_patched(selector, patch, key):
            yield (PATCH, selector)
    if (archive := local_archive(package)) is not None:
        yield (ARCHIVE, archive)
    if (folder := injected_folder(package)) is not None:
        yield (FOLDER, folder)
    if key in lockfile.local_snapshots:
        yield from ((LINKED, folder) for folder in folders_in(lockfile, key))


def snapshots_by_mark(lockfile: Lockfile, names: Collection[str]) -> dict[Mark, list[str]]:
    """The snapshots that bear each mark; of the names that occur at them, those that are asked for."""
    found: dict[Mark, list[str]] = {}
    for key in lockfile.snapshots:
        for mark in marks_on(lockfile, key, names):
            found.setdefault(mark, []).append(key)
    return found


def selecting_names(
    lockfile: Lockfile, settings: WorkspaceSettings, packages: Mapping[str, Package] = NO_PACKAGES
) -> frozenset[str]:
    """The package names that settings, the root's package.json or the lockfile itself select by."""
    root: Mapping[str, Any] = packages[ROOT].pnpm if ROOT in packages else {}
    documents = (settings.document, root, lockfile.others)
    listed = [str(entry) for doc in documents for key in LISTS_OF_NAMES for entry in doc.get(key) or ()]
    return frozenset(name for selector in (*lockfile.overrides, *listed) for name in selected_names(selector))


def _aliases(record: Record) -> Iterator[str]:
    for group in (PRODUCTION, OPTIONAL):
        yield from record.get(group) or ()
