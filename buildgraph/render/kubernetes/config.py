"""The public values of a service's containers as an object that never changes."""

from __future__ import annotations

from buildgraph.render.kubernetes.names import config_name, service_labels
from buildgraph.render.kubernetes.shipping import Shipping
from buildgraph.render.yaml import Yaml


def config_map(shipping: Shipping) -> dict[str, Yaml]:
    """The public values, under a name that tells them; they never change, so what is gone back to has its own."""
    service, values = shipping.service, shipping.values
    data: dict[str, Yaml] = dict(values)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": config_name(service, values), "labels": service_labels(service)},
        "immutable": True,
        "data": data,
    }
