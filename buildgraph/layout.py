"""A whole snapshot read and checked: manifests, workspace, image plans, and the graph that they all give."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from buildgraph.errors import ConfigurationError
from buildgraph.graph.building import build_graph
from buildgraph.graph.contexts import ContextMaker, shared_parts
from buildgraph.graph.files import Files
from buildgraph.graph.ignoring import mentioning
from buildgraph.graph.images import ImagePlan
from buildgraph.graph.named import Named
from buildgraph.graph.nodes import Graph
from buildgraph.graph.outside import Outside, places_outside
from buildgraph.graph.packages import PackageMaker, package_names
from buildgraph.graph.reached import linked_folders, reached_files, shown_entries, with_ends
from buildgraph.graph.territory import Territory
from buildgraph.image_plans import looked_for, plan_images
from buildgraph.manifests import Manifests, check_against
from buildgraph.manifests.site import Site
from buildgraph.manifests.snapshots import FOLDER, read_manifests
from buildgraph.recipes import Base, recipe_beginnings, resolve_base
from buildgraph.snapshot import Snapshot
from buildgraph.snapshot.links import Links
from buildgraph.snapshot.snapshot import SYMLINK, Entry
from buildgraph.workspace import LOCKFILE, NPMRC, WORKSPACE_FILE, Workspace, read_workspace
from buildgraph.workspace.inputs import hook_files, root_inputs
from buildgraph.workspace.locked import Locked, locked_of
from buildgraph.workspace.looked_for import LOOKED_FOR
from buildgraph.workspace.marks import selecting_names
from buildgraph.workspace.projects import ROOT
from buildgraph.workspace.root_files import local_archives
from buildgraph.workspace.rules import WHOLE, Kind, Reach, names_of
from buildgraph.workspace.script_words import named_words
from buildgraph.workspace.tsconfig import Configs, read_configs

UNLOCKED = "unlocked"
T = TypeVar("T")


class Layout:
    """What one snapshot says on this machine. Every value is checked against the others."""

    def __init__(self, snapshot: Snapshot, site: Site, manifests: Manifests, workspace: Workspace) -> None:
        self.snapshot = snapshot
        self.site = site
        self.manifests = manifests
        self.workspace = workspace
        self.below = snapshot.below(manifests.workspace.root)
        self.files = Files(self.below.entries, frozenset(workspace.packages), manifests.workspace.ignored)

    @cached_property
    def images(self) -> Mapping[str, ImagePlan]:
        """The image plan of every service, by name; ConfigurationError tells what cannot be planned."""
        return plan_images(self.snapshot, self.manifests, self._maker, self._known_base)

    @cached_property
    def graph(self) -> Graph:
        """The graph of this snapshot."""
        return build_graph(self.manifests, self._packages, self._maker, self.images, self._territory())

    def base(self, reference: str) -> Base:
        """What a base image is on this machine; ConfigurationError when it is neither locked nor replaced."""
        declared = self.manifests.workspace
        return resolve_base(
            reference,
            digests=self.manifests.bases,
            mirrors=declared.mirrors,
            substitutes=declared.substitutes,
            source=self.site.source,
            recipes=self._substitute_recipes,
        )

    @cached_property
    def _substitute_recipes(self) -> Mapping[str, Sequence[Entry]]:
        """The files of stand-ins' recipes; a link with the file that it leads to, if it is one."""
        entries, beginnings = self.snapshot.entries, tuple(self._recipe_beginnings())
        found = ((path, entry) for path, entry in entries.items() if path.startswith(beginnings))
        return {path: [entry, *self._behind(path, entry)] for path, entry in found}

    def _recipe_beginnings(self) -> Iterator[str]:
        """What paths of stand-ins' recipes begin with."""
        for recipe in self.manifests.workspace.substitutes.values():
            yield from recipe_beginnings(recipe)

    def _behind(self, path: str, entry: Entry) -> Iterator[Entry]:
        end = self.snapshot.file_at(path) if entry.mode == SYMLINK else None
        if end is not None:
            yield self.snapshot.entries[end]

    @cached_property
    def _maker(self) -> ContextMaker:
        return ContextMaker(self.workspace, self.files, self.manifests.workspace, self._reached, self._links)

    @cached_property
    def _packages(self) -> PackageMaker:
        declared = self.manifests.workspace
        shared = self.files.matching(declared.inputs)
        return PackageMaker(
            self.workspace,
            self.files,
            root_inputs(
                self.workspace,
                shown_entries(self.files.entries, self._links),
                self.below.shown([NPMRC]).get(NPMRC),
                self._above,
            ),
            tuple(shared_parts(self.files, with_ends(shared, self._links, self.files))),
            self._reached,
            declared.root_dependencies,
            _joined(self._configs.taken_in, self._named.projects),
            _joined(self._outside.parts, self._named.parts),
        )

    @cached_property
    def _above(self) -> Mapping[str, Entry]:
        """What tools look for in the project's folders above the workspace's root, seen from there."""
        places = {path: posixpath.normpath(self._prefix + path) for path in self._looked_for_above()}
        entries = self.snapshot.entries
        return {path: entries[place] for path, place in places.items() if place in entries}

    def _looked_for_above(self) -> Iterator[str]:
        """The paths, seen from the workspace's root, that tools look for above it."""
        for step in range(1, self._prefix.count("/") + 1):
            yield from (f"{'../' * step}{name}" for name in LOOKED_FOR)

    @cached_property
    def _prefix(self) -> str:
        """The way from the project's folder to the workspace's root; it ends with a slash."""
        root = self.manifests.workspace.root.strip("/")
        return "" if root in ("", ROOT) else f"{root}/"

    @cached_property
    def _reached(self) -> Mapping[str, tuple[str, ...]]:
        """What projects reach outside of themselves, by folder."""
        return reached_files(self.files, self._links, self._linked, self._configs.reached)

    @cached_property
    def _linked(self) -> Mapping[str, list[str]]:
        return linked_folders(self.workspace)

    @cached_property
    def _configs(self) -> Configs:
        return read_configs(self.files.entries, self.below.shown, self.workspace.packages)

    @cached_property
    def _named(self) -> Named:
        """What the scripts that checks run name outside of their projects."""
        checks, names = self.manifests.workspace.checks, package_names(self.workspace)
        words = {
            folder: named_words(folder, package.scripts, checks.names_of(names[folder]))
            for folder, package in self.workspace.packages.items()
            if package.scripts
        }
        return Named(words, self._links, self.files)

    def _named_outside(self) -> Mapping[str, tuple[str, ...]]:
        """Those of these places that lie outside of the workspace, in the project's folder."""
        found = {
            folder: tuple(place for place in words.places if self._is_outside(place))
            for folder, words in self._named.words.items()
        }
        return {folder: places for folder, places in found.items() if places}

    def _is_outside(self, place: str) -> bool:
        there = posixpath.normpath(self._prefix + place)
        return place.startswith("../") and there != ROOT and not there.startswith("..")

    @cached_property
    def _links(self) -> Links:
        """The symbolic links of the workspace."""
        return self.below.links

    @cached_property
    def _outside(self) -> Outside:
        """What projects read outside of the workspace."""
        linked = _joined(self._linked, self._named_outside())
        places = places_outside(self.workspace.packages, self._links, linked)
        if not places:
            return Outside(self._prefix, {}, self.files, Links({}))
        return Outside(self._prefix, places, Files(self.snapshot.entries, frozenset()), self.snapshot.links)

    def _known_base(self, reference: str) -> Base:
        """A base image for the graph: one that is not locked must not keep the reading verbs from answering."""
        try:
            return self.base(reference)
        except ConfigurationError:
            return Base(reference, "", UNLOCKED)

    def _territory(self) -> Territory:
        """What was read to make the graph, and who sees the rest."""
        prefix = self._prefix
        below = (posixpath.normpath(prefix + path) for path in self._read_below())
        read = {*self._read_paths(), *below, *self._outside.read}
        found = Territory(
            root=prefix,
            names=package_names(self.workspace),
            plain=self._plain_images(),
            windows=self._windows(),
            unseen=self._outside.unseen,
            ignored=self.manifests.workspace.ignored,
            inputs=self._inputs(),
            read=frozenset(read),
            folders=tuple(sorted({FOLDER, *self._read_folders(), *self._foreign_folders(prefix)})),
        )
        if self.locked is None or found.is_read(found.lockfile):
            return found._replace(read=found.read | {found.lockfile})  # somebody sees it as a file, too
        return found._replace(read=found.read | {found.lockfile}, locked=self.locked.id)

    @cached_property
    def locked(self) -> Locked | None:
        """What is remembered of the lockfile; None when another one is always read as a whole."""
        entry, lockfile = self.files.entries.get(LOCKFILE), self.workspace.lockfile
        if entry is None or entry.mode == SYMLINK or lockfile is None:
            return None
        names = selecting_names(lockfile, self.workspace.settings, self.workspace.packages)
        return locked_of(lockfile, entry.blob, names)

    def _inputs(self) -> str:
        declared = (pattern for service in self.manifests.services for pattern in service.inputs)
        patterns = tuple(sorted({*self.manifests.workspace.inputs, *declared, *self._named.patterns}))
        return mentioning(patterns) if patterns else ""

    def _plain_images(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for service in self.manifests.services:
            if not service.context and not self._maker.is_layered(service):
                found[service.path] = (*found.get(service.path, ()), f"image:{service.name}")
        return found

    def _windows(self) -> dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """What images see that are built from the workspace as it lies, as plain tuples that memory keeps."""
        found = {name: plan.window for name, plan in self.images.items()}
        return {f"image:{name}": (w.folder, w.copies, w.kept_out) for name, w in found.items() if w}

    def _read_paths(self) -> Iterator[str]:
        """Paths that were read, seen from the project's folder."""
        manifests = (path for path in self.snapshot.entries if path.startswith(FOLDER))
        services, root = self.manifests.services, self.manifests.workspace.root
        beside = (path for service in services for path in looked_for(service, root))
        parts = (part for plan in self.images.values() for part in plan.parts)
        templates = (part.name for part in parts if part.kind == "template")
        for path in {*manifests, *beside, *self._substitute_recipes, *templates}:
            yield from self.snapshot.stations(path)

    def _read_below(self) -> Iterator[str]:
        """Paths besides the lockfile that were read or looked for, seen from the workspace's root."""
        yield from (WORKSPACE_FILE, *names_of(Kind.FILE, WHOLE, Reach.EVERY))
        yield from self._looked_for_above()
        yield from hook_files(self.workspace.settings, self.files.entries)
        yield from set().union(*self._reached.values())
        yield from (
            *self._links.targets,
            *self._links.places,
            *self.files.submodules,
            *self._configs.looked_for,
            *self._named.places,
        )
        lockfile = self.workspace.lockfile
        if lockfile is None:
            return
        for selector, patch in lockfile.patches.items():
            yield posixpath.normpath(patch.path or self.workspace.settings.patches.get(selector, ""))
        yield from local_archives(lockfile)

    def _read_folders(self) -> Iterator[str]:
        """Beginnings of paths of which any may have been read: folders of Dockerfiles, and stand-ins' recipes."""
        yield from self._recipe_beginnings()
        for service in self.manifests.services:
            folder = service.dockerfile.rpartition("/")[0]
            templates = [part for part in self.images[service.name].parts if part.kind == "template"]
            if len(templates) > 1:
                yield f"{folder}/" if folder else ""

    def _foreign_folders(self, prefix: str) -> Iterator[str]:
        """Folders of no project that projects see: linked, copied by an install, behind a symbolic link."""
        linked = (folder for folders in self._linked.values() for folder in folders)
        layered = (service for service in self.manifests.services if self._maker.is_layered(service))
        copied = (folder for service in layered for folder in self._maker.injected(service))
        places = {*linked, *copied, *self._links.places, *self._named.places}
        yield from (posixpath.normpath(prefix + folder) + "/" for folder in places)
        yield from self._outside.folders


def _joined(one: Mapping[str, Iterable[T]], other: Mapping[str, Iterable[T]]) -> dict[str, tuple[T, ...]]:
    """What both have, by folder."""
    return {folder: (*one.get(folder, ()), *other.get(folder, ())) for folder in {**one, **other}}


def read_layout(snapshot: Snapshot, site: Site, name: str) -> Layout:
    """Read a snapshot; `name` is the workspace's when no manifest names it.

    Raises ConfigurationError with every mistake of manifests, or of workspace and lockfile.
    """
    snapshot.entries  # noqa: B018  # all of them are needed: git lists them once, not folder by folder before
    manifests = read_manifests(snapshot, name)
    workspace = read_workspace(snapshot, manifests.workspace.root)
    mistakes = check_against(manifests, workspace.packages, workspace.names, snapshot.entries)
    if mistakes:
        raise ConfigurationError(mistakes)
    return Layout(snapshot, site, manifests, workspace)
