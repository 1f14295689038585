"""Promotion: what one environment has verified runs in another one, from the very same images; nothing is built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from buildgraph.console import short_commit, teller
from buildgraph.deployer import Deployer
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.graph.deployments import deployment_id
from buildgraph.image.copying import carry_image
from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT
from buildgraph.manifests.model import Environment
from buildgraph.migrations import commit_of
from buildgraph.plan.steps import Phase, Step, registry_reference
from buildgraph.platforms import platform_to_read
from buildgraph.refusals import Terms, refuse_older, removed_by
from buildgraph.saved_plan import PlannedService, plan_services
from buildgraph.vetting import sign

if TYPE_CHECKING:
    from buildgraph.deploy import Platform, Release, ReleasedService
    from buildgraph.place.model import Reason, Scene, Target

USUAL_SOURCE: Final = "staging"
LOCAL: Final = re.compile(r"\blocalhost\b|\b127\.0\.0\.\d+\b|\[::1\]")


@dataclass(frozen=True)
class Promotion:
    """A product on its way from one environment to another.

    Every property that looks at the source raises ConfigurationError when it runs no verified release.
    """

    deployer: Deployer
    product: str
    terms: Terms

    @cached_property
    def source(self) -> Environment:
        """The environment that has verified what is promoted."""
        target, task = self.deployer.environment.name, f"promote:{self.product}"
        way_out = f"write env=NAME: where {self.product} shall go to"
        if target == DEFAULT_ENVIRONMENT:
            raise ConfigurationError.of(task, f"nothing is promoted to {target}", way_out)
        found = self.deployer.picture.environment(self.terms.source or USUAL_SOURCE)
        if found.name == target:
            raise ConfigurationError.of(task, f"{target} cannot be promoted to itself", way_out)
        return found

    @cached_property
    def release(self) -> Release:
        """The release that the source environment runs, verified."""
        from buildgraph.deploy import built_as, find_running, versions_of

        there, product = platform_to_read(self.deployer.picture, self.source), self.product
        running = there.running()
        releases = built_as(running, there.history().get(product, ()))
        found = find_running(versions_of(running, product), releases)
        if found is None or not there.is_verified(product, _as_recorded(found)):
            raise ConfigurationError.of(
                f"promote:{self.product}",
                f"{self.source.name} runs no release of {self.product} that has passed its smoke tests",
                f"deploy it there first: `deploy:{self.product} env={self.source.name}`",
            )
        return found

    @cached_property
    def scene(self) -> Scene:
        """What is said of the environment that it goes to, with the product's services as they were released."""
        from buildgraph.deploy import released_scene

        here = self.deployer.platform.scene
        return replace(released_scene(here, self.release), environment=here.environment)

    @cached_property
    def platform(self) -> Platform:
        """What runs the environment that it goes to."""
        return self.deployer.platform.at(self.scene)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """What the services shall run where they go to."""
        from buildgraph.deploy import released_target

        carried = (replace(part, image=self._image_there(part)) for part in self.release.services)
        return tuple(released_target(self.scene, part, self.release.commit) for part in carried)

    def is_done(self) -> bool:
        """Whether the release runs there already, verified."""
        return not self.pending(self.product) and self.platform.is_verified(self.product, self.targets)

    def pending(self, product: str) -> Mapping[str, Reason]:
        """Service -> why it would be touched there; those that run there and were not released, too."""
        return self.platform.pending(product, self.targets)

    def check(self) -> None:
        """Refuse what must not leave its environment, all reasons at once; ConfigurationError."""
        mistakes = [Mistake(f"promote:{self.product}", what, way_out) for what, way_out in self._objections()]
        if mistakes:
            raise ConfigurationError(mistakes)

    def check_migrations(self, tell: Callable[[str], None]) -> None:
        """Look at the migrations of the commit that was released, before they run where it goes to."""
        commit = self.release.commit
        snapshot = commit_of(self.deployer.builder.project.repository, commit)
        if snapshot is None:
            tell(f"its migrations are not checked, {short_commit(commit)} is not in this clone")
        else:
            self.deployer.check_migrations(snapshot, self.targets, self.terms, tell)

    def planned(self, product: str) -> list[PlannedService]:
        """The services as a plan tells them now: what they shall run there, and what runs there."""
        running = self.platform.running()
        return plan_services(running, product, self.targets, removed_by(self.scene, running, product))

    def steps(self) -> list[Step]:
        """What a promotion has to do now; nothing when it is done."""
        if self.is_done():
            return []
        why = f"{self.source.name} runs {self.release.name}"
        prints = {target.service.name: target.fingerprint for target in self.targets}
        gone = {
            name: str(reason) for name, reason in self.pending(self.product).items() if name not in prints
        }
        reasons = gone | dict.fromkeys(prints, why)
        environment = self.deployer.environment.name
        return [
            Step(Phase.DEPLOY, deployment_id(environment, name), prints.get(name, ""), reasons[name])
            for name in sorted(reasons)
        ]

    def carry(self) -> None:
        """Have the registry of the environment that it goes to hold the images, under their digests."""
        registry = self.deployer.environment.registry
        if not registry or registry == self.source.registry:
            return
        for part in self.release.services:
            self._carry(part, registry_reference(registry, part.service.name, part.image_fingerprint))

    def _carry(self, part: ReleasedService, reference: str) -> None:
        """Have an image there under its fingerprint tag, or beside it where another build stands, which stays."""
        builder, step = self.deployer.builder, f"promote:{self.product}"
        name = carry_image(builder.engine, builder.project.runner, part.image, reference, teller(step))
        sign(builder, step, name, part.image.rpartition("@")[2])

    def _image_there(self, part: ReleasedService) -> str:
        """What the engine there runs: the same digest in its own registry, or the very same image."""
        registry = self.deployer.environment.registry
        if not registry or not self.source.registry:
            return part.image
        return f"{registry.rstrip('/')}/{part.service.name}@{part.image.rpartition('@')[2]}"

    # What speaks against it ----------------------------------------------------------------------------

    def _objections(self) -> Iterable[tuple[str, str]]:
        target = self.deployer.environment
        if self.release.commit.endswith("-dirty") or self.release.commit in ("", "none"):
            yield (
                f"{self.release.name} was deployed to {self.source.name} with edits that no commit holds",
                f"commit them and deploy the commit to {self.source.name}",
            )
        if not self.source.registry and (target.registry or target.engine != self.source.engine):
            yield (
                f"the images of {self.source.name} are on its engine only",
                f"write `registry` in manifests/environments/{self.source.name}.toml and deploy there again",
            )
        for part in self.release.services:
            yield from self._bonds(part)

    def _bonds(self, part: ReleasedService) -> Iterable[tuple[str, str]]:
        """What binds an image to where it was built."""
        name = part.service.name
        for base in part.stand_ins:
            yield (
                f"the image of {name} is built upon a stand-in of {base}",
                "build it where the real image can be had; stand-ins are for trials",
            )
        for argument, value in part.service.build_args.items():
            for bound in self._bound_to(value):
                yield (
                    f"the image of {name} has {bound} baked in: its build argument {argument} is {value!r}",
                    f"make {argument} a value of `env`, which containers are given where they run",
                )

    def _bound_to(self, value: str) -> Iterable[str]:
        """What environments, or which machine, a value is right for only."""
        hosts = {
            environment.name: [environment.host_of(s) for s in self.scene.catalog if s.host]
            for environment in self.deployer.picture.manifests.environments
            if environment.name != self.deployer.environment.name
        }
        bound = [f"an address of {name}" for name, known in hosts.items() if any(h in value for h in known)]
        return bound or (["a local address"] if LOCAL.search(value) else [])


