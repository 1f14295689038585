"""Targets as they travel to a cluster, and the words by which one is told to be another than what runs."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.deploy.builds import is_same_build
from buildgraph.deploy.platform import HEALTHY, STOPPED
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.live import Live, Workload
from buildgraph.place.model import Reason, Target
from buildgraph.place.secrets import wanted_digest
from buildgraph.render.kubernetes import Shipping


def shippings_of(cluster: Cluster, key: bytes, live: Live, targets: Iterable[Target]) -> tuple[Shipping, ...]:
    """Targets with what they are given here; `key` is that of secrets' digests."""
    return tuple(_shipping_of(cluster, key, live, target) for target in targets)


def _shipping_of(cluster: Cluster, key: bytes, live: Live, target: Target) -> Shipping:
    running, declared = (
        live.workloads.get(target.service.name),
        target.service.replicas_in(cluster.environment.name),
    )
    return Shipping(
        workspace=cluster.workspace,
        environment=cluster.environment,
        catalog=cluster.catalog,
        service=target.service,
        image=target.image,
        image_fingerprint=target.image_fingerprint,
        fingerprint=target.fingerprint,
        commit=target.commit,
        secrets=wanted_digest(
            running.secrets if running else "", key, target.service, cluster.environment, cluster.secrets
        ),
        scaled=running.scaled if running and running.scaled_from == declared else 0,
    )


def pending_shippings(live: Live, shippings: Iterable[Shipping]) -> dict[str, Reason]:
    """Service -> why it is not as it shall be; empty when all are."""
    found = ((s.service.name, _reason(live.workloads.get(s.service.name), s)) for s in shippings)
    return {name: reason for name, reason in found if reason is not None}


def departed_services(cluster: Cluster, live: Live, product: str) -> tuple[str, ...]:
    """The services of a product that run although the manifests have them no more."""
    known = {service.name for service in cluster.catalog if service.deployed}
    return tuple(found.service for found in live.of_product(product) if found.service not in known)


def _reason(running: Workload | None, shipping: Shipping) -> Reason | None:
    if running is None:
        return Reason("it does not run yet")
    if running.state == STOPPED:
        return Reason("it does not run")
    if problem := another_version(running, shipping):
        return Reason(problem)
    unsettled = _unsettled(running, shipping)
    return Reason(unsettled, replaces=False) if unsettled else None


def _unsettled(running: Workload, shipping: Shipping) -> str:
    """What is to do although the pods are of the right version; "" for nothing."""
    if not shipping.service.autoscale and running.replicas != shipping.replicas:
        return f"{running.replicas} of {shipping.replicas} replicas are asked for"
    if running.product != shipping.service.product:
        return f"it has moved from the product {running.product}"
    if running.is_unsettled:
        return "a version was taken back, and what stands around its pods may be left of that"
    return "" if running.state == HEALTHY else "it is not healthy"


def another_version(running: Workload, shipping: Shipping) -> str:
    """Why what a Deployment asks for is another version than this one; "" when it is this one."""
    if running.fingerprint != shipping.fingerprint:
        return "its fingerprint differs from what runs"
    if running.secrets != shipping.secrets:
        return "its secrets have changed"
    return "" if is_same_build(running.image, shipping.image) else "it runs from another image"
