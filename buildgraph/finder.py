"""What engine and registry hold of the images of one picture, for one environment; it changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from buildgraph.errors import ConfigurationError, StepFailed
from buildgraph.graph.nodes import image_id
from buildgraph.manifests.model import Environment
from buildgraph.picture import Picture
from buildgraph.plan.held import IN_REGISTRY, MISSING, ON_ENGINE, Held
from buildgraph.plan.steps import Step, build_steps, push_steps, registry_reference
from buildgraph.project import Project

if TYPE_CHECKING:
    from buildgraph.image.engine import Engine


class Finder:
    """Asks for the images of one picture where one environment takes them from."""

    def __init__(self, project: Project, picture: Picture, environment: Environment) -> None:
        self.project = project
        self.picture = picture
        self.environment = environment
        self._built: dict[str, str] = {}
        self._turn = threading.Lock()

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
        return f"{self._repository(service)}@{digest}"

    def image_on_engine(self, service: str) -> str | None:
        """The id of the service's image on the building engine, if it is of every platform asked for."""
        if service in self._built:
            return self._built[service]
        held = self.engine.held_image(self.picture.local_reference(service))
        return held.id if held and self.engine.serves(held, self._asked_for) else None

    def published_digest(self, service: str) -> str | None:
        """The digest under the fingerprint tag in the registry, if it serves every platform asked for."""
        from buildgraph.image.registry import find_published

        published = find_published(self.engine, self.registry_reference(service))
        if published is None:
            return None
        wanted = set(self._asked_for or (self.engine.platform,))
        return published.digest if not published.platforms or wanted <= set(published.platforms) else None

    def can_be_had(self, image: str) -> bool:
        """Whether an image that was deployed is still where others take it from: its registry, else the engine."""
        from buildgraph.image.registry import find_published

        if "@" in image:
            return find_published(self.engine, image) is not None
        return self.engine.has_image(image)

    def _held(self) -> Held:
        """What engine and registry hold of this picture's images, as the plan wants it."""
        references = {name: self.picture.local_reference(name) for name in self._services}
        local = {reference: self.image_on_engine(name) for name, reference in references.items()}
        published = {reference: self._published_if_any(name) for name, reference in references.items()}
        held = Held(_present(local), _present(published))
        missing = {reference: name for name, reference in references.items() if not held.holds(reference)}
        return replace(held, anew={reference: self.why_missing(name) for reference, name in missing.items()})

    def why_missing(self, service: str) -> str:
        """Why an image that is nowhere is to be made: by other numbers than the newest there is, or it is missing.

        Another version of this program, or of the workspace's number, makes all images anew.
        """
        from buildgraph.image.makers import numbers_changed

        node = self.picture.graph.nodes[image_id(service)]
        changed = numbers_changed(self._numbers.get(service, {}), node)
        return f"tool: {changed}" if changed else MISSING

    @cached_property
    def _numbers(self) -> Mapping[str, Mapping[str, str]]:
        from buildgraph.image.makers import numbers_held

        return numbers_held(self.engine, self.picture.manifests.workspace.name)

    def _published_if_any(self, service: str) -> str | None:
        return self.published_digest(service) if self.environment.registry else None

    def _need_registry(self) -> None:
        if self.environment.registry:
            return
        name = self.environment.name
        others = [f"env={found.name}" for found in self.picture.manifests.environments if found.registry]
        way_out = (
            f"write `registry` there, or name another environment: {' or '.join(others)}" if others else ""
        )
        raise ConfigurationError.of(f"manifests/environments/{name}.toml", f"{name} has no registry", way_out)

    def _repository(self, service: str) -> str:
        return f"{self.environment.registry.rstrip('/')}/{service}"

    def registry_reference(self, service: str) -> str:
        """The fingerprint tag of a service's image in the environment's registry."""
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

    @property
    def _asked_for(self) -> tuple[str, ...]:
        """The platforms that are asked for, none for the engine's own."""
        return self.picture.manifests.workspace.platforms

    @property
    def _services(self) -> list[str]:
        return [service.name for service in self.picture.manifests.services]


def _present(found: Mapping[str, str | None]) -> dict[str, str]:
    return {reference: image for reference, image in found.items() if image is not None}
