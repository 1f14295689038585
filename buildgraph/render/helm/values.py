"""What a chart's values are in an environment, what of them is the same in all, and what each has beside that."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from buildgraph.render.helm.merging import part
from buildgraph.render.kubernetes.names import secrets_name
from buildgraph.render.kubernetes.pods import grace_seconds, leaving_seconds, plain_container, startup_tries
from buildgraph.render.kubernetes.shipping import Shipping
from buildgraph.render.kubernetes.ways import ingress
from buildgraph.render.yaml import Yaml

REGISTRY: Final = "registry"


def values_of(shippings: Sequence[Shipping]) -> dict[str, Yaml]:
    """All values of an environment, which these services are shipped to."""
    environment, cluster = shippings[0].environment, shippings[0].cluster
    public = next((shipping for shipping in shippings if shipping.service.host), None)
    annotations = part(ingress(public), "metadata.annotations") if public else None
    return {
        REGISTRY: environment.registry.rstrip("/"),
        "tag": "",
        "pullSecrets": [{"name": cluster.pull_secret}] if cluster.pull_secret else [],
        "startupSeconds": math.ceil(environment.health_within),
        "startupTries": startup_tries(environment.health_within),
        "leaveSeconds": leaving_seconds(environment),
        "stopSeconds": grace_seconds(environment),
        "ingress": {
            "class": cluster.ingress_class or None,
            "annotations": annotations or {},
            "tls": bool(cluster.issuer),
        },
        "services": {shipping.service.name: _of_service(shipping) for shipping in shippings},
    }


def _of_service(shipping: Shipping) -> dict[str, Yaml]:
    service = shipping.service
    return {
        "tag": "",
        "digest": "",
        "replicas": shipping.replicas,
        "resources": plain_container(service).get("resources", {}),
        **({"host": shipping.environment.host_of(service)} if service.host else {}),
        "secrets": [secrets_name(service, "")] if shipping.secret_names else [],
        "config": dict(shipping.values),
    }


def common(every: Sequence[Mapping[str, Yaml]]) -> dict[str, Yaml]:
    """What all of these say alike."""
    first, *others = every
    found: dict[str, Yaml] = {}
    for name, value in first.items():
        if not all(name in other for other in others):
            continue
        values = [value, *(other[name] for other in others)]
        maps = [each for each in values if isinstance(each, Mapping)]
        if len(maps) == len(values) and any(maps):
            found[name] = common(maps)
        elif all(each == value for each in values):
            found[name] = value
    return found


def rest(told: Mapping[str, Yaml], same: Mapping[str, Yaml]) -> dict[str, Yaml]:
    """What these say beside what all say alike."""
    found: dict[str, Yaml] = {}
    for name, value in told.items():
        if name not in same:
            found[name] = value
            continue
        known = same[name]
        if isinstance(value, Mapping) and isinstance(known, Mapping) and (more := rest(value, known)):
            found[name] = more
    return found
