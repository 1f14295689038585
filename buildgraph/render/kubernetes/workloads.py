"""What runs a service's pods: a Deployment that replaces one after the other, and a Job that migrates."""

from __future__ import annotations

import math
from typing import Final

from buildgraph.manifests.model import Service
from buildgraph.render.kubernetes.names import (
    COMMIT,
    FINGERPRINT,
    IMAGE,
    INSTANCE,
    MIGRATION,
    SECRETS,
    config_name,
    instance_of,
    migration_name,
    secrets_name,
    selector,
    service_labels,
)
from buildgraph.render.kubernetes.pods import grace_seconds, leave, plain_container, pod_spec, probes
from buildgraph.render.kubernetes.shipping import Shipping
from buildgraph.render.yaml import Yaml

# Versions that the cluster keeps. It drops those that were made first, be it that they ran last: enough of them for a
# version that was gone back to time and again.
FORMER: Final = 10


def plain_deployment(service: Service) -> dict[str, Yaml]:
    """A service's Deployment as it is in every environment."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": service.name, "labels": service_labels(service)},
        "spec": {
            "revisionHistoryLimit": FORMER,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": {"matchLabels": selector(service)},
            "template": {
                "metadata": {"labels": service_labels(service)},
                "spec": pod_spec(plain_container(service)),
            },
        },
    }


def deployment_patch(shipping: Shipping, *, is_counted: bool = True) -> dict[str, Yaml]:
    """What an environment adds to the Deployment.

    The count of one that an autoscaler counts is left to it: deploys would set it back each time.
    """
    service, environment = shipping.service, shipping.environment
    container = {
        "name": service.name,
        "envFrom": env_from(shipping),
        **probes(service, environment.health_within),
        **leave(service, environment),
    }
    count: dict[str, Yaml] = {"replicas": shipping.replicas} if is_counted else {}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": service.name},
        "spec": {
            **count,
            "progressDeadlineSeconds": math.ceil(environment.health_within),
            "template": {
                "metadata": _annotated(shipping),
                "spec": {**_spec_of_place(shipping), "containers": [container]},
            },
        },
    }


def migration_job(shipping: Shipping) -> dict[str, Yaml]:
    """The one-shot Job of the new image that migrates a service's database, whole: nothing is added to it later."""
    service, migration = shipping.service, shipping.service.migration
    assert migration is not None
    container = {
        **plain_container(service),
        "image": shipping.image,
        "args": list(migration.command),
        "envFrom": env_from(shipping),
    }
    instance = {INSTANCE: instance_of(shipping.workspace, shipping.environment.name)}
    labels: dict[str, Yaml] = {**service_labels(service, MIGRATION), **instance}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": migration_name(service), "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": math.ceil(migration.within),
            "template": {
                "metadata": {"labels": labels, **_annotated(shipping)},
                "spec": {
                    **pod_spec(container),
                    **_spec_of_place(shipping),
                    "restartPolicy": "Never",
                },
            },
        },
    }


def env_from(shipping: Shipping) -> list[Yaml]:
    """Where a container's variables stand; of two with one name the later wins."""
    service = shipping.service
    found: list[Yaml] = [{"configMapRef": {"name": config_name(service, shipping.values)}}]
    if shipping.secret_names:
        found.append({"secretRef": {"name": secrets_name(service, shipping.secrets)}})
    return found


def _annotated(shipping: Shipping) -> dict[str, Yaml]:
    """What a pod was made from; it stands in the template, so that whoever goes back takes it back too."""
    told = {
        FINGERPRINT: shipping.fingerprint,
        IMAGE: shipping.image_fingerprint,
        COMMIT: shipping.commit,
        SECRETS: shipping.secrets,
    }
    known: dict[str, Yaml] = {name: value for name, value in told.items() if value}
    return {"annotations": known} if known else {}


def _spec_of_place(shipping: Shipping) -> dict[str, Yaml]:
    pull = shipping.cluster.pull_secret
    return {
        "terminationGracePeriodSeconds": grace_seconds(shipping.environment),
        **({"imagePullSecrets": [{"name": pull}]} if pull else {}),
    }
