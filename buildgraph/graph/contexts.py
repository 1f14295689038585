"""The build context of a service: its closure and nothing else, in three layers; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from buildgraph.errors import ConfigurationError
from buildgraph.graph.context import (
    APP,
    DEPENDENCIES,
    MANIFESTS,
    Context,
    ContextFile,
    Recipe,
    make_context,
    path_in,
    placed,
    rendered,
)
from buildgraph.graph.files import INSTALL_FILES, Files
from buildgraph.graph.listing import Listing, listing_of, parse_run
from buildgraph.graph.nodes import Part, digest_of, sources_id
from buildgraph.graph.reached import files_at, with_ends
from buildgraph.manifests.model import Service, WorkspaceManifest
from buildgraph.order import closure
from buildgraph.recipes.window import Window
from buildgraph.snapshot.links import Links
from buildgraph.workspace import (
    LOCKFILE,
    NPMRC,
    WORKSPACE_FILE,
    Frame,
    Frames,
    Lockfile,
    Workspace,
    install_digest,
    install_files,
    installs_anything,
    prune,
    prune_root_package,
    prune_workspace_yaml,
    render_lockfile,
)
from buildgraph.workspace.projects import ROOT
from buildgraph.workspace.root_files import workspace_document

MANIFEST = "package.json"
NO_LOCKFILE = "run `pnpm install` and commit pnpm-lock.yaml: images install exactly what it says"


_NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ContextMaker:
    """Makes the contexts of one snapshot's services, and the parts of a fingerprint that stand for them.

    `reached` are the files outside of a project that its build reads, by the project's folder; `links` are the
    symbolic links of the workspace.
    """

    workspace: Workspace
    files: Files
    manifest: WorkspaceManifest
    reached: Mapping[str, tuple[str, ...]]
    links: Links

    def context(self, service: Service, recipe: Recipe) -> Context:
        """The context of a service: laid out in layers when it is a project of the workspace."""
        layers = self._layers(service) if self.is_layered(service) else self._plain(service, recipe)
        return make_context([*layers, *recipe.files])

    def is_layered(self, service: Service) -> bool:
        """Whether the service is a project of the workspace that names no context of its own."""
        return service.path in self.workspace.packages and not service.context

    def sources(self, service: Service) -> tuple[str, ...]:
        """The sources node a service's image is built from; those it uses follow from the graph."""
        return (sources_id(service.path),) if self.is_layered(service) else ()

    def closure(self, folder: str) -> list[str]:
        """The folders of the projects that a project is built from, itself first, the rest sorted."""
        if folder not in self._closures:
            reached = closure(self._edges, [folder]) & self.workspace.packages.keys()
            self._closures[folder] = [folder, *sorted(reached - {folder})]
        return self._closures[folder]

    @cached_property
    def _closures(self) -> dict[str, list[str]]:
        """The closures that were asked for."""
        return {}

    @cached_property
    def _edges(self) -> Mapping[str, list[str]]:
        return {name: [edge.folder for edge in found] for name, found in self.workspace.edges.items()}

    def parts(self, service: Service, recipe: Recipe) -> list[Part]:
        """What stands for the service's context besides the sources nodes of its closure.

        The sources nodes hold each package's files and what the lockfile says of it; here is the rest: the
        root files of the pruned install, further files that it reads or that are declared, and the recipe.
        """
        if not self.is_layered(service):
            listing = self.plain_listing(service, recipe.window)
            return [Part("file", "", listing.seen_digest), *_place_parts(service), *recipe.parts]
        folders = self.closure(service.path)
        return [
            *self._root_parts(service, folders),
            *shared_parts(self.files, self._further(service, folders)),
            *recipe.parts,
        ]

    def plain_listing(self, service: Service, window: Window | None) -> Listing:
        """The files of a service without layers: what its window shows, else its folder; and its inputs.

        What lies outside of a window's folder reaches no build, declared or not.
        """
        own = self._shown(service, window)
        further = tuple(
            path
            for path in self.files.matching(service.inputs)
            if path not in own and (window is None or window.inside(path))
        )
        asked = (window or service.path, further)
        if asked not in self._listings:
            found = listing_of(sorted([*own, *further]), (), self.files.entries)
            self._listings[asked] = self._alike.setdefault(found, found)
        return self._listings[asked]

    def _shown(self, service: Service, window: Window | None) -> Mapping[str, None]:
        """The files that a service without layers sees, whatever it declares."""
        place = window or service.path
        if place not in self._shown_in:
            found = self.files.shown(window.sight) if window else self.files.below(service.path)
            self._shown_in[place] = dict.fromkeys(found)
        return self._shown_in[place]

    @cached_property
    def _shown_in(self) -> dict[Window | str, Mapping[str, None]]:
        """What was asked for before: hundreds of services may share a Dockerfile."""
        return {}

    @cached_property
    def _listings(self) -> dict[tuple[Window | str, tuple[str, ...]], Listing]:
        return {}

    @cached_property
    def _alike(self) -> dict[Listing, Listing]:
        """Listings that are equal, as one: each may be long."""
        return {}

    def injected(self, service: Service) -> tuple[str, ...]:
        """The folders outside of its closure whose files an install of the service copies."""
        closure_of_it = self.closure(service.path)
        folders = self._frame(service, closure_of_it).folders
        return tuple(folder for folder in folders if folder not in closure_of_it)

    def _layers(self, service: Service) -> Iterable[ContextFile]:
        folders = self.closure(service.path)
        yield from self._install_layer(service, folders)
        yield from placed(DEPENDENCIES, self._declared(service, folders), self.files.entries)
        for folder in folders:
            yield from placed(DEPENDENCIES, self._reached_from(folder), self.files.entries)
        for folder in folders[1:]:
            yield from placed(DEPENDENCIES, self._sources(folder), self.files.entries)
        yield from placed(APP, self._sources(folders[0]), self.files.entries)

    def _declared(self, service: Service, folders: list[str]) -> set[str]:
        """The files that the manifests declare as inputs of the image, besides those it sees anyway."""
        declared = {*self.files.matching(self.manifest.inputs), *self.files.matching(service.inputs)}
        return {
            path
            for path in with_ends(declared, self.links, self.files)
            if self._reachers.get(path, _NOBODY).isdisjoint(folders) and not self.files.is_seen(path, folders)
        }

    @cached_property
    def _reachers(self) -> Mapping[str, set[str]]:
        """The folders that reach a file outside of them, by the file."""
        found: dict[str, set[str]] = {}
        for folder in self.reached:
            for path in self._reached_from(folder):
                found.setdefault(path, set()).add(folder)
        return found

    def _reached_from(self, folder: str) -> list[str]:
        return [path for path in self.reached.get(folder, ()) if path not in self.files.hidden]

    def _sources(self, folder: str) -> list[str]:
        """What an image sees of a folder besides what the install layer holds already."""
        if folder not in self.workspace.packages:
            return self.files.below(folder)
        manifest = self.workspace.packages[folder].path
        return [path for path in self.files.seen(folder) if path != manifest]

    def _whole(self, folder: str) -> list[str]:
        """What an install copies of a folder that is not in the closure: its package.json, too."""
        if folder in self.workspace.packages:
            return self.files.seen(folder)
        return self.files.below(folder) or files_at([folder], self.links, self.files)

    def _copied(self, paths: Iterable[str]) -> list[str]:
        """What an install copies, with all that links among it lead to."""
        return [path for path in self._with_ends(paths) if path not in self.files.hidden]

    def _with_ends(self, paths: Iterable[str]) -> list[str]:
        """Files with all that links among them lead to, but for those files that an image gets cut to what it needs."""
        found = with_ends(paths, self.links, self.files)
        return [path for path in found if path not in INSTALL_FILES]

    def _further(self, service: Service, folders: list[str]) -> set[str]:
        """What a layered image sees that is no package's source: shared inputs, patches, all that installs read."""
        frame = self._frame(service, folders)
        copied = (path for folder in self.injected(service) for path in self._whole(folder))
        read = self._read_by_install(frame, folders)
        return {*self._declared(service, folders), *read, *self._copied(copied)}

    def _root_parts(self, service: Service, folders: list[str]) -> Iterator[Part]:
        """The root files of the install as parts; what sources nodes tell of the lockfile is left out."""
        frame = self._frame(service, folders)
        bare, with_root = frame.lockfile, self.manifest.root_dependencies
        document = workspace_document(self.workspace.settings, bare, frame.names)
        yield Part("setting", WORKSPACE_FILE, digest_of(json.dumps(document)))
        told = [bare.version, bare.settings, bare.overrides, bare.others]
        patches = {key: (patch.hash, patch.path) for key, patch in bare.patches.items()}
        lockfile = self._lockfile()
        root = [install_digest(lockfile, ROOT)] if with_root and installs_anything(lockfile, ROOT) else []
        yield Part("lockfile", LOCKFILE, digest_of(json.dumps([*told, patches, *root], sort_keys=True)))
        package = self.workspace.packages.get(ROOT)
        if package is not None:
            content = prune_root_package(package, bare, frame.names, root_dependencies=with_root)
            yield Part("setting", MANIFEST, digest_of(content))

    def _frame(self, service: Service, folders: list[str]) -> Frame:
        self._lockfile()
        if service.path not in self._frames_made:
            self._frames_made[service.path] = self._frames.frame(folders)
        return self._frames_made[service.path]

    @cached_property
    def _frames_made(self) -> dict[str, Frame]:
        return {}

    @cached_property
    def _frames(self) -> Frames:
        lockfile = self.workspace.lockfile or Lockfile("")
        with_root = self.manifest.root_dependencies
        return Frames(lockfile, self.workspace.settings, self.workspace.packages, with_root)

    def _lockfile(self) -> Lockfile:
        if self.workspace.lockfile is None:
            raise ConfigurationError.of(LOCKFILE, "is missing, but an image needs it", NO_LOCKFILE)
        return self.workspace.lockfile

    def _install_layer(self, service: Service, folders: list[str]) -> Iterable[ContextFile]:
        """All that an install reads: pruned root files and lockfile, and the closure's package.json files."""
        packages = {folder: self.workspace.packages[folder] for folder in folders}
        lockfile = prune(self._lockfile(), packages, root_dependencies=self.manifest.root_dependencies)
        settings, root = self.workspace.settings, self.workspace.packages.get(ROOT)
        yield rendered(f"{MANIFESTS}/{LOCKFILE}", render_lockfile(lockfile))
        yield rendered(f"{MANIFESTS}/{WORKSPACE_FILE}", prune_workspace_yaml(settings, lockfile))
        if root is not None:
            with_root = self.manifest.root_dependencies
            content = prune_root_package(root, lockfile, root_dependencies=with_root)
            yield rendered(f"{MANIFESTS}/{MANIFEST}", content)
        frame = self._frame(service, folders)
        yield from placed(MANIFESTS, self._read_by_install(frame, folders), self.files.entries)
        for folder in frame.folders:
            copied = self._sources(folder) if folder in folders else self._whole(folder)
            yield from placed(MANIFESTS, self._copied(copied), self.files.entries)

    def _read_by_install(self, frame: Frame, folders: list[str]) -> list[str]:
        """The files that an install opens, besides those that are written anew; with what links among them lead to."""
        named = install_files(self.workspace.settings, frame.lockfile, self.files.entries, frame.archives)
        inside = (path for folder in folders if folder != ROOT for path in self._read_in[folder])
        return self._with_ends([*named, *inside])

    @cached_property
    def _read_in(self) -> Mapping[str, list[str]]:
        """What an install reads in the folder of each project."""
        there = self.files.entries
        packages = self.workspace.packages
        wanted = {folder: (package.path, path_in(folder, NPMRC)) for folder, package in packages.items()}
        return {folder: [path for path in paths if path in there] for folder, paths in wanted.items()}

    def _plain(self, service: Service, recipe: Recipe) -> Iterable[ContextFile]:
        """A service without layers: its files as they lie in its context, else in the workspace."""
        listing = parse_run(self.plain_listing(service, recipe.window).seen)
        for file in placed("", listing, self.files.entries):
            inside = recipe.window.inside(file.path) if recipe.window else file.path
            if inside:
                yield replace(file, path=inside)


def shared_parts(files: Files, paths: Iterable[str]) -> list[Part]:
    """One part per file that an image sees besides its closure's, such as a tsconfig base or a patch."""
    return [Part("file", path, state) for path, state in files.described(paths).items()]


def _place_parts(service: Service) -> Iterable[Part]:
    """Where the top of the context is: the same files elsewhere are another context."""
    return (Part("setting", "context", digest_of(service.context)),) if service.context else ()
