"""What the disk says of the files of packages, as it was looked at last: an edit is seen, also one that was undone."""

from __future__ import annotations

from dataclasses import dataclass, field

from buildgraph.checks.disk import beginning_of
from buildgraph.checks.sight import Sight
from buildgraph.checks.traces import Stamps, stamps_of
from buildgraph.snapshot.filtered import LONGEST, Filtered, filtered_of

FILTERED = "is {} instead of the file: run {}"


@dataclass(frozen=True)
class Looks:
    """Looks at the workspace at `root`, node by node; many scripts see the same packages.

    Who begins takes the last look there was: what is written after it counts as written meanwhile. So each look
    after a script is the one before others.
    """

    root: str
    sight: Sight
    _last: dict[str, Stamps] = field(default_factory=dict)
    _filtered: dict[str, tuple[Stamps, str]] = field(default_factory=dict)

    def last(self, node_id: str) -> Stamps:
        """What the disk said of a node's files when they were looked at last."""
        if node_id not in self._last:
            self._last[node_id] = stamps_of(self.root, self.sight.files(node_id))
        return self._last[node_id]

    def changed(self, node_id: str, before: Stamps) -> list[str]:
        """The files of which the disk says something else than it did; this is the last look from now on."""
        now = stamps_of(self.root, before)
        if now == before:
            return []
        self._last[node_id] = now
        return [path for path, stamp in before.items() if now[path] != stamp]

    def filtered(self, node_id: str, seen: Stamps) -> str:
        """A file of a node in whose place a filter of git has left something else, as a sentence; "" for none."""
        known = self._filtered.get(node_id)
        if known is None or known[0] is not seen:
            there = (path for path, stamp in seen.items() if stamp and stamp[0])
            told = (_told(path, filtered_of(beginning_of(f"{self.root}/{path}", LONGEST))) for path in there)
            known = self._filtered[node_id] = (seen, next(filter(None, told), ""))
        return known[1]


def _told(path: str, found: Filtered | None) -> str:
    return f"{path} {FILTERED.format(found.told, found.get_it)}" if found else ""
