"""Images of one environment: which are found on engine and registry, and how the others get there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Protocol

from buildgraph.console import teller
from buildgraph.errors import ConfigurationError, StepFailed, ToolError
from buildgraph.finder import Finder
from buildgraph.manifests.model import Environment, Service
from buildgraph.picture import Picture
from buildgraph.plan.held import MISSING
from buildgraph.project import Project
from buildgraph.recipes import recipe_named

if TYPE_CHECKING:
    from buildgraph.graph.images import ImagePlan
    from buildgraph.image.build import BuildRequest
    from buildgraph.image.builders import Way
    from buildgraph.image.progress import BuildLog, BuildStep
    from buildgraph.place.secrets import Secrets
    from buildgraph.place.sources import Sources
    from buildgraph.recipes import Base

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
WORKSPACE = "manifests/workspace.toml"
SCANNED_TOO_LATE = (
    "[scan] looks at images before they are published, and the builder of {} publishes as it builds"
)
SCAN_FIRST = "build where the image comes to an engine first (see docs/MACHINES.md), or leave [scan] out"


class Builder(Finder):
    """Builds and publishes the images of one picture for one environment; asks first."""

    def __init__(
        self,
        project: Project,
        picture: Picture,
        environment: Environment,
        watch: Watch | None = None,
        chosen: str = "",
        *,
        asks: bool = True,
    ) -> None:
        super().__init__(project, picture, environment)
        self._watch = watch
        self._chosen = chosen
        self._asks = asks
        self._secrets: Secrets | None = None

    # Build -------------------------------------------------------------------------------------------------

    def build(self, service: str) -> None:
        """Build a service's image from its pruned context and tag it with its fingerprint."""
        from buildgraph.image.archive import read_archive
        from buildgraph.image.build import build_on_engine
        from buildgraph.image.progress import BuildLog

        plan = self.picture.images[service]
        tell = teller(f"build:{service}")
        if (why := self.why_missing(service)) != MISSING:
            tell(why)
        way = self._way(plan, tell)
        self._check(plan, way)
        request = self._request(plan, way, tell)
        archive = read_archive(plan.context, self.picture.snapshot.blobs)
        tell(f"context of {len(plan.context.files)} files, {len(archive) / 1e6:.1f} MB")
        hidden = request.hidden
        log = BuildLog(tell, hide=lambda text: self.secrets.redact(text, hidden) if hidden else text)
        try:
            if way.publishes:
                self._publish(service, request, archive, log)
            else:
                build_on_engine(self.project.runner, self.engine, request, archive, log)
                self._keep(service, request.reference)
        except StepFailed:
            self.engine.confirm()  # a lost engine is no fault of what was built
            raise
        finally:
            if self._watch:
                self._watch.hear_steps(f"build:{service}", log.steps)

    def _request(self, plan: ImagePlan, way: Way, tell: Callable[[str], None]) -> BuildRequest:
        """A build as buildx is told of it; what it is built upon is brought to where it is built."""
        from buildgraph.image.build import BuildRequest
        from buildgraph.image.build_cache import cache_options
        from buildgraph.labelling import labels_of

        service, site = plan.service.name, self.project.site
        hidden = self._hidden(plan.service)
        bases = self._bases(plan, way)
        cached_as = f"{self.picture.manifests.workspace.name}-{service}"
        return BuildRequest(
            service,
            self.picture.local_reference(service),
            dockerfile=plan.dockerfile,
            target=plan.service.target,
            arguments={**plan.arguments, **_frontend(plan, bases)},
            labels=labels_of(self.picture, self.project.repository, service),
            bases=bases,
            secrets={"ca": site.ca} if site.ca else {},
            hidden=hidden,
            platforms=plan.platforms,
            attestations=plan.attestations,
            scanner=bases[plan.scanner] if plan.scanner else "",
            command_env=self.engine.command_env,
            builder=way.builder,
            repository=self._repository(service) if way.publishes else "",
            caches=cache_options(site, cached_as, can_export=way.can_export, tell=tell),
        )

    def _publish(self, service: str, request: BuildRequest, archive: bytes, log: BuildLog) -> None:
        """Have the builder push the image itself, then give it its tag: built is what can be found."""
        from buildgraph.image.copying import copy_image
        from buildgraph.image.registry import name_upload
        from buildgraph.image.straight import publish_build

        digest = publish_build(self.project.runner, request, archive, log)
        image, reference = f"{self._repository(service)}@{digest}", self.registry_reference(service)
        copied = partial(copy_image, self.engine, self.project.runner, image, reference)
        name_upload(self.engine, reference, digest, teller(f"build:{service}"), copied)

    def _way(self, plan: ImagePlan, tell: Callable[[str], None]) -> Way:
        """How an image is built, and what has to be known for that."""
        from buildgraph.image.builders import Asked, find_way

        stand_ins = [name for name in plan.bases if self.picture.base(name).is_substitute]
        asked = Asked(
            plan.service.name,
            chosen=self._chosen or self.project.site.builder,
            is_bound=bool(self.address or plan.parents or stand_ins),
            stand_in=next(iter(stand_ins), ""),
            several=len(plan.platforms) > 1,
            registry=self.environment.registry,
            exports=bool(self.project.site.cache_to),
        )
        return find_way(self.project.runner, self.engine, asked, tell)

    def _check(self, plan: ImagePlan, way: Way) -> None:
        """Refuse what this way to build cannot do: to keep attestations, or to wait for a scan."""
        from buildgraph.image.attestations import check_attestations

        if not way.publishes:
            check_attestations(self.engine, plan.attestations)
        elif self.picture.manifests.workspace.scan is not None:
            raise ConfigurationError.of(WORKSPACE, SCANNED_TOO_LATE.format(plan.service.name), SCAN_FIRST)

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
        with self._turn:
            if self._secrets is None:
                sources = self._sources()
                self._secrets = sources.read() if self._asks else sources.read_written()
            return self._secrets

    def _sources(self) -> Sources:
        from buildgraph.place.sources import Sources

        folder, runner = self.project.folder, self.project.runner
        return Sources(folder, self.environment, os.environ, runner, self.picture.is_seen)

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

    def _bases(self, plan: ImagePlan, way: Way) -> dict[str, str]:
        external = {name: self.ready_base(name) for name in plan.bases}
        find = self.deployable if way.publishes else partial(self._parent_image, plan)
        return external | {name: find(parent) for name, parent in plan.parents.items()}

    def _parent_image(self, plan: ImagePlan, service: str) -> str:
        """The image of another service, brought to the engine when only the registry holds it.

        An engine pulls for its own platform alone: where there are several, whoever builds takes what each needs.
        """
        if self.image_on_engine(service) is None:
            if len(plan.platforms) > 1:
                return self.deployable(service)
            self._pull(service)
        return self.picture.local_reference(service)

    def _pull(self, service: str) -> None:
        from buildgraph.image.labels import confirm_made_as
        from buildgraph.image.registry import pull_image

        reference = self.registry_reference(service)
        pulled = pull_image(self.engine, reference)
        if (held := self.engine.held_image(pulled.image)) is not None:
            confirm_made_as(self.picture.fingerprint(service), held.labels, reference)
        self.engine.tag(pulled.image, self.picture.local_reference(service))

    def ready_base(self, name: str) -> str:
        """What stands for a base image; a substitute must be on the engine, as no registry has it.

        ConfigurationError for one that is neither locked nor replaced, ToolError for a substitute that is not there.
        """
        base = self.picture.base(name)
        if base.is_substitute and not self.engine.has_image(base.pinned):
            substitutes = self.picture.manifests.workspace.substitutes
            recipe = recipe_named(base.reference, substitutes)
            raise ToolError(lacks_stand_in(base), MAKE_BASES.format(recipe=recipe))
        return base.pinned

    # Push --------------------------------------------------------------------------------------------------

    def push(self, service: str) -> bool:
        """Publish a service's image under its fingerprint tag, which is written once; whether it stands there then."""
        from buildgraph.image.registry import push_image

        image = self.image_on_engine(service)
        if image is None:
            raise StepFailed(
                f"push:{service}", "the engine does not hold the image", "it vanished after its build"
            )
        step = f"push:{service}"
        pushed = push_image(self.engine, image, self.registry_reference(service), teller(step))
        if self._watch:
            self._watch.hear_pushed(step, pushed.size)
        return pushed.is_ours


def lacks_stand_in(base: Base) -> str:
    """What is said of a stand-in that the engine does not hold."""
    return f"the substitute of {base.reference} ({base.pinned}) is not on the engine"


def _frontend(plan: ImagePlan, bases: Mapping[str, str]) -> dict[str, str]:
    """The frontend that `# syntax=` names, pinned like every base (BuildKit's own build argument)."""
    return {"BUILDKIT_SYNTAX": bases[plan.syntax]} if plan.syntax else {}
