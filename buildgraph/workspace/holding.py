"""Which importers of a lockfile hold a package somewhere in what they install; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.pruning import is_patched
from buildgraph.workspace.references import name_of

Label = TypeVar("Label")


def holders(lockfile: Lockfile, wanted: Mapping[Label, Iterable[str]]) -> dict[str, set[Label]]:
    """For every importer's folder the labels of those snapshots that it installs, itself or below.

    `wanted` gives each label's snapshots. Importers that hold none of them are left out.
    """
    labels = list(wanted)
    held = _held(lockfile, _bits(wanted[label] for label in labels))
    names = {name_of(key) for key in held}
    found: dict[str, set[Label]] = {}
    for folder, importer in lockfile.importers.items() if held else ():
        bits = 0
        for line in importer.dependencies:
            # A bare version is one of the alias itself; most lines are told apart by that.
            if line.alias in names or not line.version[:1].isdigit():
                bits |= held.get(lockfile.key_of(line.alias, line.version) or "", 0)
        if bits:
            found[folder] = {label for at, label in enumerate(labels) if bits >> at & 1}
    return found


def snapshots_by_name(lockfile: Lockfile, names: Iterable[str]) -> dict[str, list[str]]:
    """The snapshots of the packages with these names, by name."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for key in lockfile.snapshots if found else ():
        name = name_of(key) or str(lockfile.package_of(key).get("name", ""))
        if name in found:
            found[name].append(key)
    return found


def patched_snapshots(lockfile: Lockfile) -> dict[str, list[str]]:
    """The snapshots that each patch of the lockfile is applied to, by its selector."""
    return {
        selector: [key for key in lockfile.snapshots if is_patched(selector, patch, key)]
        for selector, patch in lockfile.patches.items()
    }


def _bits(sets: Iterable[Iterable[str]]) -> dict[str, int]:
    """For every member of some of the sets one bit per set, in their order."""
    found: dict[str, int] = {}
    for at, members in enumerate(sets):
        for member in members:
            found[member] = found.get(member, 0) | 1 << at
    return found


def _held(lockfile: Lockfile, own: Mapping[str, int]) -> dict[str, int]:
    """For every snapshot that needs some of `own`, or is one, the bits of them all."""
    held: dict[str, int] = {}
    for members in lockfile.components if own else ():
        bits = 0
        for member in members:
            bits |= own.get(member, 0)
            for needed in lockfile.edges[member]:
                bits |= held.get(needed, 0)
        if bits:
            held.update(dict.fromkeys(members, bits))
    return held
