"""Another opinion on what a change affects: from git's diff and the lockfile's text, by code of its own.

It knows nothing of fingerprints and shares no line with the product. A package is affected when a changed path
lies nearest to it, when what its importer (or the root's) installs differs, or when a project that it links is
affected; an image when that holds for a project it is made from, not counting files of ignored patterns.
"""

from __future__ import annotations

import fnmatch
import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from tests.support.monorepo import Monorepo

GROUPS = ("dependencies", "devDependencies", "optionalDependencies")
WRITTEN_BY_SOME = {"deprecated", "engines", "libc", "optional", "dev"}


@dataclass(frozen=True)
class Commit:
    """A commit's projects and lockfile, read with git and PyYAML."""

    repo: Monorepo
    id: str

    @cached_property
    def paths(self) -> list[str]:
        """Every path in it."""
        return self.repo.git("ls-tree", "-r", "-z", "--name-only", self.id).strip("\0").split("\0")

    @cached_property
    def projects(self) -> Mapping[str, str]:
        """The name of each project by its folder; the root is `.`."""
        globs = [f"{glob}/package.json" for glob in self._yaml("pnpm-workspace.yaml")["packages"]]
        manifests = [path for path in self.paths if any(_matches(path, glob) for glob in globs)]
        named = {posixpath.dirname(path): json.loads(self._text(path))["name"] for path in manifests}
        return {**named, ".": "."}

    @cached_property
    def folders(self) -> Mapping[str, str]:
        """The folder of each project by its name."""
        return {name: folder for folder, name in self.projects.items()}

    @cached_property
    def lockfile(self) -> Any:
        """The lockfile as a plain document."""
        return self._yaml("pnpm-lock.yaml")

    def owner(self, path: str) -> str:
        """The name of the project that lies nearest to a path."""
        folder = path
        while folder not in self.projects and folder:
            folder = posixpath.dirname(folder)
        return self.projects[folder or "."]

    def lines(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Group, alias and version of what a project installs."""
        importer = self.lockfile["importers"].get(self.folders.get(name, ""), {})
        for group in GROUPS:
            for alias, line in importer.get(group, {}).items():
                yield group, alias, str(line["version"])

    def links(self, name: str) -> set[str]:
        """The names of the projects that a project links."""
        versions = [version for _, _, version in self.lines(name) if version.startswith("link:")]
        folders = (posixpath.normpath(f"{self.folders[name]}/{version[5:]}") for version in versions)
        return {self.projects[folder] for folder in folders if folder in self.projects}

    def closure(self, name: str) -> set[str]:
        """A project and all that it links, through any number of steps."""
        found, waiting = set(), [name]
        while waiting:
            if (current := waiting.pop()) not in found:
                found.add(current)
                waiting += self.links(current)
        return found

    def installed(self, name: str) -> str:
        """All that a project installs from elsewhere, as one text: lines, packages, and edges between these."""
        lines = sorted(self.lines(name))
        waiting = [key for _, alias, version in lines if (key := self._key(alias, version))]
        found: dict[str, Any] = {}
        while waiting:
            if (key := waiting.pop()) not in found:
                found[key] = [_facts(self._package(key)), _facts(self.lockfile["snapshots"][key])]
                waiting += self._needs(key)
        return json.dumps([self.lockfile["lockfileVersion"], lines, found], sort_keys=True)

    def _needs(self, key: str) -> Iterator[str]:
        for group in GROUPS:
            for alias, version in self.lockfile["snapshots"][key].get(group, {}).items():
                if needed := self._key(alias, str(version)):
                    yield needed

    def _key(self, alias: str, version: str) -> str | None:
        snapshots = self.lockfile.get("snapshots", {})
        return next((key for key in (f"{alias}@{version}", version) if key in snapshots), None)

    def _package(self, key: str) -> Any:
        name = max((name for name in self.lockfile["packages"] if key.startswith(name)), key=len)
        return self.lockfile["packages"][name]

    def _yaml(self, path: str) -> Any:
        return yaml.safe_load(self._text(path))

    def _text(self, path: str) -> str:
        return self.repo.git("show", f"{self.id}:{path}")


@dataclass(frozen=True)
class Oracle:
    """What two commits of a repository affect; `ignored` patterns match file names, `services` are folders."""

    base: Commit
    head: Commit

    def packages(self) -> set[str]:
        """The ids of the packages."""
        names = self.base.folders.keys() | self.head.folders.keys()
        if self._installs_otherwise("."):
            return {f"package:{name}" for name in names}
        own = self._touched(self._changed()) | {name for name in names if self._installs_otherwise(name)}
        own |= self.base.folders.keys() ^ self.head.folders.keys()
        return {f"package:{name}" for name in names if own & self._closures(name)}

    def images(
        self, services: Mapping[str, str], ignored: Iterable[str], *, root_dependencies: bool = False
    ) -> set[str]:
        """The ids of the images; `services` are project names by service."""
        if root_dependencies and self._installs_otherwise("."):
            return {f"image:{service}" for service in services}
        patterns = list(ignored)
        seen = [path for path in self._changed() if not _is_ignored(path, patterns)]
        own = self._touched(seen) - {"."}
        return {
            f"image:{service}"
            for service, name in services.items()
            if own & self._closures(name)
            or any(self._installs_otherwise(used) for used in self._closures(name))
        }

    def _closures(self, name: str) -> set[str]:
        there = [commit for commit in (self.base, self.head) if name in commit.folders]
        return set().union(*(commit.closure(name) for commit in there))

    def _installs_otherwise(self, name: str) -> bool:
        return self.base.installed(name) != self.head.installed(name)

    def _changed(self) -> list[str]:
        diff = ("diff", "--name-only", "--no-renames", "-z", self.base.id, self.head.id)
        return [path for path in self.head.repo.git(*diff).split("\0") if path]

    def _touched(self, paths: Iterable[str]) -> set[str]:
        """The owners of changed paths, in each commit that has the path."""
        told = [(commit, set(commit.paths)) for commit in (self.base, self.head)]
        return {commit.owner(path) for path in paths for commit, there in told if path in there}


def _facts(record: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in WRITTEN_BY_SOME}


def _matches(path: str, glob: str) -> bool:
    """Whether a path matches a glob whose `*` stands for one folder."""
    return path.count("/") == glob.count("/") and fnmatch.fnmatch(path, glob)


def _is_ignored(path: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(posixpath.basename(path), pattern) for pattern in patterns)
