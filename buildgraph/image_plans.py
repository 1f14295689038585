"""Image plans of a snapshot: each service's Dockerfile read, its context, arguments and bases worked out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.graph.building import sources_of
from buildgraph.graph.contexts import ContextMaker, Recipe, own_parts, shared_parts
from buildgraph.graph.files import digest_of_files
from buildgraph.graph.images import ImagePlan
from buildgraph.graph.nodes import Part
from buildgraph.manifests.model import Manifests, Service
from buildgraph.recipes import Base, Dockerfile, parse_dockerfile
from buildgraph.snapshot import Snapshot
from buildgraph.workspace.projects import ROOT

ARGUMENT = re.compile(rb"^\s*ARG\s+(.+)$", re.MULTILINE | re.IGNORECASE)


def plan_images(
    snapshot: Snapshot, manifests: Manifests, maker: ContextMaker, base: Callable[[str], Base]
) -> dict[str, ImagePlan]:
    """The plan of every service's image, by name; ConfigurationError tells all that cannot be planned."""
    dockerfiles = snapshot.read_many({service.dockerfile for service in manifests.services})
    planner = _Planner(snapshot, manifests, maker, base, dockerfiles)
    plans: dict[str, ImagePlan] = {}
    mistakes: list[Mistake] = []
    for service in manifests.services:
        try:
            plans[service.name] = planner.plan(service)
        except ConfigurationError as error:
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
    dockerfiles: Mapping[str, bytes]

    def plan(self, service: Service) -> ImagePlan:
        content = self.dockerfiles[service.dockerfile]
        arguments = self._arguments(service, content)
        dockerfile = parse_dockerfile(content, service.dockerfile, build_args=arguments, target=service.target)
        names = {found.name for found in self.manifests.services}
        recipe = self._recipe(service, dockerfile)
        external = [reference for reference in dockerfile.bases if reference not in names]
        bases = {reference: self.base(reference) for reference in external}
        bare = ImagePlan(
            service,
            self.maker.context(service, recipe),
            arguments=arguments,
            bases={reference: (found.pinned, found.identity) for reference, found in bases.items()},
            parents={name: name for name in dockerfile.bases if name in names},
            platforms=self.manifests.workspace.platforms,
            sources=sources_of(service, self.maker),
        )
        return replace(bare, parts=tuple(self._parts(bare, recipe)))

    def _parts(self, plan: ImagePlan, recipe: Recipe) -> list[Part]:
        if not plan.sources:
            described = {file.path: f"{file.mode:o} {file.digest}" for file in plan.context.files}
            return [Part("file", "", digest_of_files(described))]
        files = self.maker.files
        shared = {*files.matching(self.manifests.workspace.inputs), *files.matching(plan.service.inputs)}
        return [*own_parts(plan.context, recipe), *shared_parts(files, shared | self.maker.root_files(plan.service))]

    def _arguments(self, service: Service, content: bytes) -> dict[str, str]:
        """The build arguments that the Dockerfile declares: ours, then what the manifest gives."""
        package = self.maker.workspace.packages.get(service.path)
        offered = {
            "SERVICE_PATH": service.path,
            "PACKAGE": package.name if package else "",
            "PORT": str(service.listens or service.port),
            "HEALTH_PATH": service.health,
            "PNPM_VERSION": self._pnpm_version,
            **service.build_args,
        }
        return {name: offered[name] for name in sorted(_declared(content)) if name in offered}

    @property
    def _pnpm_version(self) -> str:
        root = self.maker.workspace.packages.get(ROOT)
        manager = root.package_manager if root else ""
        return manager.partition("+")[0].removeprefix("pnpm@") if manager.startswith("pnpm@") else "9"

    def _recipe(self, service: Service, dockerfile: Dockerfile) -> Recipe:
        """The Dockerfile's entry and those of its support files, which stand beside it."""
        folder = service.dockerfile.rpartition("/")[0]
        entries = self.snapshot.entries
        beside = {name: f"{folder}/{name}" if folder else name for name in dockerfile.support_files}
        missing = [
            Mistake(service.dockerfile, f"names template/{name}, but there is no {path}")
            for name, path in beside.items()
            if path not in entries
        ]
        if missing:
            raise ConfigurationError(missing)
        return Recipe(
            service.dockerfile, entries[service.dockerfile], {name: entries[path] for name, path in beside.items()}
        )


def _declared(content: bytes) -> set[str]:
    """The names that ARG instructions declare; a build argument that nothing declares changes no image."""
    words = (word for line in ARGUMENT.findall(content) for word in line.decode("utf-8", "replace").split())
    return {word.partition("=")[0] for word in words}
