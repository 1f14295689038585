"""Whose files are whose: a snapshot's paths by workspace project, and which of them an image sees; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from buildgraph.graph.nodes import digest_of_pairs
from buildgraph.snapshot.snapshot import Entry
from buildgraph.workspace import owners_of
from buildgraph.workspace.projects import ROOT

if TYPE_CHECKING:
    import pathspec


@dataclass(frozen=True)
class Files:
    """A workspace's entries, and patterns (gitignore syntax) of what no image sees.

    `owned` maps every project's folder to the sorted paths it owns: the owner of a file is the nearest
    enclosing project.
    """

    entries: Mapping[str, Entry]
    projects: Collection[str]
    ignored: tuple[str, ...] = ()

    @cached_property
    def owned(self) -> Mapping[str, tuple[str, ...]]:
        """Every project's own paths; what no other project owns is the root's."""
        return split_by_owner(self.entries, self.projects)

    @cached_property
    def seen_by_images(self) -> Mapping[str, tuple[str, ...]]:
        """Every project's paths of phase `image`: its own, without the ignored ones."""
        unignored = set(without_ignored(self.entries, self.ignored))
        return {
            folder: tuple(path for path in paths if path in unignored) for folder, paths in self.owned.items()
        }

    def below(self, folder: str) -> list[str]:
        """The unignored paths in a folder, whoever owns them."""
        prefix = "" if folder == ROOT else folder.rstrip("/") + "/"
        return without_ignored([path for path in self.entries if path.startswith(prefix)], self.ignored)

    def matching(self, patterns: tuple[str, ...]) -> list[str]:
        """The paths that match any of these patterns (gitignore syntax), sorted."""
        return sorted(_spec(patterns).match_files(self.entries)) if patterns else []

    def described(self, paths: Iterable[str]) -> dict[str, str]:
        """Path -> mode and blob id, as reasons show a file's state."""
        return {path: f"{self.entries[path].mode:o} {self.entries[path].blob}" for path in paths}


def digest_of_files(described: Mapping[str, str]) -> str:
    """One digest of paths, modes and contents; a file moved elsewhere counts."""
    return digest_of_pairs(sorted(described.items()))


def split_by_owner(paths: Iterable[str], projects: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Every project's folder with the sorted paths it owns; what no other owns is the root's."""
    folders = {ROOT, *projects}
    owned: dict[str, list[str]] = {folder: [] for folder in folders}
    for path, owner in owners_of(sorted(paths), folders).items():
        owned[owner].append(path)
    return {folder: tuple(found) for folder, found in owned.items()}


def without_ignored(paths: Iterable[str], patterns: tuple[str, ...]) -> list[str]:
    """The paths that no pattern ignores, sorted."""
    if not patterns:
        return sorted(paths)
    spec = _spec(patterns)
    return sorted(path for path in paths if not spec.match_file(path))


def _spec(patterns: tuple[str, ...]) -> pathspec.GitIgnoreSpec:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(patterns)
