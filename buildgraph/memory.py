"""Graphs that were made once, and lockfiles in short, kept in git's own folder, where no pull request can put one.

Deleting them costs time, never truth: a graph is found by all that it was made from (the commit and the edits
on it, this program's own files, the machine's settings).
"""

from __future__ import annotations

import hashlib
import marshal
import os
import sys
import time
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildgraph.errors import ConfigurationError, ToolError
from buildgraph.graph.listing import Listing
from buildgraph.graph.nodes import Graph, Kind, Node, Part
from buildgraph.graph.patching import patched
from buildgraph.graph.territory import Territory
from buildgraph.roster import Roster, parse_roster, plain_roster
from buildgraph.snapshot.snapshot import Changes, Snapshot
from buildgraph.wholeness import forget_oldest, keep, read_kept

if TYPE_CHECKING:
    from buildgraph.workspace.locked import Locked

KEPT = 16  # graphs; the oldest go first
# What files hold: a graph; what is remembered of a lockfile; what of manifests.
GRAPH, LOCKED, ROSTER = ".graph", ".locked", ".roster"
NUMBERS = "I"  # how numbers of parts lie side by side
WEEK = 7 * 24 * 3600  # seconds
LIBRARIES = ("pathspec-", "ryaml-", "tomli-")  # another version of these may read another graph
PACKAGE = Path(__file__).parent


class Memory:
    """The graphs of one project on this machine; `circumstances` is all that they depend on besides a snapshot."""

    def __init__(
        self, folder: Path, circumstances: str, make: Callable[[Snapshot], tuple[Graph, Locked | None]]
    ) -> None:
        self.folder = folder
        self.circumstances = circumstances
        self.make = make

    def graph_of(self, snapshot: Snapshot, near: tuple[Graph, Changes] | None = None) -> Graph:
        """The graph of a snapshot: remembered, or another one with the edits put in, or made.

        `near` is a graph that is at hand, and what differs from it; without it the commit's is taken.
        Raises ConfigurationError with all mistakes of what is in the snapshot.
        """
        found = self._with_changes(*near, snapshot) if near is not None else None
        if found is None:
            found = self._read(snapshot)
        if found is None and near is None:
            found = self._edited(snapshot)
        if found is None:
            found, locked = self.make(snapshot)
            self._keep(snapshot, found)
            self._keep_locked(locked)
            self._forget_blobs()
        elif not snapshot.changes and not self.knows(snapshot):
            self._keep(snapshot, found)  # a commit that others will be compared with
        return found

    def knows(self, snapshot: Snapshot) -> bool:
        """Whether the graph of a snapshot is remembered: then there are no mistakes in it."""
        return self._place(snapshot).exists()

    def roster_of(self, snapshot: Snapshot, make: Callable[[], Roster]) -> Roster:
        """The roster of a snapshot's manifests: remembered, or made."""
        place = self._place_of(snapshot.identity, ROSTER)
        found = read_kept(place, parse_roster)
        if found is None:
            found = make()
            self._write(place, plain_roster(found))
        return found

    def _edited(self, snapshot: Snapshot) -> Graph | None:
        if not snapshot.changes or snapshot.commit is None:
            return None
        try:
            return self._with_changes(self.graph_of(snapshot.without_changes()), snapshot.changes, snapshot)
        except ConfigurationError:
            return None  # the edits may be what mends the commit

    def _with_changes(self, graph: Graph, changes: Changes, snapshot: Snapshot) -> Graph | None:
        """The graph after changes that give `snapshot`; None when it must be made anew."""
        lockfile = graph.territory.lockfile if graph.territory else ""
        if lockfile not in changes:
            return patched(graph, changes)
        found, entry = patched(graph, changes, {lockfile}), changes[lockfile]
        return self._relocked(found, entry.blob, snapshot) if found is not None and entry else None

    def _relocked(self, graph: Graph, blob: str, snapshot: Snapshot) -> Graph | None:
        """The graph with the lockfile in this blob, followed from what differs in it."""
        locked = self._read_locked(graph)
        if locked is None or graph.territory is None:
            return None
        from buildgraph.graph.relocking import reinstalled
        from buildgraph.workspace.relock import relock
        from buildgraph.workspace.sheets import Unusual

        try:
            contents = snapshot.blobs.read_blobs([locked.blob, blob])
            found = relock(locked, contents[locked.blob], blob, contents[blob])
        except (Unusual, ToolError):  # a blob that git has no more tells who needs it
            return None
        if not snapshot.changes:
            self._keep_locked(found.locked)
        return reinstalled(graph, graph.territory._replace(locked=found.locked.id), found.digests)

    def _read(self, snapshot: Snapshot) -> Graph | None:
        return read_kept(self._place(snapshot), _loaded)

    def _read_locked(self, graph: Graph) -> Locked | None:
        name = graph.territory.locked if graph.territory else ""
        if not name:
            return None
        from buildgraph.workspace.locked import Locked

        found = read_kept(self._place_of(name, LOCKED), lambda plain: Locked(*plain))
        return found if found and found.id == name else None

    def _keep(self, snapshot: Snapshot, graph: Graph) -> None:
        """Remember the graph of a snapshot; where nothing can be written nothing is remembered."""
        # those who ask what is affected need no fingerprints: only a commit's are worked out beforehand
        self._write(self._place(snapshot), _plain(graph, {} if snapshot.changes else graph.fingerprints))

    def _keep_locked(self, locked: Locked | None) -> None:
        """Remember a lockfile in short."""
        if locked is not None:
            self._write(self._place_of(locked.id, LOCKED), tuple(locked))

    def _write(self, place: Path, plain: Any) -> None:
        keep(place, plain)
        forget_oldest(self.folder, place.suffix, KEPT)

    def _forget_blobs(self) -> None:
        """Remove the blobs of edits that nobody has met for long: git renews those that it would write again."""
        for file in self.folder.glob("objects/??/*"):
            with suppress(OSError):
                if abs(time.time() - file.stat().st_mtime) > WEEK:
                    file.unlink()

    def _place(self, snapshot: Snapshot) -> Path:
        return self._place_of(snapshot.identity, GRAPH)

    def _place_of(self, name: str, ending: str) -> Path:
        told = f"{self.circumstances}\0{name}"
        return self.folder / (hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest() + ending)


