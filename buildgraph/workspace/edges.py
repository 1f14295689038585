"""Which projects of a workspace need which: what the lockfile links, else what pnpm's rules would link."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from buildgraph.order import closure
from buildgraph.workspace.catalogs import CATALOG
from buildgraph.workspace.lockfile import Importer, Lockfile, folders_in
from buildgraph.workspace.package import PEER, Package
from buildgraph.workspace.projects import ROOT, owner_of
from buildgraph.workspace.references import DEFAULT_CATALOG, FILE, LINK, linked_folder
from buildgraph.workspace.settings import WorkspaceSettings

WORKSPACE, ALIAS = "workspace:", "npm:"
_ARCHIVES = (".tgz", ".tar.gz", ".tar")


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A project's need of another: its folder, and the group of package.json that asks for it."""

    folder: str
    group: str


def links(lockfile: Lockfile, folder: str) -> tuple[Edge, ...]:
    """The folders that the lockfile links or copies into the importer in `folder`, sorted.

    They are seen from the workspace root and need not be projects. Folders that a registry package is
    overridden with are found too.
    """
    if folder not in lockfile.links:
        lockfile.links[folder] = tuple(sorted(_linked_by(lockfile, folder)))
    return lockfile.links[folder]


def _linked_by(lockfile: Lockfile, folder: str) -> set[Edge]:
    importer = lockfile.importers.get(folder, Importer(folder))
    found: set[Edge] = set()
    for line in importer.dependencies:
        target = linked_folder(line.version, folder)
        if target is not None:
            found.add(Edge(target, line.group))
        elif lockfile.local_snapshots:
            found.update(Edge(target, line.group) for target in _behind(lockfile, line.alias, line.version))
    return found


def _behind(lockfile: Lockfile, alias: str, version: str) -> Iterator[str]:
    key = lockfile.key_of(alias, version)
    if key is None:
        return
    for local in closure(lockfile.edges, [key]) & lockfile.local_snapshots:
        yield from folders_in(lockfile, local)


@dataclass(frozen=True, slots=True)
class Projects:
    """The projects of a workspace by folder and by name, as linking by rule sees them."""

    packages: Mapping[str, Package]
    settings: WorkspaceSettings
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def edges_of(self, folder: str, lockfile: Lockfile | None) -> tuple[Edge, ...]:
        """The edges of the project in `folder`, sorted and without itself.

        Where the lockfile has a line for a dependency it decides; pnpm's rules decide the rest
        (no lockfile, a manifest newer than the lockfile, peers).
        """
        found = set(self._linked(folder, lockfile))
        locked = _locked_specifiers(folder, lockfile)
        for group, specifiers in self.packages[folder].dependencies.items():
            for alias, specifier in specifiers.items():
                if group == PEER and not specifier.startswith(WORKSPACE):
                    continue
                if not _is_decided(alias, specifier, locked, lockfile):
                    found.update(Edge(target, group) for target in self.targets(folder, alias, specifier))
        return tuple(sorted(edge for edge in found if edge.folder != folder))

    def targets(self, folder: str, alias: str, specifier: str) -> Iterable[str]:
        """The projects that pnpm would link for a specifier; several when a name is ambiguous."""
        if specifier.startswith(WORKSPACE):
            return self._by_protocol(folder, alias, specifier.removeprefix(WORKSPACE))
        if specifier.startswith((LINK, FILE)):
            return self._by_path(folder, specifier.partition(":")[2])
        if specifier.startswith(CATALOG):
            return self._by_catalog(folder, alias, specifier.removeprefix(CATALOG))
        if specifier.startswith(ALIAS):
            alias, specifier = _split_alias(specifier.removeprefix(ALIAS), alias)
        if not self.settings.link_workspace_packages:
            return ()
        return self._satisfying(alias, specifier)

    def _linked(self, folder: str, lockfile: Lockfile | None) -> Iterator[Edge]:
        if lockfile is None:
            return
        for edge in links(lockfile, folder):
            owner = project_at(edge.folder, self.packages)
            if owner is not None:
                yield Edge(owner, edge.group)

    def _by_protocol(self, folder: str, alias: str, rest: str) -> Iterable[str]:
        if rest.startswith((".", "/")):
            return self._by_path(folder, rest)
        name, wanted = _split_alias(rest, alias)
        if wanted in ("*", "^", "~", ""):
            return self.names.get(name, ())
        return self._satisfying(name, wanted) or self.names.get(name, ())

    def _by_path(self, folder: str, path: str) -> Iterable[str]:
        if path.endswith(_ARCHIVES):
            return ()
        owner = project_at(posixpath.normpath(posixpath.join(folder, path)), self.packages)
        return () if owner is None else (owner,)

    def _by_catalog(self, folder: str, alias: str, catalog: str) -> Iterable[str]:
        specifier = self.settings.catalogs.get(catalog or DEFAULT_CATALOG, {}).get(alias, "")
        return () if specifier.startswith(CATALOG) else self.targets(folder, alias, specifier)

    def _satisfying(self, name: str, wanted: str) -> tuple[str, ...]:
        from buildgraph.workspace.semver import is_satisfied  # few workspaces link plain ranges

        found = self.names.get(name, ())
        return tuple(
            folder for folder in found if is_satisfied(wanted, self.packages[folder].version or "0.0.0")
        )


def project_at(folder: str, projects: Collection[str]) -> str | None:
    """The project that a link to `folder` reaches: itself, or the one a linked subfolder (`dist`) lies in.

    The root owns every path, so it counts only when the link names it.
    """
    if folder.startswith(".."):
        return None
    owner = owner_of(folder, projects)
    return None if owner == ROOT != folder else owner


def linked_by_specifier(package: Package) -> set[str]:
    """The folders that a package.json links or copies by path (`link:`, `file:`), seen from the workspace root."""
    return {
        posixpath.normpath(posixpath.join(package.folder, specifier.partition(":")[2]))
        for specifiers in package.dependencies.values()
        for specifier in specifiers.values()
        if specifier.startswith((LINK, FILE)) and not specifier.endswith(_ARCHIVES)
    }


def index_names(packages: Mapping[str, Package]) -> dict[str, tuple[str, ...]]:
    """The folders by package name, sorted; more than one folder makes a name ambiguous."""
    found: dict[str, list[str]] = {}
    for folder in sorted(packages):
        if packages[folder].name:
            found.setdefault(packages[folder].name, []).append(folder)
    return {name: tuple(folders) for name, folders in found.items()}


def _locked_specifiers(folder: str, lockfile: Lockfile | None) -> dict[str, str]:
    if lockfile is None or folder not in lockfile.importers:
        return {}
    return {line.alias: line.specifier for line in lockfile.importers[folder].dependencies}


def _is_decided(alias: str, specifier: str, locked: Mapping[str, str], lockfile: Lockfile | None) -> bool:
    """Whether the lockfile has the last word; not when the manifest turned to the workspace since then."""
    if alias not in locked or lockfile is None:
        return False
    if locked[alias] == specifier or not specifier.startswith(WORKSPACE):
        return True
    return alias in lockfile.overridden


def _split_alias(text: str, alias: str) -> tuple[str, str]:
    """`name@range` as its two parts; a range alone belongs to `alias`."""
    at = text.find("@", 1)
    if at > 0:
        return text[:at], text[at + 1 :]
    return (text, "*") if text.startswith("@") or text[:1].isalpha() else (alias, text)
