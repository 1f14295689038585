"""The Dockerfile of each service, read with the arguments and the parents that it has there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Manifests, Service
from buildgraph.recipes import Dockerfile, parse_dockerfile
from buildgraph.recipes.effort import Effort, effort_for
from buildgraph.recipes.instructions import Instruction
from buildgraph.recipes.stages import TriggersOf
from buildgraph.snapshot import Snapshot
from buildgraph.workspace import Workspace
from buildgraph.workspace.projects import ROOT

_Worth = tuple[str | None, ...]  # what the build gives for names, None where it gives nothing


def read_dockerfiles(snapshot: Snapshot, manifests: Manifests, workspace: Workspace) -> Dockerfiles:
    """The Dockerfiles of all services; nothing is parsed before it is asked for."""
    places = {
        path: snapshot.followed(path) for path in {service.dockerfile for service in manifests.services}
    }
    read = snapshot.read_many(set(places.values()))
    contents = {path: read[place] for path, place in places.items()}
    effort = effort_for(len(manifests.services), sum(map(len, read.values())))
    return Dockerfiles(contents, manifests, workspace, effort)


@dataclass(frozen=True)
class Dockerfiles:
    """The `contents` of Dockerfiles by path, and what each says for the services that are built by it.

    `effort` is what may be spent on reading all of them.
    """

    contents: Mapping[str, bytes]
    manifests: Manifests
    workspace: Workspace
    effort: Effort

    @property
    def is_spent(self) -> bool:
        """Whether reading took all the effort that there may be: no other one can be read."""
        return self.effort.left < 0

    def of(self, service: Service) -> Dockerfile:
        """A service's Dockerfile, read once for all services that it says the same for.

        Raises ConfigurationError for what Docker could not build either.
        """
        offered = self.arguments(service)
        known = self._known.setdefault((service.dockerfile, service.target), {})
        for names, by_worth in known.items():
            found = by_worth.get(_worth(names, offered))
            if found and not self._is_upon_itself(service, found):
                return found
        found = self._parsed(service, partial(self._triggers, service))
        if not self._is_upon_itself(service, found):
            known.setdefault(found.arguments, {})[_worth(found.arguments, offered)] = found
        return found

    def parent(self, service: Service, image: str) -> Service | None:
        """The other service whose image a Dockerfile means by this name, if there is one."""
        parent = self._built_here.get(image, service)
        return None if parent is service else parent

    def arguments(self, service: Service) -> dict[str, str]:
        """The build arguments on offer; only those that the Dockerfile declares reach the build."""
        package = self.workspace.packages.get(service.path)
        return {
            "SERVICE_PATH": service.path,
            "PACKAGE": package.name if package else "",
            "PORT": str(service.listens or service.port),
            "HEALTH_PATH": service.health,
            "PNPM_VERSION": self._pnpm_version,
            **service.build_args,
        }

    def _parsed(self, service: Service, triggers_of: TriggersOf) -> Dockerfile:
        return parse_dockerfile(
            self.contents[service.dockerfile],
            service.dockerfile,
            build_args=self.arguments(service),
            target=service.target,
            triggers_of=triggers_of,
            effort=self.effort,
        )

    def _triggers(self, service: Service, image: str) -> Sequence[Instruction]:
        """What an image that is built here leaves to be done where others are built upon it."""
        parent = self.parent(service, image)
        if parent is None:
            return ()
        if parent.name not in self._left:
            self._left[parent.name] = self._left_by(parent)
        return self._left[parent.name]

    def _left_by(self, parent: Service) -> Sequence[Instruction]:
        """The same for a parent by itself, whose mistakes are told when its own image is planned."""
        try:
            return self._parsed(parent, lambda image: ()).triggers
        except ConfigurationError:
            return ()

    def _is_upon_itself(self, service: Service, dockerfile: Dockerfile) -> bool:
        """Whether a Dockerfile builds upon what is the image of a service, so that for this one it means another."""
        return any(self._built_here.get(image) is service for image in dockerfile.bases)

    @cached_property
    def _built_here(self) -> dict[str, Service]:
        """What FROM may say for an image of this workspace, with the service whose image it is."""
        services = self.manifests.services
        named = {service.name: service for service in services}
        return {service.base_of: service for service in services if service.base_of} | named

    @cached_property
    def _pnpm_version(self) -> str:
        root = self.workspace.packages.get(ROOT)
        manager = root.package_manager if root else ""
        if manager.startswith("pnpm@"):
            return manager.partition("+")[0].removeprefix("pnpm@")
        lockfile = self.workspace.lockfile
        return "8" if lockfile is not None and lockfile.is_flat else "9"  # the last that reads each

    @cached_property
    def _known(self) -> dict[tuple[str, str], dict[tuple[str, ...], dict[_Worth, Dockerfile]]]:
        """What was read: by Dockerfile and target, by the arguments that it declares, and by what these are worth.

        Stages that a build does not need change nothing that is told of it, nor do their arguments.
        """
        return {}

    @cached_property
    def _left(self) -> dict[str, Sequence[Instruction]]:
        """What services leave to be done, as far as they were asked about."""
        return {}


def _worth(names: Iterable[str], offered: Mapping[str, str]) -> _Worth:
    return tuple(map(offered.get, names))
