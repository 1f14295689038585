"""A Docker engine as a platform: what the rest of this room does, behind the verbs' one door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from buildgraph.deploy.backing import told_differences
from buildgraph.deploy.checkups import Checkup, check_health
from buildgraph.deploy.down import stop_environment
from buildgraph.deploy.live import LiveService, read_live
from buildgraph.deploy.logs import follow_logs, read_logs
from buildgraph.deploy.migrating import migrate_product
from buildgraph.deploy.pending import departed_services, pending_targets
from buildgraph.deploy.platform import ABSENT, HEALTHY, STOPPED, UNHEALTHY, Running
from buildgraph.deploy.releases import Release, read_history
from buildgraph.deploy.releasing import Shipment, release_product
from buildgraph.deploy.rollback import has_image
from buildgraph.deploy.scaling import scale_service
from buildgraph.deploy.smoke import run_smoke
from buildgraph.deploy.verified import is_verified
from buildgraph.manifests.model import Service
from buildgraph.place.audit import Deed, Event, read_events, record_event, recorded
from buildgraph.place.containers import find_containers
from buildgraph.place.holding import Holding, read_locks
from buildgraph.place.lock import keep_lock, release_lock
from buildgraph.place.model import DEPARTED, Place, Reason, Scene, Target, Tell
from buildgraph.place.names import FINGERPRINT, ROLE, Role
from buildgraph.traffic.proxy_container import is_as_declared

# An image's fingerprint, as every container of it inherits it (OCI image spec; our builds set it anew).
VERSION = "org.opencontainers.image.version"

PROXY_DIFFERS = "proxy: runs otherwise than declared; the next deploy makes it anew"


@dataclass(frozen=True, slots=True)
class EnginePlatform:
    """An environment on a Docker engine, reached through its place."""

    place: Place

    @property
    def scene(self) -> Scene:
        """What the manifests say of the environment."""
        return self.place.scene

    def at(self, scene: Scene) -> EnginePlatform:
        """The same engine with what other manifests say."""
        return EnginePlatform(self.place.at(scene))

    def running(self) -> Mapping[str, Running]:
        """What runs, by its containers' labels and the proxy's word."""
        live, place = read_live(self.place), self.place
        declared = {s.name: s.replicas_in(place.environment.name) for s in place.catalog}
        scales = {
            name: scale.to
            for name, scale in live.traffic.scales.items()
            if scale.declared == declared.get(name)
        }
        return {name: _running(found, scales.get(name, 0)) for name, found in live.services.items()}

    def pending(self, product: str, targets: Iterable[Target]) -> Mapping[str, Reason]:
        """Service -> why a deploy would touch it."""
        live = read_live(self.place)
        departed = dict.fromkeys(departed_services(self.place, live, product), DEPARTED)
        differing = {t.service.name: reason for t, reason in pending_targets(self.place, live, targets)}
        return differing | departed

    def is_verified(self, product: str, targets: Iterable[Target]) -> bool:
        """Whether these very targets have passed the product's smoke tests here."""
        return is_verified(self.place, product, targets)

    def release(self, shipment: Shipment, tell: Tell) -> str:
        """Deploy, smoke-test, record; see `release_product`."""
        return release_product(self.place, shipment, tell)

    def smoke(self, services: Iterable[Service], tell: Tell) -> None:
        """Run smoke tests through the proxy."""
        run_smoke(self.place, services, tell)

    def scale(self, target: Target, to: int, reason: str, tell: Tell) -> None:
        """Add or end containers of the colour that serves; see `scale_service`."""
        what = f"{target.service.name} to {to or 'what its manifest says'}"
        words = f"{what}: {reason}" if reason else what
        with recorded(self.place, Deed("scale", target.service.product, target.commit, words), tell):
            scale_service(self.place, target, to, tell)

    def migrate(self, deed: Deed, targets: Iterable[Target], tell: Tell) -> None:
        """One-shot containers of the targets' images, under the product's lock."""
        with recorded(self.place, deed, tell):
            migrate_product(self.place, deed.product, targets, tell)

    def health(self, service: str = "") -> Sequence[Checkup]:
        """What the proxy and the containers say."""
        return check_health(self.place, service)

    def history(self) -> Mapping[str, tuple[Release, ...]]:
        """The releases in the state volume."""
        return read_history(self.place)

    def events(self, product: str = "") -> tuple[Event, ...]:
        """The audit log in the state volume."""
        return read_events(self.place, product)

    def has_image(self, image: str) -> bool:
        """Whether the engine holds an image, or its registry does."""
        return has_image(self.place, image)

    def logs(self, name: str, tail: int) -> Sequence[tuple[str, str]]:
        """What the containers of a service or product said last."""
        return read_logs(self.place, name, tail)

    def follow(self, name: str, tail: int) -> Iterable[tuple[str, str]]:
        """The same, and what they say from then on."""
        return follow_logs(self.place, name, tail)

    def stop(self, *, volumes: bool, tell: Tell) -> None:
        """Remove containers and network, and the volumes where they are named."""
        stop_environment(self.place, volumes=volumes, tell=tell)

    def remarks(self) -> Sequence[str]:
        """What the labels of the proxy and of the backing services tell."""
        found = find_containers(self.place)
        proxies = (each.labels for each in found if each.labels.get(ROLE) == Role.PROXY.value)
        differs = any(not is_as_declared(self.place, labels.get(FINGERPRINT, "")) for labels in proxies)
        return (*((PROXY_DIFFERS,) if differs else ()), *told_differences(self.place, found))

    def locks(self) -> Sequence[Holding]:
        """The locks that are held here."""
        return read_locks(self.place)

    def keep_lock(self, product: str, reason: str, tell: Tell) -> None:
        """Take a product's lock for a person, and note it in the log."""
        keep_lock(self.place, product, reason, tell)
        record_event(self.place, "lock-taken", product=product, detail=reason)

    def release_lock(self, held: Holding) -> None:
        """Take a lock from its holder, and note it in the log."""
        release_lock(self.place, held)
        record_event(self.place, "lock-released", product=held.product, detail=f"it was held by {held.whose}")


def _running(live: LiveService, scaled: int) -> Running:
    first = live.containers[0].labels if live.containers else {}
    return Running(
        name=live.name,
        product=live.product,
        state=_state(live),
        fingerprint=live.fingerprint,
        image_fingerprint=first.get(VERSION, ""),
        image=live.image,
        commit=live.commit,
        since=live.since.isoformat(timespec="seconds") if live.since else "",
        colour=live.colour.value if live.colour else "",
        kept=live.colour.other.value if live.colour and live.kept else "",
        kept_for=round(live.window) if live.kept else 0,
        replicas=live.count,
        idle=len(live.containers) - live.count,
        scaled=scaled,
    )


def _state(live: LiveService) -> str:
    if not live.containers:
        return ABSENT
    if not any(container.is_running for container in live.containers):
        return STOPPED
    return HEALTHY if live.is_healthy else UNHEALTHY
