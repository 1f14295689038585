"""Services on their way to a cluster, for tests: a usual one, and what is made of it as objects."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from buildgraph.manifests.model import Environment, EnvValue, Kubernetes, Migration, Resources, Service
from buildgraph.render.kubernetes import Shipping, render_base, render_environment, render_overlay

IMAGE = "ghcr.io/shop/api@sha256:" + "0" * 64
API = Service(
    "api",
    "shop",
    "nestjs",
    "apps/api",
    port=4000,
    listens=3000,
    host="api",
    health="/api/health",
    alive="/api/health/live",
    replicas={"*": 1, "production": 3},
    env={
        "KEY": EnvValue(secret=True),
        "WEB": EnvValue({"*": "{public:api}"}),
        "SELF": EnvValue({"*": "{service:api}"}),
    },
    resources=Resources(0.5, 512 * 2**20),
    migration=Migration(("node", "migrate.js"), 120),
)
WORKER = Service("worker", "shop", "dockerfile", "apps/worker", health_command=("worker", "--alive"))
PRODUCTION = Environment(
    "production",
    registry="ghcr.io/shop",
    domain="{host}.shop.org",
    drain_within=25,
    values={"REGION": "eu"},
    kubernetes=Kubernetes("c", "shop", "nginx", "letsencrypt", "registry", {"a/b": "c"}),
)
STAGING = Environment("staging", registry="ghcr.io/shop", kubernetes=Kubernetes("c", "shop-staging"))


def ship(service: Service = API, environment: Environment = PRODUCTION, **fields: Any) -> Shipping:
    """A service on its way to an environment."""
    usual = Shipping("acme", environment, (service,), service, IMAGE, "f" * 64, "e" * 64, "c" * 40, "d" * 32)
    return replace(usual, **fields)


def files_of(shippings: Iterable[Shipping], without: Iterable[str] = ()) -> dict[str, str]:
    """All files of a base and of the overlays of these."""
    found: dict[str, str] = {}
    by_environment: dict[str, list[str]] = {}
    for shipping in shippings:
        found |= {**render_base(shipping.service), **render_overlay(shipping, frozenset(without))}
        by_environment.setdefault(shipping.environment.name, []).append(shipping.service.name)
    for environment, names in by_environment.items():
        found |= render_environment(environment, names)
    return found


def kustomized(folder: Path, files: Mapping[str, str], overlay: str) -> dict[str, Any]:
    """What kubectl makes of the files of an overlay: objects by kind and name."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    argv = ("kubectl", "kustomize", str(folder / overlay))
    shown = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return {f"{told['kind']}/{told['metadata']['name']}": told for told in yaml.safe_load_all(shown)}
