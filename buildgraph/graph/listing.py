"""What files a node has, as text that is hashed and kept whole and taken apart only where it differs; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from buildgraph.graph.nodes import digest_of
from buildgraph.snapshot.snapshot import SYMLINK, Entry


class Listing(NamedTuple):
    """The files of a node: those that images see, and those that ignored patterns keep from them.

    Each is a run of `path NUL mode blob NUL`, sorted by path.
    """

    seen: str = ""
    hidden: str = ""

    @property
    def digest(self) -> str:
        """One digest of all files: every path, mode and content; a file moved elsewhere counts.

        Which of them are hidden does not.
        """
        return digest_of(
            render_run(parse_run(self.seen) | parse_run(self.hidden)) if self.hidden else self.seen
        )

    def blob_of(self, path: str) -> str:
        """The blob id of a regular file; "" when there is none of this path."""
        for run in (self.seen, self.hidden):
            is_first = run.startswith(f"{path}\0")
            at = 0 if is_first else run.find(f"\0{path}\0") + 1
            if at or is_first:
                state = at + len(path) + 1
                mode, _, blob = run[state : run.index("\0", state)].partition(" ")
                return blob if mode != f"{SYMLINK:o}" else ""
        return ""

    @property
    def seen_digest(self) -> str:
        """One digest of the files that images see."""
        return digest_of(self.seen)


def listing_of(seen: Iterable[str], hidden: Iterable[str], entries: Mapping[str, Entry]) -> Listing:
    """The listing of these paths, which stand sorted."""
    return Listing(_run(seen, entries), _run(hidden, entries))


def parse_run(run: str) -> dict[str, str]:
    """Path -> mode and blob id, as reasons show a file's state."""
    fields = run.split("\0")
    return dict(zip(fields[:-1:2], fields[1::2], strict=True))


def render_run(states: Mapping[str, str]) -> str:
    """The run of these states, in the one order that listings have."""
    return "".join(f"{path}\0{states[path]}\0" for path in sorted(states))


def state_of(entry: Entry) -> str:
    """A file's state as listings and reasons tell it."""
    return f"{entry.mode:o} {entry.blob}"


def _run(paths: Iterable[str], entries: Mapping[str, Entry]) -> str:
    return "".join([f"{path}\0{state_of(entries[path])}\0" for path in paths])
