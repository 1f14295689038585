"""Image plans of a snapshot: each service's Dockerfile read, its context, arguments and bases worked out."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial

from buildgraph.dockerfiles import Dockerfiles, read_dockerfiles
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.graph.context import DOCKERFILE, OWN_DOCKERFILE, TEMPLATE, Recipe
from buildgraph.graph.contexts import ContextMaker
from buildgraph.graph.images import EPOCH, ImagePlan
from buildgraph.graph.listing import parse_run
from buildgraph.manifests.kinds import SBOM
from buildgraph.manifests.model import Manifests, Service, WorkspaceManifest
from buildgraph.recipes import (
    Base,
    CopiedLinks,
    Dockerfile,
    Window,
    ignore_files,
    left_to_others,
    parse_ignored,
    recipe_named,
)
from buildgraph.recipes.effort import TooMuch, matching
from buildgraph.recipes.references import parse_reference
from buildgraph.recipes.window import WHOLE
from buildgraph.snapshot import Entry, Snapshot

COPY_LESS = "copy folders whole, or by fewer patterns, or let fewer links stand in what they name"


def plan_images(
    snapshot: Snapshot, manifests: Manifests, maker: ContextMaker, base: Callable[[str], Base]
) -> dict[str, ImagePlan]:
    """The plan of every service's image, by name; ConfigurationError tells all that cannot be planned."""
    dockerfiles = read_dockerfiles(snapshot, manifests, maker.workspace)
    planner = _Planner(snapshot, manifests, maker, base, dockerfiles)
    plans: dict[str, ImagePlan] = {}
    mistakes: list[Mistake] = []
    for service in manifests.services:
        try:
            plans[service.name] = planner.plan(service)
        except ConfigurationError as error:
            if dockerfiles.is_spent:  # the others could only be told the same
                raise
            mistakes.extend(error.mistakes)
    if mistakes:
        raise ConfigurationError(mistakes)
    return plans


@dataclass(frozen=True)
class _Planner:
    snapshot: Snapshot
    manifests: Manifests
    maker: ContextMaker
    base: Callable[[str], Base]
    dockerfiles: Dockerfiles

    def plan(self, service: Service) -> ImagePlan:
        dockerfile = self.dockerfiles.of(service)
        offered = self.dockerfiles.arguments(service)
        _refuse_downloads(dockerfile)
        recipe = self._recipe(service, dockerfile)
        made = {name: self.dockerfiles.parent(service, name) for name in dockerfile.bases}
        parents = {name: parent.name for name, parent in made.items() if parent}
        helping = {name for name in (dockerfile.syntax, self._scanner) if name}
        _refuse_hidden_stages(dockerfile, {*dockerfile.bases, *helping})
        external = {*dockerfile.bases, *helping} - parents.keys()
        bases = {name: self.base(name) for name in sorted(external)}
        self._refuse_left(bases[name] for name in dockerfile.bases if name in bases)
        return ImagePlan(
            service,
            partial(self.maker.context, service, recipe),
            arguments={
                **{name: offered[name] for name in dockerfile.arguments if name in offered},
                **_epoch(self.manifests.workspace),
            },
            bases={name: (found.pinned, found.identity) for name, found in bases.items()},
            parents=parents,
            syntax=dockerfile.syntax,
            scanner=self._scanner,
            platforms=self.manifests.workspace.platforms,
            attestations=tuple(sorted(set(self.manifests.workspace.attestations))),
            sources=self.maker.sources(service),
            parts=tuple(self.maker.parts(service, recipe)),
            window=recipe.window,
            dockerfile=OWN_DOCKERFILE if recipe.window else DOCKERFILE,
        )

    def _refuse_left(self, bases: Iterable[Base]) -> None:
        """Refuse stand-ins that leave something to be done in what is built upon them."""
        substitutes = self.manifests.workspace.substitutes
        recipes = (recipe_named(base.reference, substitutes) for base in bases if base.is_substitute)
        mistakes = [mistake for recipe in recipes if (mistake := self._left.get(recipe))]
        if mistakes:
            raise ConfigurationError(mistakes)

    @cached_property
    def _left(self) -> Mapping[str, Mistake | None]:
        """What stand-ins leave to be done, by recipe."""
        contents = self.snapshot.shown(self.manifests.workspace.substitutes.values())
        return {recipe: left_to_others(recipe, content) for recipe, content in contents.items()}

    @property
    def _scanner(self) -> str:
        """The image that makes the SBOM of each image, "" where none is wanted."""
        workspace = self.manifests.workspace
        return workspace.sbom_scanner if SBOM in workspace.attestations else ""

    @cached_property
    def _beside(self) -> Mapping[str, Mapping[str, Entry]]:
        """The files by name in every folder that holds a Dockerfile."""
        found: dict[str, dict[str, Entry]] = {
            path.rpartition("/")[0]: {} for path in self.dockerfiles.contents
        }
        for path, entry in self.snapshot.entries.items():
            folder, _, name = path.rpartition("/")
            if folder in found:
                found[folder][name] = entry
        return found

    def _recipe(self, service: Service, dockerfile: Dockerfile) -> Recipe:
        """The Dockerfile's entry and those of its support files, which stand beside it."""
        folder, _, own_name = service.dockerfile.rpartition("/")
        entries = self.snapshot.entries
        entry = entries[self.snapshot.followed(service.dockerfile)]
        if service.context:
            window = self._window(service, dockerfile)
            self._refuse_own_name(service, window)
            return Recipe(service.dockerfile, entry, {}, window)
        beside = {name: entry for name, entry in self._beside[folder].items() if name != own_name}
        named = Window(WHOLE, dockerfile.support_files)
        met = named.met(beside)
        missing = [
            Mistake(
                service.dockerfile,
                f"names {TEMPLATE}/{pattern}, but {folder or 'the project'} has no such file",
            )
            for pattern in dockerfile.support_files
            if pattern not in met
        ]
        if missing:
            raise ConfigurationError(missing)
        support = {
            name: entries[self.snapshot.followed(posixpath.join(folder, name))]
            for name in beside
            if named.sees(name)
        }
        return Recipe(service.dockerfile, entry, support)

    def _window(self, service: Service, dockerfile: Dockerfile) -> Window:
        """What a Dockerfile sees of the service's context: Docker reads the first ignore file that is there."""
        places = ignore_places(service, self.manifests.workspace.root)
        there = next((path for path in places if path in self.snapshot.entries), "")
        kept_out = parse_ignored(self.snapshot.read(self.snapshot.followed(there))) if there else ()
        try:
            copies = self._with_ends(service.context, dockerfile.context_paths)
        except TooMuch:
            what = "with it, all services together copy too much to be held against files and links"
            raise ConfigurationError.of(service.dockerfile, what, COPY_LESS) from None
        return Window(service.context, copies, kept_out).with_submodules(self.maker.files.submodules)

    def _refuse_own_name(self, service: Service, window: Window) -> None:
        """Under the name that the Dockerfile has in the context lies no other file: one would not be in the image."""
        reserved = posixpath.normpath(posixpath.join(service.context, OWN_DOCKERFILE))
        there = set(self.maker.files.at(reserved))
        if not there or self._in_project(reserved) == service.dockerfile:
            return
        if not there.isdisjoint(parse_run(self.maker.plain_listing(service, window).seen)):
            raise ConfigurationError.of(
                self._in_project(reserved),
                f"would not be in the image of {service.name}, whose Dockerfile has this name in a build",
                "name it otherwise, or have .dockerignore keep it out",
            )

    def _in_project(self, path: str) -> str:
        """A path of the workspace as it is seen from the project's folder."""
        return posixpath.normpath(posixpath.join(self.manifests.workspace.root, path))

    @cached_property
    def _with_ends(self) -> Callable[[str, tuple[str, ...]], tuple[str, ...]]:
        """What Dockerfiles copy from a context, with where its links lead: many services share a Dockerfile."""

        def found(context: str, copies: tuple[str, ...]) -> tuple[str, ...]:
            copied = self._links_in(context).with_ends(copies)
            self.dockerfiles.effort.spend(matching(copied))
            return copied

        return cache(found)

    @cached_property
    def _links_in(self) -> Callable[[str], CopiedLinks]:
        """The symbolic links of a context."""
        root, links = self.manifests.workspace.root, self.snapshot.links.targets

        def seen_from(context: str) -> CopiedLinks:
            top = Window(posixpath.normpath(posixpath.join(root, context)))
            inside = {inner: links[path] for path in links if (inner := top.inside(path))}
            return CopiedLinks(inside, self.dockerfiles.effort)

        return cache(seen_from)


