"""Images of one environment: which are found on engine and registry, and how the others get there."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from buildgraph.console import teller
from buildgraph.errors import ConfigurationError, StepFailed, ToolError
from buildgraph.graph.nodes import image_id
from buildgraph.manifests.model import Environment, Service
from buildgraph.picture import Picture
from buildgraph.plan.held import IN_REGISTRY, ON_ENGINE, Held
from buildgraph.plan.steps import Step, build_steps, push_steps, registry_reference
from buildgraph.project import Project
from buildgraph.recipes import Base, recipe_named

if TYPE_CHECKING:
    from buildgraph.graph.images import ImagePlan
    from buildgraph.image.engine import Engine
    from buildgraph.image.progress import BuildStep
    from buildgraph.place.secrets import Secrets

    class Watch(Protocol):
        """Who is told what becomes known while images are built and pushed."""

        def hear_steps(self, task: str, steps: tuple[BuildStep, ...]) -> None:
            """The steps of a build that has ended, whichever way."""
            ...

        def hear_pushed(self, task: str, size: int) -> None:
            """How many bytes a push has moved."""
            ...


MAKE_BASES = (
    "build its recipe ({recipe}) under that name, or give an image of yours that name with `docker tag`; "
    "where the registry answers, set BUILDGRAPH_BASES=registry; `buildgraph bases` lists all"
)


class Builder:
    """Builds and publishes the images of one picture for one environment; asks first."""

    def __init__(
        self, project: Project, picture: Picture, environment: Environment, watch: Watch | None = None
    ) -> None:
        self.project = project
        self.picture = picture
        self.environment = environment
        self._watch = watch
        self._built: dict[str, str] = {}
        self._secrets: Secrets | None = None
        self._turn = threading.Lock()

    # What is there -----------------------------------------------------------------------------------------

    def where_built(self, service: str) -> str:
        """Who holds the image of this very fingerprint for the platform asked for; "" when it has to be built."""
        if self.image_on_engine(service):
            return ON_ENGINE
        is_published = bool(self.environment.registry) and self.published_digest(service) is not None
        return IN_REGISTRY if is_published else ""

    def where_pushed(self, service: str) -> str:
        """That the registry shows the image, or ""; ConfigurationError when the environment has none."""
        self._need_registry()
        return IN_REGISTRY if self.published_digest(service) is not None else ""

    def plan(self, services: Iterable[str], *, push: bool) -> list[Step]:
        """The build (and push) steps that these services need now."""
        if push:
            self._need_registry()
        graph = self.picture.graph
        wanted = [image_id(service) for service in services]
        references = {image_id(name): self.picture.local_reference(name) for name in self._services}
        held = self._held()
        pushed = push_steps(graph, wanted, references, held) if push else []
        return [*build_steps(graph, wanted, references, held), *pushed]

    def deployable(self, service: str) -> str:
        """What an engine runs: the digest in the registry, or the image's id where there is none."""
        step = f"deploy:{service}"
        if not self.environment.registry:
            image = self.image_on_engine(service)
            if image is None:
                raise StepFailed(
                    step, "the engine does not hold the image any more", "run it again to build it"
                )
            return image
        digest = self.published_digest(service)
        if digest is None:
            raise StepFailed(step, "the registry does not show the image", f"`push:{service}` publishes it")
        return f"{self.environment.registry.rstrip('/')}/{service}@{digest}"

    def image_on_engine(self, service: str) -> str | None:
        """The id of the service's image on the building engine, if it is of every platform asked for."""
        if service in self._built:
            return self._built[service]
        held = self.engine.held_image(self.picture.local_reference(service))
        fits = held is not None and {held.platform} >= set(self._platforms(service))
        return held.id if held and fits else None

    def published_digest(self, service: str) -> str | None:
        """The digest under the fingerprint tag in the registry, if it serves every platform asked for."""
        from buildgraph.image.registry import find_published

        published = find_published(self.engine, self._registry_reference(service))
        if published is None:
            return None
        wanted = set(self._platforms(service))
        return published.digest if not published.platforms or wanted <= set(published.platforms) else None

    def _held(self) -> Held:
        """What engine and registry hold of this picture's images, as the plan wants it."""
        references = {name: self.picture.local_reference(name) for name in self._services}
        local = {reference: self.image_on_engine(name) for name, reference in references.items()}
        published = {reference: self._published_if_any(name) for name, reference in references.items()}
        return Held(_present(local), _present(published))

    def _published_if_any(self, service: str) -> str | None:
        return self.published_digest(service) if self.environment.registry else None

    # Build -------------------------------------------------------------------------------------------------

    def build(self, service: str) -> None:
        """Build a service's image from its pruned context and tag it with its fingerprint."""
        from buildgraph.image.archive import read_archive
        from buildgraph.image.attestations import check_attestations
        from buildgraph.image.build import BuildRequest, build_image
        from buildgraph.image.progress import BuildLog
        from buildgraph.labelling import labels_of

        plan = self.picture.images[service]
        check_attestations(self.engine, plan.attestations)
        hidden = self._hidden(plan.service)
        bases = self._bases(plan)
        archive = read_archive(plan.context, self.picture.snapshot.blobs)
        request = BuildRequest(
            service,
            self.picture.local_reference(service),
            dockerfile=plan.dockerfile,
            target=plan.service.target,
            arguments={**plan.arguments, **_frontend(plan, bases)},
            labels=labels_of(self.picture, self.project.repository, service),
            bases=bases,
            secrets={"ca": self.project.site.ca} if self.project.site.ca else {},
            hidden=hidden,
            platforms=plan.platforms,
            attestations=plan.attestations,
            command_env=self.engine.command_env,
            is_engines_own=bool(self.address or plan.parents)
            or any(self.picture.base(name).is_substitute for name in plan.bases),
        )
        tell = teller(f"build:{service}")
        tell(f"context of {len(plan.context.files)} files, {len(archive) / 1e6:.1f} MB")
        log = BuildLog(tell, hide=lambda text: self.secrets.redact(text, hidden) if hidden else text)
        try:
            build_image(self.project.runner, request, archive, log)
        except StepFailed:
            self.engine.confirm()  # a lost engine is no fault of what was built
            raise
        finally:
            if self._watch:
                self._watch.hear_steps(f"build:{service}", log.steps)
        self._keep(service, request.reference)

    def _hidden(self, service: Service) -> dict[str, str]:
        """The secrets that a build sees; ConfigurationError when one is missing."""
        if not service.build_secrets:
            return {}
        from buildgraph.place.secrets import build_needs, refuse_missing

        refuse_missing(build_needs([service]), self.environment, self.secrets)
        return {name: self.secrets.reveal(name) for name in service.build_secrets}

    @property
    def secrets(self) -> Secrets:
        """The environment's secrets; a command that tells some runs once for all who ask here."""
        from buildgraph.place.sources import read_secrets

        with self._turn:
            if self._secrets is None:
                self._secrets = read_secrets(
                    self.project.folder, self.environment, os.environ, self.project.runner
                )
            return self._secrets

    def _keep(self, service: str, reference: str) -> None:
        """Ask the engine what it now holds: whether an image's id is that of its config or of its manifest
        depends on the engine's store.
        """
        held = self.engine.held_image(reference)
        if held is None:
            way_out = "build with the engine's own builder: `docker buildx use default`"
            raise StepFailed(f"build:{service}", "the builder did not hand the image to the engine", way_out)
        with self._turn:
            self._built[service] = held.id

    def _bases(self, plan: ImagePlan) -> dict[str, str]:
        external = {name: self._ready(self.picture.base(name)) for name in plan.bases}
        return external | {name: self._parent_image(parent) for name, parent in plan.parents.items()}

    def _parent_image(self, service: str) -> str:
        """The image of another service, brought to the engine when only the registry holds it."""
        if self.image_on_engine(service) is None:
            self._pull(service)
        return self.picture.local_reference(service)

    def _pull(self, service: str) -> None:
        from buildgraph.image.registry import pull_image

        image = pull_image(self.engine, self._registry_reference(service))
        self.engine.tag(image, self.picture.local_reference(service))

    def _ready(self, base: Base) -> str:
        """What stands for a base image; a substitute must be on the engine, as no registry has it."""
        if base.is_substitute and not self.engine.has_image(base.pinned):
            substitutes = self.picture.manifests.workspace.substitutes
            raise ToolError(
                f"the substitute of {base.reference} ({base.pinned}) is not on the engine",
                MAKE_BASES.format(recipe=recipe_named(base.reference, substitutes)),
            )
        return base.pinned

    # Push --------------------------------------------------------------------------------------------------

    def push(self, service: str) -> None:
        """Publish a service's image under its fingerprint tag, which is written once."""
        from buildgraph.image.registry import push_image

        image = self.image_on_engine(service)
        if image is None:
            raise StepFailed(
                f"push:{service}", "the engine does not hold the image", "it vanished after its build"
            )
        step = f"push:{service}"
        pushed = push_image(self.engine, image, self._registry_reference(service), teller(step))
        if self._watch:
            self._watch.hear_pushed(step, pushed.size)

    def _need_registry(self) -> None:
        if self.environment.registry:
            return
        name = self.environment.name
        others = [f"env={found.name}" for found in self.picture.manifests.environments if found.registry]
        way_out = (
            f"write `registry` there, or name another environment: {' or '.join(others)}" if others else ""
        )
        raise ConfigurationError.of(f"manifests/environments/{name}.toml", f"{name} has no registry", way_out)

    def _registry_reference(self, service: str) -> str:
        return registry_reference(self.environment.registry, service, self.picture.fingerprint(service))

    # The engine that builds --------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """Images are built where they run when no registry carries them there."""
        return "" if self.environment.registry else self.environment.engine

    @cached_property
    def engine(self) -> Engine:
        """The engine that builds."""
        from buildgraph.image.engine import open_engine

        return open_engine(self.address)

    @cached_property
    def _engine_platform(self) -> str:
        return self.engine.platform

    def _platforms(self, service: str) -> tuple[str, ...]:
        return self.picture.manifests.workspace.platforms or (self._engine_platform,)

    @property
    def _services(self) -> list[str]:
        return [service.name for service in self.picture.manifests.services]


def _present(found: Mapping[str, str | None]) -> dict[str, str]:
    return {reference: image for reference, image in found.items() if image is not None}


def _frontend(plan: ImagePlan, bases: Mapping[str, str]) -> dict[str, str]:
    """The frontend that `# syntax=` names, pinned like every base (BuildKit's own build argument)."""
    return {"BUILDKIT_SYNTAX": bases[plan.syntax]} if plan.syntax else {}
