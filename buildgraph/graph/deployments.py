"""Deployment and product nodes: an image with its run-time configuration in one environment; pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Final

from buildgraph.graph.nodes import Kind, Node, Part, digest_of
from buildgraph.manifests.addresses import Urls, urls_in, values_among
from buildgraph.manifests.backing import backing_of
from buildgraph.manifests.model import Environment, Manifests, Product, Service

# Raised when this program starts containers otherwise by the same manifests, wherever they run: all are started anew.
CONTAINER_VERSION: Final = 1


def deployment_nodes(manifests: Manifests) -> list[Node]:
    """One node per deployed service and environment."""
    return [
        _deployment_node(service, environment, urls)
        for environment in manifests.environments
        for urls in (urls_in(environment, manifests.services),)
        for service in manifests.services
        if service.deployed
    ]


def product_nodes(manifests: Manifests) -> list[Node]:
    """One node per product: it uses its images and deployments."""
    return [_product_node(product, manifests.environments) for product in manifests.products]


def _deployment_node(service: Service, environment: Environment, urls: Urls) -> Node:
    return Node(
        deployment_id(environment.name, service.name),
        Kind.DEPLOYMENT,
        service.path,
        tuple(sorted(_configuration(service, environment, urls))),
        uses=(f"image:{service.name}",),
        after=tuple(deployment_id(environment.name, other) for other in service.depends_on),
    )


def deployment_id(environment: str, service: str) -> str:
    """The id of a service's deployment in an environment."""
    return f"deployment:{environment}/{service}"


def _product_node(product: Product, environments: Iterable[Environment]) -> Node:
    images = [f"image:{service.name}" for service in product.services]
    running = [
        deployment_id(environment.name, service.name)
        for environment in environments
        for service in product.services
        if service.deployed
    ]
    parts = tuple(sorted(_proven(product)))
    return Node(f"product:{product.name}", Kind.PRODUCT, "", parts, uses=tuple(sorted(images + running)))


def proved(service: Service) -> Mapping[str, list[str]]:
    """Kind of part -> what a release tells or proves of a service besides what runs of it, each as a text of its own.

    It changes nothing that runs, and is done again when it is another.
    """
    found = {
        "breaking": [f"breaking {service.breaking}"] if service.breaking else [],
        "smoke": [json.dumps(asdict(test), sort_keys=True) for test in service.smoke],
    }
    return {kind: texts for kind, texts in found.items() if texts}


def _proven(product: Product) -> Iterable[Part]:
    for service in product.services:
        for kind, texts in proved(service).items() if service.deployed else ():
            yield Part(kind, service.name, digest_of(f"[{', '.join(texts)}]"))


def _configuration(service: Service, environment: Environment, urls: Urls) -> Iterable[Part]:
    """What a service's containers are started with besides their image; secrets enter as names only.

    A secret's value never enters a fingerprint that leaves the environment: the deployer compares it by
    an HMAC whose key stays there.
    """
    yield Part("tool", "containers", str(CONTAINER_VERSION))
    for name, value in values_among(service, environment, urls).items():
        yield Part("value", name, digest_of(f"={value}"))
    for name in (name for name, value in service.env.items() if value.secret):
        yield Part("value", name, digest_of("secret"))
    for name, setting in _settings(service, environment).items():
        yield Part("setting", name, digest_of(json.dumps(setting, sort_keys=True)))


def _settings(service: Service, environment: Environment) -> Mapping[str, object]:
    migration = service.migration
    return {
        "kind": service.kind,
        "replicas": service.replicas_in(environment.name),
        "resources": asdict(service.resources),
        "port": [service.port, service.listens],
        "host": environment.host_of(service),
        "health": [service.health, *service.health_command],
        "migration": list(migration.command) if migration else [],
        "database": service.database,
        "redis": service.redis,
        "backing": sorted(backing_of(service, environment)),
        "drain_within": environment.drain_within,
        **_cluster_settings(service, environment),
    }


def _cluster_settings(service: Service, environment: Environment) -> Mapping[str, object]:
    """What a cluster is told besides; where it is (context and namespace) changes nothing of what runs."""
    cluster = environment.kubernetes
    if cluster is None:
        return {}
    told = {name: value for name, value in asdict(cluster).items() if name not in ("context", "namespace")}
    told["health_within"] = environment.health_within
    grows = asdict(service.autoscale) if service.autoscale else None
    return {"kubernetes": {**told, "autoscale": grows, "alive": service.alive}}