def looked_for(service: Service, root: str) -> tuple[str, ...]:
    """What a plan looks for besides the Dockerfile, seen from the project's folder, whose workspace is at `root`."""
    if not service.context:
        return ()
    reserved = posixpath.normpath(posixpath.join(root, service.context, OWN_DOCKERFILE))
    return (*ignore_places(service, root), reserved)


def ignore_places(service: Service, root: str) -> tuple[str, ...]:
    """Where a service's ignored patterns may stand, seen from the project's folder, whose workspace is at `root`."""
    if not service.context:
        return ()
    return ignore_files(service.dockerfile, posixpath.normpath(posixpath.join(root, service.context)))


def _epoch(workspace: WorkspaceManifest) -> dict[str, str]:
    """The date that builds write instead of now, where one is declared; whether an ARG names it or not."""
    return {} if workspace.source_date_epoch is None else {EPOCH: str(workspace.source_date_epoch)}


def _refuse_hidden_stages(dockerfile: Dockerfile, images: Iterable[str]) -> None:
    """What stands for an image has the image's name, and BuildKit takes it for a stage of that name, too.

    It looks for both by one rule (`NamedContext` in frontend/dockerui), and the stage's own lines would be lost.
    """
    meant = {parse_reference(image).full: image for image in images}
    mistakes = [
        Mistake(
            f"{dockerfile.path}: line {line}",
            f"the stage {name} has the name of the image {meant[full]}, which the build would take for it",
            f"name the stage otherwise (`FROM … AS {name}-stage`), and so where it is copied from or built upon",
        )
        for name, line in dockerfile.stages
        if (full := parse_reference(name).full) in meant
    ]
    if mistakes:
        raise ConfigurationError(mistakes)


def _refuse_downloads(dockerfile: Dockerfile) -> None:
    """Content that an address may change tomorrow has no fingerprint; with a checksum it has."""
    way_out = "write its checksum (`ADD --checksum=sha256:…`), or commit the file"
    mistakes = [
        Mistake(dockerfile.path, f"ADD of {found} cannot be fingerprinted", way_out)
        for found in dockerfile.downloads
    ]
    if mistakes:
        raise ConfigurationError(mistakes)
