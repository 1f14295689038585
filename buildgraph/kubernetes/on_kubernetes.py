"""A Kubernetes cluster as a platform: what the rest of this room does, behind the verbs' one door."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from buildgraph.deploy.checkups import Checkup
from buildgraph.deploy.platform import Running
from buildgraph.deploy.releases import Release
from buildgraph.deploy.releasing import Shipment
from buildgraph.kubernetes.checkups import check_health
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.lease import free_lock, keep_lock, read_locks
from buildgraph.kubernetes.live import read_live
from buildgraph.kubernetes.records import is_verified, read_events, read_history, recorded, write_event
from buildgraph.kubernetes.releasing import migrate_product, release_product
from buildgraph.kubernetes.said import follow_logs, read_logs
from buildgraph.kubernetes.scaling import scale_service
from buildgraph.kubernetes.shipping import departed_services, pending_shippings, shippings_of
from buildgraph.kubernetes.smoke import run_smoke
from buildgraph.kubernetes.state import ensure_namespace, read_key
from buildgraph.kubernetes.sweeping import stop_environment
from buildgraph.manifests.model import Service
from buildgraph.place.actor import read_actor
from buildgraph.place.audit import Deed, Event, moment
from buildgraph.place.holding import Holding
from buildgraph.place.model import DEPARTED, Reason, Scene, Target, Tell


@dataclass(frozen=True, slots=True)
class KubernetesPlatform:
    """An environment in a namespace of a cluster."""

    cluster: Cluster

    @property
    def scene(self) -> Scene:
        """What the manifests say of the environment."""
        return self.cluster.scene

    def at(self, scene: Scene) -> KubernetesPlatform:
        """The same namespace with what other manifests say."""
        return KubernetesPlatform(self.cluster.at(scene))

    def running(self) -> Mapping[str, Running]:
        """What runs, by the Deployments' own word."""
        return {name: found.running for name, found in read_live(self.cluster).workloads.items()}

    def pending(self, product: str, targets: Iterable[Target]) -> Mapping[str, Reason]:
        """Service -> why a deploy would touch it."""
        live, key = read_live(self.cluster), read_key(self.cluster)
        shippings = shippings_of(self.cluster, key, live, targets)
        departed = departed_services(self.cluster, live, product)
        return pending_shippings(live, shippings) | dict.fromkeys(departed, DEPARTED)

    def is_verified(self, product: str, targets: Iterable[Target]) -> bool:
        """Whether these very targets have passed the product's smoke tests here."""
        return is_verified(self.cluster, product, targets)

    def release(self, shipment: Shipment, tell: Tell) -> str:
        """Deploy, smoke-test, record; see `release_product`."""
        return release_product(self.cluster, shipment, tell)

    def smoke(self, services: Iterable[Service], tell: Tell) -> None:
        """Run smoke tests by the services' own Services."""
        run_smoke(self.cluster, services, tell)

    def history(self) -> Mapping[str, tuple[Release, ...]]:
        """The releases that the namespace keeps."""
        return read_history(self.cluster)

    def events(self, product: str = "") -> tuple[Event, ...]:
        """The audit log that the namespace keeps."""
        return read_events(self.cluster, product)

    def has_image(self, image: str) -> bool:
        """Whether the registry holds an image, for a cluster pulls from there."""
        return self.cluster.is_published(image)

    def scale(self, target: Target, to: int, reason: str, tell: Tell) -> None:
        """Have more or fewer pods of the version that runs; see `scale_service`."""
        what = f"{target.service.name} to {to or 'what its manifest says'}"
        words = f"{what}: {reason}" if reason else what
        with recorded(self.cluster, Deed("scale", target.service.product, target.commit, words), tell):
            scale_service(self.cluster, target, to, tell)

    def migrate(self, deed: Deed, targets: Iterable[Target], tell: Tell) -> None:
        """Jobs of the targets' images, under the product's lock."""
        migrate_product(self.cluster, deed, targets, tell)

    def health(self, service: str = "") -> Sequence[Checkup]:
        """What the nodes say of the pods."""
        return check_health(self.cluster, service)

    def logs(self, name: str, tail: int) -> Sequence[tuple[str, str]]:
        """What the pods of a service or product said last."""
        return read_logs(self.cluster, name, tail)

    def follow(self, name: str, tail: int) -> Iterable[tuple[str, str]]:
        """The same, and what they say from then on."""
        return follow_logs(self.cluster, name, tail)

    def stop(self, *, volumes: bool, tell: Tell) -> None:
        """Delete what runs, and what is remembered where that is named."""
        stop_environment(self.cluster, volumes=volumes, tell=tell)

    def remarks(self) -> Sequence[str]:
        """Nothing: it has no servers of its own."""
        return ()

    def locks(self) -> Sequence[Holding]:
        """The locks that are held here."""
        return read_locks(self.cluster)

    def keep_lock(self, product: str, reason: str, tell: Tell) -> None:
        """Take a product's lock for a person, and note it in the log."""
        ensure_namespace(self.cluster)
        keep_lock(self.cluster, product, reason)
        self._note("lock-taken", product, reason)

    def release_lock(self, held: Holding) -> None:
        """Take a lock from its holder, and note it in the log."""
        free_lock(self.cluster, held.handle)
        self._note("lock-released", held.product, f"it was held by {held.whose}")

    def _note(self, kind: str, product: str, detail: str) -> None:
        write_event(self.cluster, Event(moment(), read_actor(), kind, product, detail=detail))
