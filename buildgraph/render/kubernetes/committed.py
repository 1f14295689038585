"""The base and the overlays that are kept in the repository, for people who apply or read them without this tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from buildgraph.manifests.model import Environment, EnvValue, Kubernetes, Manifests, Service
from buildgraph.manifests.variables import DATABASE_URL, redis_values
from buildgraph.render.kubernetes.overlays import render_base, render_environment, render_overlay
from buildgraph.render.kubernetes.shipping import Shipping

# Beside the compose files: `docker/` holds what other programs read of containers, and the project's top stays small.
FOLDER: Final = "docker/kubernetes"


def render_committed(manifests: Manifests) -> dict[str, str]:
    """The base of every service, and an overlay of every environment whose images a cluster can pull."""
    found: dict[str, str] = {}
    for service in _services(manifests):
        found |= render_base(service)
    for environment, shippings in shipped(manifests).items():
        found |= render_environment(environment, (shipping.service.name for shipping in shippings))
        for shipping in shippings:
            found |= render_overlay(shipping)
    return {f"{FOLDER}/{path}": text for path, text in found.items()}


def shipped(manifests: Manifests) -> dict[str, tuple[Shipping, ...]]:
    """By the name of every environment whose images a cluster can pull, all services as they would be there."""
    found: dict[str, tuple[Shipping, ...]] = {}
    for environment in manifests.environments:
        if not environment.registry or environment.coolify:
            continue
        there = on_cluster(manifests.workspace.name, environment)
        found[environment.name] = tuple(
            Shipping(
                manifests.workspace.name,
                there,
                manifests.services,
                service if environment.kubernetes else with_servers_elsewhere(service),
            )
            for service in _services(manifests)
        )
    return found


def _services(manifests: Manifests) -> Iterator[Service]:
    return (service for service in manifests.services if service.deployed)


def on_cluster(workspace: str, environment: Environment) -> Environment:
    """An environment as it is on a cluster: its own, or one in a namespace by its name."""
    cluster = environment.kubernetes or Kubernetes("", f"{workspace}-{environment.name}")
    return replace(environment, engine="", backing=(), kubernetes=cluster)


def with_servers_elsewhere(service: Service) -> Service:
    """A service that is told by its Secret where its database and its Redis are: a cluster runs neither."""
    names = [DATABASE_URL] if service.database else []
    names += redis_values("") if service.redis else []
    return replace(service, env={**{name: EnvValue(secret=True) for name in names}, **service.env})
