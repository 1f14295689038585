"""More or fewer containers of the version that runs; what is asked for stays beside it for later deploys."""

from __future__ import annotations

import time

from buildgraph.deploy.builds import is_same_build
from buildgraph.errors import StepFailed
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.lease import Lock, held_lock
from buildgraph.kubernetes.live import Workload, read_live, render_scaled
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
            f"scale:{service.product}",
            f"the cluster counts {service.name}",
            "change its `autoscale`, then deploy",
        )
    with held_lock(cluster, service.product, f"scale {service.name}") as lock:
        running = read_live(cluster).workloads.get(service.name)
        if problem := _problem(running, target):
            way_out = f"run `deploy:{service.product}` first"
            raise StepFailed(f"scale:{service.product}", f"{service.name} {problem}", way_out)
        _scale(lock, target, to, tell)


def _problem(running: Workload | None, target: Target) -> str:
    """Why pods of the target would not be what those beside them are; "" when they would."""
    if running is None:
        return "does not run"
    if running.fingerprint != target.fingerprint:
        return "runs as another version"
    return "" if is_same_build(running.image, target.image) else "runs from another image than was released"


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
        raise StepFailed(f"scale:{service.product}", f"not all {wanted} of {service.name} are well", trouble)
    tell(f"{service.name}: {wanted} well after {time.monotonic() - began:.1f} s")
