"""Products of one environment: what runs there, what a deploy would change, and the deploy itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from buildgraph.builder import Builder
from buildgraph.console import teller
from buildgraph.errors import BuildgraphError
from buildgraph.graph.deployments import deployment_id
from buildgraph.graph.nodes import image_id
from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT
from buildgraph.manifests.model import Service
from buildgraph.migrations import Move, Sources, check_migrations
from buildgraph.plan.steps import Phase, Step
from buildgraph.platforms import engine_place, platform_to_change
from buildgraph.refusals import Terms, refuse_older, removed_by
from buildgraph.saved_plan import (
    PlannedService,
    approval_needed,
    plan_services,
    read_plan,
    refuse_elsewhere,
    refuse_outdated,
    refuse_unshown,
)

if TYPE_CHECKING:
    from buildgraph.deploy import Platform, Running
    from buildgraph.place.model import Place, Reason, Target
    from buildgraph.snapshot import Snapshot

    class Course(Protocol):
        """A way to change what a product runs, as plans are held against it."""

        def planned(self, product: str) -> list[PlannedService]:
            """The product's services as a plan tells them now."""
            ...

        def pending(self, product: str) -> Mapping[str, Reason]:
            """Service -> why it would be touched now."""
            ...


NO_TERMS = Terms()
NO_TESTS = "no smoke test is declared: `smoke` of a service has them"
MOVED = "{}: its tag was moved after it was read, to another build of the same; what was deployed goes on"


