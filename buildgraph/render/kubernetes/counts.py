"""How many of a service there are: never all away at once, and more of them while they have much to do."""

from __future__ import annotations

from buildgraph.render.kubernetes.names import selector, service_labels
from buildgraph.render.kubernetes.shipping import Shipping
from buildgraph.render.limits import QUARTER
from buildgraph.render.yaml import Yaml


def disruption_budget(shipping: Shipping) -> dict[str, Yaml]:
    """One at a time is taken away when nodes are emptied."""
    service = shipping.service
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": service.name, "labels": service_labels(service)},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector(service)}},
    }


def autoscaler(shipping: Shipping) -> dict[str, Yaml]:
    """More of them as long as they use more than a share of their processors.

    Kubernetes counts in 100 of what a container is promised ("Horizontal Pod Autoscaling", algorithm details), which is
    less than it may use, so the number is above 100.
    """
    service, grows = shipping.service, shipping.service.autoscale
    assert grows is not None
    target: Yaml = {"type": "Utilization", "averageUtilization": grows.cpu * QUARTER}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": service.name, "labels": service_labels(service)},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": service.name},
            "minReplicas": shipping.replicas,
            "maxReplicas": grows.most,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }
