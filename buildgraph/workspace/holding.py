"""Which importers of a lockfile hold a package somewhere in what they install; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.overriding import name_of_package
from buildgraph.workspace.pruning import is_patched

Label = TypeVar("Label")
NONE_KNOWN: Final[Mapping[str, int]] = {}


def holders(lockfile: Lockfile, wanted: Mapping[Label, Iterable[str]]) -> dict[str, set[Label]]:
    """For every importer's folder the labels of those snapshots that it installs, itself or below.

    `wanted` gives each label's snapshots. Importers that hold none of them are left out.
    """
    labels = list(wanted)
    own = bits_of(wanted[label] for label in labels)
    held = held_bits(lockfile.components, lockfile.edges, own) if own else {}
    found: dict[str, set[Label]] = {}
    for folder, keys in lockfile.named.items() if held else ():
        bits = bits_held(keys, held)
        if bits:
            found[folder] = {label for at, label in enumerate(labels) if bits >> at & 1}
    return found


def bits_of(sets: Iterable[Iterable[str]]) -> dict[str, int]:
    """For every member of some of the sets one bit per set, in their order."""
    found: dict[str, int] = {}
    for at, members in enumerate(sets):
        for member in members:
            found[member] = found.get(member, 0) | 1 << at
    return found


def held_bits(
    order: Iterable[tuple[str, ...]],
    edges: Mapping[str, Iterable[str]],
    own: Mapping[str, int],
    known: Mapping[str, int] = NONE_KNOWN,
) -> dict[str, int]:
    """For every snapshot that needs some of `own`, or is one, the bits of them all.

    `order` are the components, needed ones first; `known` are bits of snapshots that are not among them.
    """
    held: dict[str, int] = {}
    for members in order:
        bits = 0
        for member in members:
            bits |= own.get(member, 0)
            for needed in edges[member]:
                bits |= held.get(needed, 0) | known.get(needed, 0)
        if bits:
            held.update(dict.fromkeys(members, bits))
    return held


def bits_held(keys: Iterable[str | None], held: Mapping[str, int]) -> int:
    """The bits of all that these snapshots hold."""
    bits = 0
    for key in keys:
        bits |= held.get(key or "", 0)
    return bits


def snapshots_by_name(lockfile: Lockfile, names: Iterable[str]) -> dict[str, list[str]]:
    """The snapshots of the packages with these names, by name."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for key in lockfile.snapshots if found else ():
        name = name_of_package(lockfile, key)
        if name in found:
            found[name].append(key)
    return found


def patched_snapshots(lockfile: Lockfile) -> dict[str, list[str]]:
    """The snapshots that each patch of the lockfile is applied to, by its selector."""
    return {
        selector: [key for key in lockfile.snapshots if is_patched(selector, patch, key)]
        for selector, patch in lockfile.patches.items()
    }