class Deployer:
    """Brings products to one environment, with images that its builder has made or found."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.picture = builder.picture
        self.environment = builder.environment

    def is_deployed(self, product: str) -> bool:
        """Whether every service of the product is in date, healthy and routed, and its smoke tests have passed."""
        targets = self._targets_so_far(product)
        return not self._unlike(product, targets) and self.platform.is_verified(product, targets)

    def pending(self, product: str) -> Mapping[str, Reason]:
        """Service -> why a deploy would touch it; empty when all run as they should."""
        return self._unlike(product, self._targets_so_far(product))

    def _unlike(self, product: str, targets: tuple[Target, ...]) -> Mapping[str, Reason]:
        from buildgraph.place.model import Reason

        built = tuple(target for target in targets if target.image)
        unbuilt = [target.service.name for target in targets if not target.image]
        found = self._differing(product, built) | dict.fromkeys(unbuilt, Reason("its image is not built"))
        return dict(sorted(found.items()))

    def _differing(self, product: str, targets: tuple[Target, ...]) -> dict[str, Reason]:
        """The same for targets whose images are there, and for what runs and has left the manifests."""
        pending = dict(self.platform.pending(product, targets))
        if pending and (kept := self._kept(targets)) != targets:
            return dict(self.platform.pending(product, kept))
        return pending

    def plan(self, product: str) -> list[Step]:
        """All steps that a deploy of the product needs now."""
        from buildgraph.deploy.proof import lacking

        services = [service.name for service in self.picture.product(product).services]
        steps = self.builder.plan(services, push=bool(self.environment.registry))
        prints = self.picture.graph.fingerprints
        targets = self._targets_so_far(product)
        pending = self._unlike(product, targets)
        nodes = {deployment_id(self.environment.name, name): reason for name, reason in pending.items()}
        deploys = [
            Step(Phase.DEPLOY, node, prints.get(node, ""), str(reason)) for node, reason in nodes.items()
        ]
        if not pending and self.platform.is_verified(product, targets):
            return steps
        why = "after a deploy" if pending else lacking(targets)
        return [*steps, *deploys, Step(Phase.SMOKE, f"product:{product}", prints[f"product:{product}"], why)]

    def deploy(self, product: str, terms: Terms = NO_TERMS) -> None:
        """Bring a product to the environment, run its smoke tests and record the release.

        Raises ConfigurationError, before anything changes, for what is refused unless it is forced.
        """
        from buildgraph.deploy import Shipment, released
        from buildgraph.place.audit import Deed

        self.need_approval(f"deploy:{product}", terms)
        self.confirm_plan(terms.plan, product, self)
        found, tell = self._targets(product), teller(f"deploy:{product}")
        targets = self._kept(found)
        self.check_migrations(self.picture.snapshot, targets, terms, tell)
        self._refuse_older(product, targets, terms)
        for target in (target for target in targets if target not in found):
            tell(f"{target.service.name}: the image that runs stays, another build is no other version")
        services = tuple(released(t, t.service, self.stand_ins(t.service.name)) for t in targets)
        deed = Deed("deploy", product, self.picture.commit_label, terms.reason)
        confirm = partial(self._confirm, product, targets, terms)
        self.platform.release(Shipment(deed, targets, services, confirm=confirm), tell)
        for name in self._moved(found):
            tell(MOVED.format(name))

    def _moved(self, found: tuple[Target, ...]) -> tuple[str, ...]:
        """The services whose tags somebody has moved since they were read; none where that cannot be asked now."""
        from buildgraph.deploy import moved_tags

        with suppress(BuildgraphError):
            return moved_tags(found, self.builder.deployable) if self.environment.registry else ()
        return ()

    def _confirm(self, product: str, targets: tuple[Target, ...], terms: Terms) -> None:
        """Refuse what does not hold any more: somebody else may have deployed since it was looked at."""
        self.confirm_plan(terms.plan, product, self)
        self._refuse_older(product, targets, terms)

    def _refuse_older(self, product: str, targets: tuple[Target, ...], terms: Terms) -> None:
        if self.environment.name != DEFAULT_ENVIRONMENT and not terms.force:
            running = self.platform.running()
            removed = removed_by(self.platform.scene, running, product)
            refuse_older(self.builder.project.repository, running, targets, removed)

    def migrate(self, product: str, terms: Terms = NO_TERMS) -> None:
        """Run the migrations of what a deploy would bring, under the product's lock, and nothing else."""
        from buildgraph.place.audit import Deed

        self.need_approval(f"migrate:{product}", terms)
        self.confirm_plan(terms.plan, product, self)
        targets, tell = self._targets(product), teller(f"migrate:{product}")
        self.check_migrations(self.picture.snapshot, targets, terms, tell)
        deed = Deed("migrate", product, self.picture.commit_label, terms.reason)
        self.platform.migrate(deed, targets, tell)

    def check_migrations(
        self, snapshot: Snapshot, targets: tuple[Target, ...], terms: Terms, tell: Callable[[str], None]
    ) -> None:
        """Look at a snapshot's new migrations before they run; ConfigurationError for what older code cannot bear."""
        migrated = [target.service for target in targets if target.service.migration]
        if not migrated:
            return
        root = self.picture.manifests.workspace.root
        sources = Sources(snapshot, self.builder.project.repository, root)
        running = self.platform.running()
        moves = [
            Move(service, found.commit, partial(self._mark_of, found))
            for service in migrated
            if (found := running.get(service.name))
        ]
        check_migrations(sources, moves, self.environment.strategy, force=terms.force, tell=tell)

    def _mark_of(self, running: Running) -> int:
        """How `breaking` stood in the release that runs; 0 where none is known."""
        from buildgraph.deploy import release_of

        release = release_of(running, self.platform.history())
        marks = {part.service.name: part.service.breaking for part in release.services} if release else {}
        return marks.get(running.name, 0)

    def need_approval(self, task: str, terms: Terms) -> None:
        """ConfigurationError when the environment takes saved plans only, and none is named."""
        if self.environment.approval and not terms.plan:
            raise approval_needed(self.environment.name, task)

    def confirm_plan(self, file: str, product: str, course: Course) -> None:
        """ConfigurationError when a saved plan does not hold any more for a product, or does not show all that would
        be deployed; "" is no plan.
        """
        if not file:
            return
        plan = read_plan(Path(file))
        refuse_elsewhere(plan, self.picture.manifests.workspace.name, self.environment.name)
        refuse_outdated(plan, product, course.planned(product))
        refuse_unshown(plan, course.pending(product))

    def planned(self, product: str) -> list[PlannedService]:
        """The services of a product as a plan tells them now: what they shall run, and what runs."""
        running = self.platform.running()
        removed = removed_by(self.platform.scene, running, product)
        return plan_services(running, product, self._kept(self._targets_so_far(product)), removed)

    def _image_so_far(self, service: str) -> str:
        return self.builder.deployable(service) if self._has_image(service) else ""

    def stand_ins(self, service: str) -> set[str]:
        """The base images that stand-ins are used for when a service's image is built, its parents' too."""
        plan = self.picture.images[service]
        own = {name for name in plan.bases if self.picture.base(name).is_substitute}
        return own.union(*(self.stand_ins(parent) for parent in plan.parents.values()))

    def smoke(self, product: str) -> None:
        """Run a product's smoke tests through the public route; that there are none is told."""
        tell, services = teller(f"smoke:{product}"), self._deployed(product)
        if not any(service.smoke for service in services):
            tell(NO_TESTS)
        self.platform.smoke(services, tell)

    @cached_property
    def platform(self) -> Platform:
        """What runs the environment's services."""
        return platform_to_change(self.builder)

    @cached_property
    def place(self) -> Place:
        """The environment on its engine, for what is asked of engines only."""
        return engine_place(self.builder)

    def _has_image(self, service: str) -> bool:
        if self.environment.registry:
            return self.builder.published_digest(service) is not None
        return self.builder.image_on_engine(service) is not None

    def _targets(self, product: str) -> tuple[Target, ...]:
        return tuple(
            self._target(service, self.builder.deployable(service.name))
            for service in self._deployed(product)
        )

    def _targets_so_far(self, product: str) -> tuple[Target, ...]:
        """The same before all images are built: those that are not have none."""
        return tuple(
            self._target(service, self._image_so_far(service.name)) for service in self._deployed(product)
        )

    def _kept(self, targets: Iterable[Target]) -> tuple[Target, ...]:
        """Targets with the images that run and were released where these will do: a release records what runs."""
        from buildgraph.deploy import kept_builds

        return kept_builds(targets, self.platform, self.builder.can_be_had)

    def _target(self, service: Service, image: str) -> Target:
        from buildgraph.place.model import Target

        prints = self.picture.graph.fingerprints
        return Target(
            service=service,
            image=image,
            image_fingerprint=prints[image_id(service.name)],
            fingerprint=prints[deployment_id(self.environment.name, service.name)],
            commit=self.picture.commit_label,
        )

    def _deployed(self, product: str) -> tuple[Service, ...]:
        return tuple(service for service in self.picture.product(product).services if service.deployed)