@cache
def own_code() -> str:
    """What this program is: another version of it or of its readers, or an edit in it, may make other graphs.

    A process is what it has loaded, whatever becomes of the files.
    """
    files = sorted(_sources(str(PACKAGE)))
    return f"{sys.version_info[:2]}{marshal.version}{files}{sorted(_libraries())}"


def _libraries() -> Iterator[str]:
    """The installed versions, as the names of their folders tell."""
    for folder in sys.path:
        with suppress(OSError):
            there = os.scandir(folder) if folder.endswith("-packages") else ()
            yield from (entry.name for entry in there if entry.name.startswith(LIBRARIES))


def _sources(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found = entry.stat()
                yield entry.path, found.st_size, found.st_mtime_ns
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _sources(entry.path)


def _plain(graph: Graph, known: Mapping[str, str]) -> Any:
    numbers: dict[Part, int] = defaultdict(count().__next__)
    nodes = [
        (node.id, node.kind.value, node.path, _numbered(node.parts, numbers), node.uses, node.after)
        for node in graph.nodes.values()
    ]
    parts = list(map(tuple, numbers))
    files = {node_id: tuple(listing) for node_id, listing in graph.files.items()}
    territory = tuple(graph.territory) if graph.territory else ()
    return nodes, parts, files, territory, dict(known)


def _numbered(parts: Iterable[Part], numbers: Mapping[Part, int]) -> bytes:
    """Parts by their number, as thousands of nodes may have the same thousands of parts."""
    return array(NUMBERS, map(numbers.__getitem__, parts)).tobytes()


def _loaded(plain: Any) -> Graph:
    nodes, told, files, territory, known = plain
    parts = tuple(map(Part._make, told))
    kinds = {kind.value: kind for kind in Kind}
    return Graph(
        {row[0]: _node(row, kinds, parts) for row in nodes},
        {node_id: Listing(*runs) for node_id, runs in files.items()},
        Territory(*territory) if territory else None,
        known,
    )


def _node(row: Any, kinds: dict[str, Kind], parts: Sequence[Part]) -> Node:
    node_id, kind, path, numbers, uses, after = row
    own = tuple(map(parts.__getitem__, array(NUMBERS, numbers)))
    return Node(node_id, kinds[kind], path, own, uses, after)
