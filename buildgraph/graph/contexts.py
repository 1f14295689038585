"""The build context of a service: its closure and nothing else, in three layers; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from buildgraph.errors import ConfigurationError
from buildgraph.graph.context import (
    APP,
    DEPENDENCIES,
    MANIFESTS,
    TEMPLATE,
    Context,
    ContextFile,
    make_context,
    placed,
    rendered,
)
from buildgraph.graph.files import Files
from buildgraph.graph.nodes import Part
from buildgraph.manifests.model import Service, WorkspaceManifest
from buildgraph.order import closure
from buildgraph.snapshot.snapshot import Entry
from buildgraph.workspace import (
    LOCKFILE,
    NPMRC,
    WORKSPACE_FILE,
    Lockfile,
    Workspace,
    injected_folders,
    install_files,
    prune,
    prune_root_package,
    prune_workspace_yaml,
    render_lockfile,
)
from buildgraph.workspace.projects import ROOT

MANIFEST = "package.json"
WHOLE = "context"
NO_LOCKFILE = "run `pnpm install` and commit pnpm-lock.yaml: images install exactly what it says"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a service is built by: a Dockerfile's entry, and the support files it names below `template/`."""

    path: str
    entry: Entry
    support: Mapping[str, Entry]


@dataclass(frozen=True)
class ContextMaker:
    """Makes the contexts of one snapshot's services."""

    workspace: Workspace
    files: Files
    manifest: WorkspaceManifest

    def context(self, service: Service, recipe: Recipe) -> Context:
        """The context of a service: laid out in layers when it is a project of the workspace."""
        layers = self._layers(service) if self.is_layered(service) else self._plain(service)
        return make_context([*layers, *_recipe_files(recipe)])

    def is_layered(self, service: Service) -> bool:
        """Whether the service is a project of the workspace; any other gets its folder as it lies."""
        return service.path in self.workspace.packages

    def closure(self, folder: str) -> list[str]:
        """The folders of the projects that a project is built from, itself first, the rest sorted."""
        edges = {name: [edge.folder for edge in found] for name, found in self.workspace.edges.items()}
        reached = closure(edges, [folder]) & self.workspace.packages.keys()
        return [folder, *sorted(reached - {folder})]

    def _layers(self, service: Service) -> Iterable[ContextFile]:
        folders = self.closure(service.path)
        shared = sorted({*self.files.matching(self.manifest.inputs), *self.files.matching(service.inputs)})
        yield from self._install_layer(service, folders)
        yield from placed(DEPENDENCIES, shared, self.files.entries)
        for folder in folders[1:]:
            yield from placed(DEPENDENCIES, self._sources(folder), self.files.entries)
        yield from placed(APP, self._sources(folders[0]), self.files.entries)

    def _sources(self, folder: str) -> list[str]:
        """What an image sees of a folder besides what the install layer holds already."""
        if folder not in self.workspace.packages:
            return self.files.below(folder)
        taken = {_in(folder, MANIFEST), *((LOCKFILE, WORKSPACE_FILE) if folder == ROOT else ())}
        return [path for path in self.files.seen_by_images[folder] if path not in taken]

    def further_files(self, service: Service) -> set[str]:
        """What a layered image sees that is no package's source: shared inputs, patches, all that installs read."""
        folders = self.closure(service.path)
        inputs = {*self.files.matching(self.manifest.inputs), *self.files.matching(service.inputs)}
        read = install_files(self.workspace.settings, self._pruned(service, folders), self.files.entries)
        return {*inputs, *read, *self._read_by_install(folders)}

    def _pruned(self, service: Service, folders: list[str]) -> Lockfile:
        if self.workspace.lockfile is None:
            raise ConfigurationError.of(LOCKFILE, f"is missing, but {service.name} needs it", NO_LOCKFILE)
        packages = {folder: self.workspace.packages[folder] for folder in folders}
        return prune(self.workspace.lockfile, packages, root_dependencies=self.manifest.root_dependencies)

    def _install_layer(self, service: Service, folders: list[str]) -> Iterable[ContextFile]:
        """All that an install reads: pruned root files and lockfile, and the closure's package.json files."""
        lockfile = self._pruned(service, folders)
        with_root = self.manifest.root_dependencies
        settings = self.workspace.settings
        yield rendered(f"{MANIFESTS}/{LOCKFILE}", render_lockfile(lockfile))
        yield rendered(f"{MANIFESTS}/{WORKSPACE_FILE}", prune_workspace_yaml(settings, lockfile))
        root = self.workspace.packages.get(ROOT)
        if root is not None:
            content = prune_root_package(root, lockfile, root_dependencies=with_root)
            yield rendered(f"{MANIFESTS}/{MANIFEST}", content)
        yield from placed(MANIFESTS, self._read_by_install(folders), self.files.entries)
        yield from placed(
            MANIFESTS, install_files(settings, lockfile, self.files.entries), self.files.entries
        )
        for folder in injected_folders(lockfile):
            yield from placed(MANIFESTS, self._sources(folder), self.files.entries)

    def _read_by_install(self, folders: list[str]) -> list[str]:
        wanted = [_in(folder, name) for folder in folders if folder != ROOT for name in (MANIFEST, NPMRC)]
        return [path for path in wanted if path in self.files.entries]

    def _plain(self, service: Service) -> Iterable[ContextFile]:
        """A service outside the pnpm workspace: its folder and its inputs, as they lie in the workspace."""
        yield from placed("", self.files.below(service.path), self.files.entries)
        yield from placed("", self.files.matching(service.inputs), self.files.entries)


def own_parts(context: Context, recipe: Recipe) -> list[Part]:
    """The parts of a layered context besides its packages' sources: what we rendered, the recipe's own files.

    The last part is the context as a whole: whatever the parts tell, no difference in what the build sees
    is ever missed.
    """
    labelled = [
        Part("lockfile" if path == LOCKFILE else "setting", path, file.digest)
        for file in context.files
        if not file.blob and (path := file.path.partition("/")[2])
    ]
    return [*labelled, *_recipe_parts(recipe), Part(WHOLE, "", context.digest)]


def _recipe_files(recipe: Recipe) -> Iterable[ContextFile]:
    yield ContextFile("Dockerfile", recipe.entry.mode, recipe.entry.blob)
    for name, entry in recipe.support.items():
        yield ContextFile(f"{TEMPLATE}/{name}", entry.mode, entry.blob)


def shared_parts(files: Files, paths: Iterable[str]) -> list[Part]:
    """One part per file that an image sees besides its closure's, such as a tsconfig base or a patch."""
    return [Part("file", path, state) for path, state in files.described(paths).items()]


def _recipe_parts(recipe: Recipe) -> Iterable[Part]:
    folder = recipe.path.rpartition("/")[0]
    yield Part("template", recipe.path, f"{recipe.entry.mode:o} {recipe.entry.blob}")
    for name, entry in recipe.support.items():
        yield Part("template", _in(folder, name), f"{entry.mode:o} {entry.blob}")


def _in(folder: str, name: str) -> str:
    return name if folder in ("", ROOT) else f"{folder}/{name}"
