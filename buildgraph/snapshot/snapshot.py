"""The snapshot value: a commit and what differs from it, as a total map path -> (mode, blob id) that can be read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

from buildgraph.errors import ConfigurationError
from buildgraph.snapshot.links import Links

T = TypeVar("T")

REGULAR, EXECUTABLE, SYMLINK, SUBMODULE = 0o100644, 0o100755, 0o120000, 0o160000


class Entry(NamedTuple):
    """A path's content: git's file mode and the id of its blob (of its commit, for a submodule)."""

    mode: int
    blob: str


Entries = Mapping[str, Entry]
# What differs from a commit: a path's entry now, None when it is gone.
Changes = Mapping[str, Entry | None]


def decoded(path: bytes) -> str:
    """A path as git has it, as text: git's paths are bytes, and the locale says nothing of them."""
    return path.decode("utf-8", "surrogateescape")


def encoded(path: str) -> bytes:
    """The path as git and the disk have it."""
    return path.encode("utf-8", "surrogateescape")


class BlobReader(Protocol):
    """Reads git objects by id."""

    def read_blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The contents by id; ToolError when one is missing."""
        ...


class Snapshot:
    """What a commit or the working tree holds below one folder; it never changes after it was read.

    Paths are POSIX, seen from the project's folder. `commit` is the commit it shows, or the one the
    working tree stands on (None before the first); `changes` are the edits and untracked files on top of
    it. `dirty` says that something differs from the commit. `committed` lists the commit's entries below a
    folder (`""` is all of them), for those who ask: many questions need the changes alone.
    """

    def __init__(
        self,
        committed: Callable[[str], Entries],
        blobs: BlobReader,
        commit: str | None = None,
        changes: Callable[[], Changes] = dict,
        *,
        dirty: bool = False,
    ) -> None:
        self._committed = committed
        self.blobs = blobs
        self.commit = commit
        self._changes = changes
        self.dirty = dirty

    @cached_property
    def changes(self) -> Changes:
        """Every path that differs from the commit, with its entry, or None where it is gone."""
        return self._changes()

    @cached_property
    def entries(self) -> Entries:
        """Every path with its entry."""
        return overlaid(self._committed(""), self.changes)

    def entries_in(self, folder: str) -> Entries:
        """The paths with this beginning, which ends with a slash, and their entries."""
        if "entries" in self.__dict__:
            return {path: entry for path, entry in self.entries.items() if path.startswith(folder)}
        changes = {path: entry for path, entry in self.changes.items() if path.startswith(folder)}
        return overlaid(self._committed(folder), changes)

    @cached_property
    def identity(self) -> str:
        """One digest of what it holds: the commit, and each change on top of it."""
        lines = [f"{path}\0{entry}" for path, entry in sorted(self.changes.items())]
        told = "\0".join([self.commit or "", *lines])
        return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()

    def without_changes(self) -> Snapshot:
        """The commit that it stands on, as it is."""
        return Snapshot(self._committed, self.blobs, self.commit)

    def read(self, path: str) -> bytes:
        """The content of one file; ConfigurationError when the snapshot has no such path."""
        return self.read_many([path])[path]

    def read_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of several files in one go; git's clean content, whatever the checkout looks like."""
        ids = {path: self._entry(path).blob for path in paths}
        contents = self.blobs.read_blobs(set(ids.values()))
        return {path: contents[blob] for path, blob in ids.items()}

    def shown(self, paths: Iterable[str]) -> dict[str, bytes]:
        """What reading these paths gives: of a link the file that it leads to, if it is one; else it is left out."""
        found = {path: self.file_at(path) for path in paths}
        contents = self.read_many({place for place in found.values() if place is not None})
        return {path: contents[place] for path, place in found.items() if place is not None}

    def followed(self, path: str) -> str:
        """The file that a path is, or leads to over symbolic links; ConfigurationError where that is none."""
        found = self.file_at(path)
        if found is None:
            raise ConfigurationError.of(path, "leads to no file that git tracks", "let it lead to one")
        return found

    def file_at(self, path: str) -> str | None:
        """The file that a path is, or leads to over symbolic links of this snapshot.

        None where that is a folder, a submodule, a circle, or not there.
        """
        place = self.stations(path)[-1]
        entry = self._listed(place).get(place)
        return place if entry is not None and entry.mode in (REGULAR, EXECUTABLE) else None

    def stations(self, path: str) -> list[str]:
        """A path and, one after another, those that it leads to over symbolic links; no folder before it is one."""
        entry = self._listed(path).get(path)
        return self.links.ways(path) if entry is not None and entry.mode == SYMLINK else [path]

    @cached_property
    def links(self) -> Links:
        """All symbolic links."""
        paths = [path for path, entry in self.entries.items() if entry.mode == SYMLINK]
        contents = self.read_many(paths) if paths else {}
        return Links({path: decoded(content) for path, content in contents.items()})

    def below(self, folder: str) -> Snapshot:
        """The same snapshot seen from `folder`, without what lies outside; `.` is the whole."""
        if folder in ("", "."):
            return self
        prefix = folder.strip("/") + "/"
        changes = _below(self.changes, prefix)
        return Snapshot(
            lambda inner: _below(self.entries_in(prefix + inner), prefix),
            self.blobs,
            self.commit,
            lambda: changes,
            dirty=self.dirty,
        )

    def _listed(self, path: str) -> Entries:
        """Entries among which this one is: those of its top folder, where not all are known."""
        folder, slash, _ = path.partition("/")
        if "entries" in self.__dict__ or not slash:
            return self.entries
        if folder not in self._listings:
            self._listings[folder] = self.entries_in(folder + slash)
        return self._listings[folder]

    @cached_property
    def _listings(self) -> dict[str, Entries]:
        """The top folders that were asked for."""
        return {}

    def _entry(self, path: str) -> Entry:
        entry = self._listed(path).get(path)
        if entry is None:
            raise ConfigurationError.of(path, "there is no such file (files that git ignores do not count)")
        return entry


def overlaid(entries: Entries, changes: Changes) -> Entries:
    """Entries with changes on top."""
    if not changes:
        return entries
    merged = dict(entries)
    for path, entry in changes.items():
        if entry is None:
            merged.pop(path, None)
        else:
            merged[path] = entry
    return merged


def _below(paths: Mapping[str, T], prefix: str) -> dict[str, T]:
    return {path[len(prefix) :]: found for path, found in paths.items() if path.startswith(prefix)}
