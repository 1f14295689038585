"""More or fewer containers of the version that runs; what is asked for stays beside it for later deploys."""

from __future__ import annotations

import time

from buildgraph.errors import StepFailed
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.lease import Lock, held_lock
from buildgraph.kubernetes.live import read_live, render_scaled
from buildgraph.kubernetes.rollout import SLACK, has_settled
from buildgraph.kubernetes.trouble import read_trouble
from buildgraph.place.model import Target, Tell
from buildgraph.render.kubernetes import SCALED


def scale_service(cluster: Cluster, target: Target, to: int, tell: Tell) -> None:
    """Run `to` containers of a service as it runs, also after later deploys; 0: as many as its manifest says.

    StepFailed when something else runs than the target, when the cluster itself counts it, or when new
    containers do not get well.
    """
    service = target.service
    if service.autoscale:
        raise StepFailed(
            f"scale:{service.name}", "the cluster counts it", "change its `autoscale`, then deploy"
        )
    with held_lock(cluster, service.product, f"scale {service.name}") as lock:
        running = read_live(cluster).workloads.get(service.name)
        if running is None or running.fingerprint != target.fingerprint:
            what = "it does not run" if running is None else "another version runs"
            raise StepFailed(f"scale:{service.name}", what, f"run `deploy:{service.product}` first")
        _scale(lock, target, to, tell)


def _scale(lock: Lock, target: Target, to: int, tell: Tell) -> None:
    service, cluster = target.service, lock.cluster
    declared = service.replicas_in(cluster.environment.name)
    deployment, wanted = f"deployment/{service.name}", to or declared
    mark = f"{SCALED}-" if wanted == declared else f"{SCALED}={render_scaled(wanted, declared)}"
    began = time.monotonic()
    lock.confirm()
    cluster.kubectl.run("annotate", deployment, mark, "--overwrite")
    cluster.kubectl.run("scale", deployment, f"--replicas={wanted}")
    if not has_settled(lock, service.name, cluster.environment.health_within * wanted + SLACK):
        trouble = read_trouble(cluster, cluster.selecting(name=service.name), target.fingerprint)
        raise StepFailed(f"scale:{service.name}", f"not all of {wanted} are well", trouble)
    tell(f"{service.name}: {wanted} well after {time.monotonic() - began:.1f} s")
