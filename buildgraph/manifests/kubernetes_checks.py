"""What an environment on a Kubernetes cluster must keep to, beside what holds for all; it asks no cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from buildgraph.manifests.checks import Declared
from buildgraph.manifests.model import Environment, Service
from buildgraph.manifests.reading import Place

ENGINES_ONLY: Final = "is a matter of Docker engines"
ELSEWHERE: Final = (
    "let somebody run it beside, and give services its address: a secret DATABASE_URL in their `env`"
)
# Keys that say how an engine does it, with what a cluster has in their place.
OF_ENGINES: Final = {
    "engine": "leave out one: the environment is on an engine, or on a cluster",
    "strategy": "leave it out: the cluster replaces one container after the other, each when it is well",
    "canary": "leave it out",
    "rollback_window": "leave it out: `rollback:PRODUCT` starts the former version again",
    "proxy_port": "leave it out: an Ingress leads to the services",
    "proxy_image": "leave it out: an Ingress leads to the services",
    "backing": ELSEWHERE,
    "backups": "leave it out: whoever runs the database backs it up",
}
PLAIN: Final = Environment("")


def check_clusters(
    environments: Sequence[Declared[Environment]], services: Sequence[Declared[Service]]
) -> None:
    """Keep a mistake where an environment says an engine's words of a cluster, or two share a namespace."""
    taken: dict[tuple[str, str], Place] = {}
    for found in environments:
        cluster = found.value.kubernetes
        if cluster is None:
            continue
        _check_keys(found)
        if not found.value.registry:
            found.place.at("registry").refuse(
                "is missing: a cluster pulls its images", 'write for example "ghcr.io/acme"'
            )
        where = (cluster.context, cluster.namespace)
        holder = taken.setdefault(where, found.place)
        if holder != found.place:
            what = f"{cluster.namespace!r} is taken by {holder}"
            found.place.at("kubernetes", "namespace").refuse(what, "give each environment its own")
    for declared in services:
        _check_autoscale(declared)


def _check_keys(found: Declared[Environment]) -> None:
    for key, way_out in OF_ENGINES.items():
        is_given = key == "rollback_window" and found.value.strategy != PLAIN.strategy  # by the strategy
        if getattr(found.value, key) != getattr(PLAIN, key) and not is_given:
            found.place.at(key).refuse(f"{ENGINES_ONLY}, and [kubernetes] stands beside it", way_out)


def _check_autoscale(declared: Declared[Service]) -> None:
    """A share of processors can only be told of a service that says how many it may use."""
    service, place = declared.value, declared.place.at("autoscale")
    if service.autoscale is None:
        return
    if not service.resources.cpus:
        place.refuse("needs to know the processors of one container", "write resources = { cpus = … }")
    elif service.autoscale.most <= max(service.replicas.values(), default=1):
        place.at("most").refuse(f"is {service.autoscale.most}, and `replicas` is no fewer", "raise it")
