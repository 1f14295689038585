"""What runs the services of an environment, as everything to the right of it sees it: a Docker engine is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from buildgraph.deploy.checkups import Checkup
from buildgraph.deploy.releases import Release
from buildgraph.deploy.releasing import Shipment
from buildgraph.manifests.model import Service
from buildgraph.place.audit import Deed, Event
from buildgraph.place.holding import Holding
from buildgraph.place.model import Reason, Scene, Target, Tell

ABSENT, STOPPED, UNHEALTHY, HEALTHY = "absent", "stopped", "unhealthy", "healthy"


@dataclass(frozen=True, slots=True)
class Running:
    """A service as it runs: `state` is one of the words above, `since` a UTC time in ISO 8601, or "".

    `fingerprint` is that of its deployment, `image_fingerprint` that of its image; `image` is the image itself, by its
    digest or id where the platform tells it. `colour` is the one that
    answers, `kept` the one that waits beside it for a rollback, `kept_for` how many seconds yet; a platform
    without colours leaves them empty. `replicas` counts its containers that get requests, `idle` those that get none
    (yet, or any more); `scaled` is how many somebody has asked for instead of what the manifest says, 0 where
    nobody has.
    """

    name: str
    product: str
    state: str
    fingerprint: str = ""
    image_fingerprint: str = ""
    image: str = ""
    commit: str = ""
    since: str = ""
    colour: str = ""
    kept: str = ""
    kept_for: int = 0
    replicas: int = 0
    scaled: int = 0
    idle: int = 0

    @property
    def is_up(self) -> bool:
        """Whether it is there and was not stopped, healthy or not."""
        return self.state in (UNHEALTHY, HEALTHY)


class Platform(Protocol):
    """One environment on what runs its services. Every method raises ToolError when that does not answer."""

    @property
    def scene(self) -> Scene:
        """What the manifests say of the environment."""

    def at(self, scene: Scene) -> Platform:
        """The same environment with what other manifests say of it, as those that a release was made from."""

    def running(self) -> Mapping[str, Running]:
        """What runs, by service; services that have left the manifests too."""

    def pending(self, product: str, targets: Iterable[Target]) -> Mapping[str, Reason]:
        """Service -> why a deploy would touch it; empty when all of a product runs as it shall."""

    def is_verified(self, product: str, targets: Iterable[Target]) -> bool:
        """Whether these very targets have passed these very smoke tests here, and nothing was deployed since."""

    def release(self, shipment: Shipment, tell: Tell) -> str:
        """Deploy, smoke-test, record; returns the release's name.

        Raises ConfigurationError before anything changes, StepFailed when a step fails: what ran goes on then.
        """

    def smoke(self, services: Iterable[Service], tell: Tell) -> None:
        """Run the smoke tests of services by their public routes; StepFailed for the first that fails."""

    def scale(self, target: Target, to: int, reason: str, tell: Tell) -> None:
        """Run `to` containers of a service as it runs, also after later deploys; 0: as many as its manifest says.

        StepFailed when something else runs than the target, or when new containers do not get healthy.
        """

    def migrate(self, deed: Deed, targets: Iterable[Target], tell: Tell) -> None:
        """Run the migrations of targets and nothing else; StepFailed when one fails."""

    def health(self, service: str = "") -> Sequence[Checkup]:
        """How all that runs or shall run is now (or one service of it), asked for this answer."""

    def history(self) -> Mapping[str, tuple[Release, ...]]:
        """The releases of every product that are kept, the oldest first."""

    def events(self, product: str = "") -> tuple[Event, ...]:
        """All that was done here (to a product, with what concerns all), the oldest first."""

    def has_image(self, image: str) -> bool:
        """Whether an image that a release names can still be run here."""

    def logs(self, name: str, tail: int) -> Sequence[tuple[str, str]]:
        """The last lines that a service or product has said, as (who, line); UnknownName for one that does not run."""

    def follow(self, name: str, tail: int) -> Iterable[tuple[str, str]]:
        """The same, and what is said from then on, until all have ended."""

    def stop(self, *, volumes: bool, tell: Tell) -> None:
        """Stop all that runs here; data stays unless `volumes` names it. StepFailed while somebody deploys."""

    def remarks(self) -> Sequence[str]:
        """What the environment's own servers run otherwise than declared, and how that is changed."""

    def locks(self) -> Sequence[Holding]:
        """The deploy locks that are held here."""

    def keep_lock(self, product: str, reason: str, tell: Tell) -> None:
        """Take a product's lock until it is released, whatever becomes of this process."""

    def release_lock(self, held: Holding) -> None:
        """Take a lock from its holder."""


def versions_of(running: Mapping[str, Running], product: str) -> dict[str, str]:
    """The deployment fingerprint of each service of a product that runs."""
    return {name: found.fingerprint for name, found in running.items() if found.product == product}
