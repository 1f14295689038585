"""A release from its first line in the log to its record: deployed, smoke-tested, recorded, in this order.

Killed anywhere, the next deploy finds what is not as it shall be, or not verified yet, and goes through the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from buildgraph.deploy.pending import in_order
from buildgraph.deploy.releases import Source
from buildgraph.deploy.releasing import Shipment
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.former import Switched, former_of, released_before
from buildgraph.kubernetes.lease import Lock, held_lock
from buildgraph.kubernetes.live import Live, read_live
from buildgraph.kubernetes.migration import run_migration
from buildgraph.kubernetes.records import (
    forget_verified,
    read_history,
    record_release,
    record_verified,
    recorded,
)
from buildgraph.kubernetes.rollout import bring, confirm_versions, remove_service, unknown_kinds, unwind
from buildgraph.kubernetes.sealed import ensure_sealed
from buildgraph.kubernetes.shipping import departed_services, pending_shippings, shippings_of
from buildgraph.kubernetes.smoke import run_smoke
from buildgraph.kubernetes.state import ensure_key, ensure_namespace
from buildgraph.kubernetes.sweeping import kinds_known, sweep
from buildgraph.place.audit import Deed
from buildgraph.place.model import Target, Tell
from buildgraph.place.secrets import check_secrets
from buildgraph.render.kubernetes import RELEASE, SCALED, UNSETTLED, Shipping


def release_product(cluster: Cluster, shipment: Shipment, tell: Tell) -> str:
    """Deploy and smoke-test a product, then record the release; returns its name.

    Raises ConfigurationError before anything changes, StepFailed when a step fails: what ran goes on then.
    """
    deed, targets = shipment.deed, shipment.targets
    check_secrets([target.service for target in targets], cluster.environment, cluster.secrets)
    if ensure_namespace(cluster):
        tell(f"made the namespace {cluster.kubectl.namespace}")
    with recorded(cluster, deed, tell) as release, held_lock(cluster, deed.product, deed.reason) as lock:
        shipment.confirm()
        key = ensure_key(cluster)
        live = read_live(cluster)
        found = shippings_of(cluster, key, live, in_order(targets))
        shippings = {shipping.service.name: shipping for shipping in found}
        forget_verified(cluster, deed.product)
        _deploy(lock, live, shippings, tell)
        lock.confirm()
        source = Source(deed.kind, deed.commit, shipment.origin)
        release.append(record_release(cluster, deed.product, shipment.services, source))
        _annotate(lock, live, shippings, release[0])
        record_verified(cluster, deed.product, targets)
    tell(f"release {release[0]}")
    return release[0]


def migrate_product(cluster: Cluster, deed: Deed, targets: Iterable[Target], tell: Tell) -> None:
    """Run the migrations of a product's targets, in their order, under its lock, and nothing else."""
    wanted = [target for target in in_order(targets) if target.service.migration]
    if not wanted:
        tell("no service has a migration")
        return
    check_secrets([target.service for target in wanted], cluster.environment, cluster.secrets)
    ensure_namespace(cluster)
    with recorded(cluster, deed, tell), held_lock(cluster, deed.product, deed.reason) as lock:
        for shipping in shippings_of(cluster, ensure_key(cluster), read_live(cluster), wanted):
            lock.confirm()
            ensure_sealed(cluster, shipping.service, shipping.secrets)
            run_migration(cluster, shipping, tell)


def _deploy(lock: Lock, live: Live, shippings: Mapping[str, Shipping], tell: Tell) -> None:
    """Make a product run as it shall; what this run has changed goes back when anything of it fails."""
    cluster, product = lock.cluster, lock.product
    history = read_history(cluster).get(product, ())
    released = history[-1].versions if history else {}
    reasons = pending_shippings(live, shippings.values())
    departed = departed_services(cluster, live, product)
    without = unknown_kinds(lock, (shippings[name] for name in reasons), tell)
    run: list[Switched] = []
    try:
        for name, shipping in shippings.items():
            if name in reasons:
                tell(f"{name}: {reasons[name]}")
                ensure_sealed(cluster, shipping.service, shipping.secrets)
                lock.confirm()
                run_migration(cluster, shipping, tell)
                run.append(former_of(live, name, released))
                bring(lock, shipping, without, tell)
            elif released.get(name) not in (None, shipping.fingerprint):
                run.append(
                    released_before(live, name, released)
                )  # a killed run brought it, and proved nothing
        run_smoke(cluster, [shipping.service for shipping in shippings.values()], tell)
        lock.confirm()
        confirm_versions(lock, shippings.values())
    except BaseException:
        unwind(lock, run, tell)
        raise
    for name in departed:
        remove_service(lock, name, kinds_known(without), tell)
    if reasons:
        for gone in sweep(lock, tuple(shippings.values()), read_live(cluster), without):
            tell(f"removed {gone}, which nothing needs any more")


def _annotate(lock: Lock, live: Live, shippings: Mapping[str, Shipping], release: str) -> None:
    """Write the release's name beside what runs, which is settled now; it restarts nothing.

    A number that was asked for goes when the manifest has another one than it stood for.
    """
    kubectl = lock.cluster.kubectl
    if shippings:
        names = [f"deployment/{name}" for name in shippings]
        kubectl.run("annotate", *names, f"{RELEASE}={release}", "--overwrite")
    for name, shipping in shippings.items():
        running = live.workloads.get(name)
        if running and running.scaled != shipping.scaled:
            kubectl.run("annotate", f"deployment/{name}", f"{SCALED}-")
        if running and running.is_unsettled:
            kubectl.run("label", f"deployment/{name}", f"{UNSETTLED}-")
