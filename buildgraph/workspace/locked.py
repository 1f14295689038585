"""What is remembered of a lockfile, so that another version of it is understood by what differs in it.

It holds for every snapshot what it needs and the digests that it gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from buildgraph.workspace.holding import bits_held, bits_of, held_bits
from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.marks import Mark, snapshots_by_mark
from buildgraph.workspace.references import without_suffix


class Locked(NamedTuple):
    """A lockfile in short.

    `blob` is the id of its content, `entries` how many its tables have, `names` are those that settings
    select packages by. `needs`, `facts` and `digests` are the edges and digests of every snapshot,
    `importers` what each project needs, by folder. `marks` are what settings, patches and projects have to
    do with some snapshots: each has a bit in the marks that a snapshot bears (`own`) and in those that it or
    what it needs bears (`held`).
    """

    blob: str
    entries: int
    names: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, str]
    digests: Mapping[str, str]
    importers: Mapping[str, tuple[str, ...]]
    marks: tuple[Mark, ...]
    own: Mapping[str, int]
    held: Mapping[str, int]

    @property
    def id(self) -> str:
        """What tells it from others: the lockfile's content, and the names that are asked for."""
        return hashlib.sha256(repr((self.blob, self.names)).encode()).hexdigest()

    def held_by(self, folder: str) -> int:
        """The bits of the marks on all that a project installs."""
        return bits_held(self.importers[folder], self.held)


def locked_of(lockfile: Lockfile, blob: str, names: Iterable[str]) -> Locked | None:
    """A lockfile in short: `blob` is the id of its content, and `names` are those that settings select by.

    None for a flat one, and for one that refers to what it does not hold.
    """
    importers = {folder: without_links(keys) for folder, keys in lockfile.named.items()}
    if lockfile.is_flat or not _is_whole(lockfile, importers):
        return None
    wanted = frozenset(names)
    marked = snapshots_by_mark(lockfile, wanted)
    own = bits_of(marked.values())
    held = held_bits(lockfile.components, lockfile.edges, own) if own else {}
    return Locked(
        blob=blob,
        entries=entries_of(lockfile),
        names=tuple(sorted(wanted)),
        needs=lockfile.edges,
        facts=lockfile.facts,
        digests=lockfile.digests,
        importers=importers,
        marks=tuple(marked),
        own=own,
        held=held,
    )


def without_links(keys: Iterable[str | None]) -> tuple[str, ...]:
    """The keys of what is installed, without the links, which have none."""
    return tuple(key for key in keys if key is not None)


def _is_whole(lockfile: Lockfile, importers: Mapping[str, Iterable[str]]) -> bool:
    """Whether all that is referred to is here, and packages and snapshots belong together."""
    if lockfile.edges != lockfile.references:
        return False
    if lockfile.packages.keys() != {without_suffix(key) for key in lockfile.snapshots}:
        return False
    return all(key in lockfile.snapshots for keys in importers.values() for key in keys)


def entries_of(lockfile: Lockfile) -> int:
    """How many entries its tables have."""
    return len(lockfile.importers) + len(lockfile.packages) + len(lockfile.snapshots)
