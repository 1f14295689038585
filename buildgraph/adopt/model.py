"""What recognition looks at and what it comes to: frozen values; they know no rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from buildgraph.workspace import DEVELOPMENT, GROUPS, PEER, PRODUCTION, Package
from buildgraph.workspace.projects import ROOT, owner_of


@dataclass(frozen=True)
class Facts:
    """What is known of a workspace: its name, its projects by folder, all paths, and the texts that were read.

    Paths are seen from the workspace's root. Which texts count is told by `reading.wanted_texts`. `inside` is the
    workspace's folder seen from git's root, `.` where they are one.
    """

    name: str
    packages: Mapping[str, Package]
    paths: tuple[str, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    inside: str = ROOT

    @cached_property
    def projects(self) -> Mapping[str, Project]:
        """Every project with its own paths."""
        owned: dict[str, list[str]] = {folder: [] for folder in self.packages}
        for path in self.paths:
            owner = owner_of(path, self.packages)
            if owner is not None:
                owned[owner].append(path)
        return {
            folder: Project(package, tuple(owned[folder]), self.texts)
            for folder, package in self.packages.items()
        }


@dataclass(frozen=True)
class Project:
    """One project: its package.json, its own paths seen from the workspace's root, and the texts by path."""

    package: Package
    paths: tuple[str, ...]
    texts: Mapping[str, str]

    @property
    def folder(self) -> str:
        """Its folder, seen from the workspace's root."""
        return self.package.folder

    @cached_property
    def inner_paths(self) -> frozenset[str]:
        """Its paths, seen from its own folder."""
        start = 0 if self.folder == ROOT else len(self.folder) + 1
        return frozenset(path[start:] for path in self.paths)

    def has(self, *inner: str) -> bool:
        """Whether one of these files is there."""
        return not self.inner_paths.isdisjoint(inner)

    def text(self, inner: str) -> str:
        """The text of one of its files; "" when it was not read."""
        return self.texts.get(inner if self.folder == ROOT else f"{self.folder}/{inner}", "")

    def sources(self) -> Iterator[tuple[str, str]]:
        """Its files that were read, seen from its folder, with their texts, sorted."""
        yield from ((inner, self.text(inner)) for inner in sorted(self.inner_paths) if self.text(inner))

    def needs(self, *names: str) -> bool:
        """Whether it has one of these as a dependency of its own; what its users shall bring does not count."""
        groups = (self.package.dependencies.get(group, {}) for group in GROUPS if group != PEER)
        return any(name in group for group in groups for name in names)

    def ships(self, *names: str) -> bool:
        """Whether one of these is there at run time."""
        return any(name in self.package.dependencies.get(PRODUCTION, {}) for name in names)

    def runs(self, program: str) -> bool:
        """Whether one of its scripts runs this program."""
        return any(program in script.replace(";", " ").split() for script in self.package.scripts.values())

    @property
    def is_library(self) -> bool:
        """Whether it offers itself to be imported."""
        return any(key in self.package.document for key in ("exports", "main", "module", "types"))

    @property
    def develops_only(self) -> bool:
        """Whether all that it depends on is for development."""
        return set(self.package.dependencies) <= {DEVELOPMENT}


@dataclass(frozen=True, slots=True)
class Found:
    """A service as recognised; what its kind gives it is left empty.

    `kind` is one of the manifests' kinds. `dockerfile` and `context` are seen from the workspace's root.
    `port` is unique in the workspace; `deployed` is false where nothing tells how it is asked for its health.
    """

    name: str
    product: str
    kind: str
    path: str
    dockerfile: str = ""
    context: str = ""
    target: str = ""
    port: int = 0
    listens: int = 0
    health: str = ""
    deployed: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Open:
    """What could not be decided: where, the reason, and the way out."""

    where: str
    what: str
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What was recognised, sorted by name, and what is left open."""

    services: tuple[Found, ...] = ()
    left_open: tuple[Open, ...] = ()
