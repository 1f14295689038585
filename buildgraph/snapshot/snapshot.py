"""The snapshot value: a total map path -> (mode, blob id) and a way to read a file of that snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from buildgraph.errors import ConfigurationError

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE = 0o100644, 0o100755, 0o120000, 0o160000


@dataclass(frozen=True, slots=True)
class Entry:
    """A path's content: git's file mode and the id of its blob (of its commit, for a submodule)."""

    mode: int
    blob: str


class BlobReader(Protocol):
    """Reads git objects by id."""

    def read_blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The contents by id; ToolError when one is missing."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a commit or the working tree holds below one folder; it never changes after it was read.

    Paths are POSIX, seen from the project's folder. `commit` is the commit it shows, or the one the
    working tree stands on (None before the first). `dirty` says that edits or untracked files are in it.
    """

    entries: Mapping[str, Entry]
    blobs: BlobReader
    commit: str | None = None
    dirty: bool = False

    def read(self, path: str) -> bytes:
        """The content of one file; ConfigurationError when the snapshot has no such path."""
        return self.read_many([path])[path]

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of several files in one go; git's clean content, whatever the checkout looks like."""
        ids = {path: self._entry(path).blob for path in paths}
        contents = self.blobs.read_blobs(set(ids.values()))
        return {path: contents[blob] for path, blob in ids.items()}

    def below(self, folder: str) -> Snapshot:
        """The same snapshot seen from `folder`, without what lies outside; `.` is the whole."""
        if folder in ("", "."):
            return self
        prefix = folder.strip("/") + "/"
        entries = {
            path[len(prefix) :]: entry for path, entry in self.entries.items() if path.startswith(prefix)
        }
        return Snapshot(entries, self.blobs, self.commit, self.dirty)

    def _entry(self, path: str) -> Entry:
        entry = self.entries.get(path)
        if entry is None:
            raise ConfigurationError.of(path, "there is no such file (files that git ignores do not count)")
        return entry