def promote(deployer: Deployer, product: str, terms: Terms) -> None:
    """Deploy what the source environment runs verified; its migrations run here as in any deploy.

    Raises ConfigurationError, before anything changes, for what must not be promoted.
    """
    from buildgraph.deploy import Shipment, released
    from buildgraph.place.audit import Deed

    promotion = Promotion(deployer, product, terms)
    promotion.check()
    deployer.need_approval(f"promote:{product}", terms)
    targets, platform = promotion.targets, promotion.platform

    def confirm() -> None:
        deployer.confirm_plan(terms.plan, product, promotion)
        if not terms.force:
            running = platform.running()
            removed = removed_by(promotion.scene, running, product)
            refuse_older(deployer.builder.project.repository, running, targets, removed)

    confirm()
    tell = teller(f"promote:{product}")
    promotion.check_migrations(tell)
    origin = f"{promotion.source.name}/{promotion.release.name}"
    tell(f"{origin}, from {promotion.release.commit}")
    promotion.carry()
    services = tuple(
        released(target, part.service, part.stand_ins)
        for target, part in zip(targets, promotion.release.services, strict=True)
    )
    deed = Deed("promote", product, promotion.release.commit, terms.reason)
    platform.release(Shipment(deed, targets, services, origin, confirm), tell)


def is_promoted(deployer: Deployer, product: str, terms: Terms) -> bool:
    """Whether what would be promoted runs there already."""
    promotion = Promotion(deployer, product, terms)
    promotion.check()
    return promotion.is_done()


def _as_recorded(release: Release) -> tuple[Target, ...]:
    """A release's services as they were recorded, to ask whether they are verified."""
    from buildgraph.place.model import Target

    return tuple(
        Target(part.service, part.image, part.image_fingerprint, part.fingerprint)
        for part in release.services
    )
