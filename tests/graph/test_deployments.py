"""What a deployment's fingerprint is made of: what an environment has enters only where the service minds it."""

from __future__ import annotations

from dataclasses import replace

from buildgraph.graph.deployments import deployment_nodes
from buildgraph.manifests.model import (
    Backing,
    Environment,
    Kubernetes,
    Manifests,
    Product,
    Service,
    WorkspaceManifest,
)

API = Service("api", "shop", "nestjs", "apps/api", port=3001, health="/health", database="shop", redis=True)
WEB = Service("web", "shop", "sveltekit", "apps/web", port=3002, health="/health")
HERE = Environment("production", registry="registry.test/shop", backing=(Backing("postgres", "postgres:16"),))


def moved(there: Environment, here: Environment = HERE) -> list[str]:
    """The deployments that an environment of other settings makes anew."""
    before, after = (
        {node.path: node.parts for node in deployment_nodes(manifests(environment))}
        for environment in (here, there)
    )
    return [path for path in before if before[path] != after[path]]


def manifests(environment: Environment) -> Manifests:
    return Manifests(WorkspaceManifest("acme"), (Product("shop", (API, WEB)),), (environment,))


def test_a_server_that_an_environment_gets_moves_only_those_who_use_it() -> None:
    redis = Backing("redis", "redis:7")

    assert moved(HERE) == []
    assert moved(replace(HERE, backing=(*HERE.backing, redis))) == ["apps/api"]


def test_the_time_to_get_well_is_told_to_a_cluster_and_to_nobody_else() -> None:
    """It stands in the pods of a cluster; elsewhere only this program waits by it."""
    cluster = replace(HERE, backing=(), kubernetes=Kubernetes("context", "shop"))

    assert moved(replace(HERE, health_within=300)) == []
    assert moved(replace(cluster, health_within=300), cluster) == ["apps/api", "apps/web"]
