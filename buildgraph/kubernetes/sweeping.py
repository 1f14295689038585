"""What is taken away: objects that the manifests do not ask for any more, and at the end the whole environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from contextlib import ExitStack
from typing import Final

from buildgraph.errors import StepFailed
from buildgraph.kubernetes.cluster import STATE, Cluster
from buildgraph.kubernetes.lease import Lock, held_lock, read_locks
from buildgraph.kubernetes.live import Live, read_live
from buildgraph.place.holding import STOPPING
from buildgraph.place.model import Tell
from buildgraph.render.kubernetes import COMPONENT, INSTANCE, NAME, Shipping, object_names

SOURCES: Final = ("ConfigMap", "Secret")  # kept as long as a version that the cluster has at hand names them
KINDS: Final = {
    "Deployment": "deployments.apps",
    "Service": "services",
    "ConfigMap": "configmaps",
    "Secret": "secrets",
    "NetworkPolicy": "networkpolicies.networking.k8s.io",
    "Ingress": "ingresses.networking.k8s.io",
    "PodDisruptionBudget": "poddisruptionbudgets.policy",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers.autoscaling",
    "Job": "jobs.batch",
}
STATE_KINDS: Final = "configmaps,secrets,leases.coordination.k8s.io"


def kinds_known(without: Collection[str]) -> str:
    """All kinds that a service may be made of on this cluster, as kubectl lists them."""
    return ",".join(resource for kind, resource in KINDS.items() if kind not in without)


def sweep(lock: Lock, shippings: Iterable[Shipping], live: Live, without: Collection[str]) -> tuple[str, ...]:
    """Take away what services of a product were made of and are not any more; returns what went.

    StepFailed once the lock is lost: what is not needed here is what somebody else has just brought.
    """
    cluster = lock.cluster
    wanted = {name for shipping in shippings for name in object_names(shipping)}
    services = {shipping.service.name for shipping in shippings}
    named = {name for found in live.workloads.values() for name in found.sources}
    named |= {name for found in live.versions for name in found.sources}
    gone = []
    for told in cluster.kubectl.read(kinds_known(without), cluster.selecting(component="service")):
        kind, name = told["kind"], told["metadata"]["name"]
        is_needed = name in named if kind in SOURCES else (kind, name) in wanted
        if told["metadata"]["labels"][NAME] in services and not is_needed:
            lock.confirm()
            cluster.kubectl.run("delete", KINDS[kind], name, "--ignore-not-found", "--wait=false")
            gone.append(f"{kind} {name}")
    return tuple(gone)


def stop_environment(cluster: Cluster, *, volumes: bool, tell: Tell) -> None:
    """Stop all that runs here; what the environment remembers goes only with `volumes`.

    StepFailed while somebody deploys; a deploy that begins meanwhile is refused.
    """
    if not cluster.kubectl.read("namespace", cluster.kubectl.namespace):
        tell(f"there is no namespace {cluster.kubectl.namespace}")
        return
    for lock in read_locks(cluster):
        raise StepFailed(
            "down", f"{lock.product} is locked by {lock.whose}", "wait, or `buildgraph lock` tells more"
        )
    with ExitStack() as held:
        for product in sorted({found.product for found in read_live(cluster).workloads.values()}):
            held.enter_context(held_lock(cluster, product, STOPPING))
        _stop(cluster, tell)
        if volumes:
            _forget(cluster, tell)


def _stop(cluster: Cluster, tell: Tell) -> None:
    """Delete all that services were made of, and their migrations."""
    served = set(cluster.kubectl.run("api-resources", "--output=name").split())
    kinds = ",".join(resource for resource in KINDS.values() if resource in served)
    chosen = f"--selector={INSTANCE}={cluster.instance},{COMPONENT} in (service,migration)"
    cluster.kubectl.run("delete", kinds, chosen, "--ignore-not-found", "--timeout=60s")
    tell(f"stopped {cluster.environment.name}")


def _forget(cluster: Cluster, tell: Tell) -> None:
    """Delete what the environment remembers, and its namespace where it was made for it."""
    cluster.kubectl.run("delete", STATE_KINDS, cluster.selecting(), "--ignore-not-found")
    name = cluster.kubectl.namespace
    own = cluster.kubectl.read("namespace", cluster.selecting(component=STATE))
    if any(found["metadata"]["name"] == name for found in own):
        cluster.kubectl.run("delete", "namespace", name, "--wait=false")
        tell(f"deleted the namespace {name}")
