"""A Coolify server as a platform: what this room does, behind the verbs' one door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from buildgraph.coolify.checkups import check_health
from buildgraph.coolify.ledger import Deployed, read_ledger, record_event
from buildgraph.coolify.live import CoolifyService, read_live
from buildgraph.coolify.lock import end_lock, held_lock, keep_lock, read_locks, refuse_while_locked
from buildgraph.coolify.migration import migrate_product
from buildgraph.coolify.pending import departed_services, is_verified, pending_targets
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.coolify.releasing import recorded, release_product
from buildgraph.coolify.smoke import run_smoke
from buildgraph.deploy.checkups import Checkup
from buildgraph.deploy.platform import HEALTHY, STOPPED, UNHEALTHY, Running
from buildgraph.deploy.releases import Release
from buildgraph.deploy.releasing import Shipment
from buildgraph.deploy.rollback import has_image
from buildgraph.errors import ConfigurationError, UnknownName
from buildgraph.manifests.model import Service
from buildgraph.place.actor import read_actor
from buildgraph.place.audit import Deed, Event, moment
from buildgraph.place.holding import STOPPING, Holding
from buildgraph.place.model import DEPARTED, Reason, Scene, Target, Tell


@dataclass(frozen=True, slots=True)
class CoolifyPlatform:
    """An environment on a Coolify server, reached through its place."""

    place: CoolifyPlace

    @property
    def scene(self) -> Scene:
        """What the manifests say of the environment."""
        return self.place.scene

    def at(self, scene: Scene) -> CoolifyPlatform:
        """The same server with what other manifests say."""
        return CoolifyPlatform(self.place.at(scene))

    def running(self) -> Mapping[str, Running]:
        """What was deployed last, and how its applications stand."""
        return {name: _running(found) for name, found in read_live(self.place).services.items()}

    def pending(self, product: str, targets: Iterable[Target]) -> Mapping[str, Reason]:
        """Service -> why a deploy would touch it."""
        live = read_live(self.place)
        departed = dict.fromkeys(departed_services(self.place, live, product), DEPARTED)
        differing = {t.service.name: reason for t, reason in pending_targets(self.place, live, targets)}
        return differing | departed

    def is_verified(self, product: str, targets: Iterable[Target]) -> bool:
        """Whether these very targets have passed the product's smoke tests here."""
        return is_verified(read_ledger(self.place), product, targets)

    def release(self, shipment: Shipment, tell: Tell) -> str:
        """Deploy, smoke-test, record; see `release_product`."""
        return release_product(self.place, shipment, tell)

    def smoke(self, services: Iterable[Service], tell: Tell) -> None:
        """Run smoke tests by the public addresses."""
        run_smoke(self.place, services, tell)

    def scale(self, target: Target, to: int, reason: str, tell: Tell) -> None:
        """Refused: Coolify runs one container of an application."""
        what = "Coolify runs one container of an application"
        raise ConfigurationError.of(f"scale:{target.service.product}", what, "give it more with `resources`")

    def migrate(self, deed: Deed, targets: Iterable[Target], tell: Tell) -> None:
        """Run migrations on this machine, under the product's lock."""
        with recorded(self.place, deed, tell):
            migrate_product(self.place, deed, targets, tell)

    def health(self, service: str = "") -> Sequence[Checkup]:
        """What Coolify says of the applications, and what these answer at their public addresses."""
        return check_health(self.place, service)

    def history(self) -> Mapping[str, tuple[Release, ...]]:
        """The releases that the environment remembers."""
        return read_ledger(self.place).history

    def events(self, product: str = "") -> tuple[Event, ...]:
        """The last hundred things that were done here."""
        return read_ledger(self.place).events(product)

    def has_image(self, image: str) -> bool:
        """Whether the registry holds an image; what this machine's engine holds helps nobody there."""
        return "@" in image and has_image(self.place.place, image)

    def logs(self, name: str, tail: int) -> Sequence[tuple[str, str]]:
        """What the containers of a service or product said last, secrets left out."""
        return [
            (found.service, line)
            for found in self._find(name)
            for line in self.place.redact(self.place.api.logs(found.application, tail)).splitlines()
        ]

    def follow(self, name: str, tail: int) -> Iterable[tuple[str, str]]:
        """Refused: Coolify's API tells the last lines, and no more."""
        what = "Coolify's API tells last lines and does not follow them"
        raise ConfigurationError.of(f"logs {name} --follow", what, "leave --follow out, or look in Coolify")

    def _find(self, name: str) -> list[Deployed]:
        """The services that a name stands for; UnknownName when none was deployed."""
        deployed = [found for _, found in sorted(read_ledger(self.place).deployed.items())]
        found = [each for each in deployed if name in (each.service, each.product)]
        if not found:
            known = {each.service for each in deployed} | {each.product for each in deployed}
            raise UnknownName("running service or product", name, known)
        return found

    def stop(self, *, volumes: bool, tell: Tell) -> None:
        """Stop every application that was deployed from here; they stay in Coolify, with all they are set to."""
        if volumes:
            way_out = "leave --volumes out; what an application or database keeps is removed in Coolify"
            raise ConfigurationError.of("down --volumes", "data of a Coolify server is its own", way_out)
        refuse_while_locked(self.place)
        found = read_ledger(self.place).deployed
        if not found:
            tell(f"nothing runs in {self.place.environment.name}")
        with ExitStack() as held:
            locks = {
                product: held.enter_context(held_lock(self.place, product, STOPPING, tell))
                for product in sorted({deployed.product for deployed in found.values()})
            }
            for name, deployed in sorted(found.items()):
                locks[deployed.product].check()
                self.place.api.stop(deployed.application)
                tell(f"{name}: Coolify was asked to stop its application")

    def remarks(self) -> Sequence[str]:
        """Nothing: it has no servers of its own."""
        return ()

    def locks(self) -> Sequence[Holding]:
        """The locks that are held here."""
        return read_locks(self.place)

    def keep_lock(self, product: str, reason: str, tell: Tell) -> None:
        """Take a product's lock for a person, and note it in the log."""
        keep_lock(self.place, product, reason)
        self._note("lock-taken", product, reason)

    def release_lock(self, held: Holding) -> None:
        """Take a lock from its holder, and note it in the log."""
        end_lock(self.place, held)
        self._note("lock-released", held.product, f"it was held by {held.whose}")

    def _note(self, kind: str, product: str, detail: str) -> None:
        record_event(self.place, Event(moment(), read_actor(), kind, product, "", "", detail))


def _running(found: CoolifyService) -> Running:
    return Running(
        name=found.name,
        product=found.product,
        state=_state(found),
        fingerprint=found.fingerprint,
        image_fingerprint=found.image_fingerprint,
        image=found.deployed.image,
        commit=found.commit,
        since=found.since.isoformat(timespec="seconds"),
        replicas=int(found.is_running),
    )


def _state(found: CoolifyService) -> str:
    if not found.is_running:
        return STOPPED
    return HEALTHY if found.is_healthy else UNHEALTHY
