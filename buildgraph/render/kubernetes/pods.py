"""What runs in a pod: one container that may do no more than it must, told well or not by its health check."""

from __future__ import annotations

import math
from typing import Final

from buildgraph.manifests.model import Environment, Resources, Service
from buildgraph.manifests.sealing import SCRATCH_MEGABYTES, USER_ID
from buildgraph.render.kubernetes.names import PORT_NAME
from buildgraph.render.limits import HALF, MEBI, QUARTER, stop_seconds
from buildgraph.render.yaml import Yaml

PROBE_EVERY: Final = 2  # seconds between looks at a container that starts, or that shall get requests
# Seconds in which all nodes and ingress controllers have heard that a pod is on its way out. They hear of it when its
# container does, and send it requests until then ("Termination of Pods" in Kubernetes' documentation, step 3).
LEAVING: Final = 5

# The restricted profile of Kubernetes' "Pod Security Standards".
POD_SECURITY: Final[dict[str, Yaml]] = {
    "runAsNonRoot": True,
    "runAsUser": USER_ID,
    "runAsGroup": USER_ID,
    "fsGroup": USER_ID,
    "seccompProfile": {"type": "RuntimeDefault"},
}
CONTAINER_SECURITY: Final[dict[str, Yaml]] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "privileged": False,
    "capabilities": {"drop": ["ALL"]},
}


def pod_spec(container: dict[str, Yaml]) -> dict[str, Yaml]:
    """A pod around its one container: no token of the cluster, no list of its neighbours, `/tmp` in memory."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": POD_SECURITY,
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": f"{SCRATCH_MEGABYTES}Mi"}}],
    }


def plain_container(service: Service) -> dict[str, Yaml]:
    """A service's container without what depends on the environment; its image is named like the service."""
    container: dict[str, Yaml] = {"name": service.name, "image": service.name}
    port = service.listens or service.port
    if port:
        container["ports"] = [{"name": PORT_NAME, "containerPort": port, "protocol": "TCP"}]
    if service.resources != Resources():
        container["resources"] = _resources(service.resources)
    return {
        **container,
        "securityContext": CONTAINER_SECURITY,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }


def probes(service: Service, within: float) -> dict[str, Yaml]:
    """How a container is told: whether it has started, `within` seconds, and lives; and whether it gets requests.

    The first two have it started anew, which brings no lost database back: they ask whether it is alive, the last one
    alone whether it can serve. A worker that says nothing of its health is well as long as it runs.
    """
    ready, alive = _check(service, service.health), _check(service, service.alive)
    if not ready:
        return {}
    often: dict[str, Yaml] = {"periodSeconds": PROBE_EVERY, "timeoutSeconds": 3}
    return {
        "startupProbe": {**alive, **often, "failureThreshold": startup_tries(within)},
        "readinessProbe": {**ready, **often, "failureThreshold": 3},
        "livenessProbe": {**alive, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
    }


def leave(service: Service, environment: Environment) -> dict[str, Yaml]:
    """What a container does before it is told to end: it takes requests on, until nobody sends it any.

    `sleep` is a program of the image, for the hook that is called so is known to clusters from 1.30 on only. Where an
    image has none, the container is told at once.
    """
    if not service.port:
        return {}
    return {"lifecycle": {"preStop": {"exec": {"command": ["sleep", str(leaving_seconds(environment))]}}}}


def leaving_seconds(environment: Environment) -> int:
    """Seconds between a pod's being on its way out and its container's SIGTERM: no more than requests have to drain."""
    return min(LEAVING, math.ceil(environment.drain_within))


def grace_seconds(environment: Environment) -> int:
    """Seconds that a pod has to end in all: Kubernetes counts those before the SIGTERM, too."""
    return leaving_seconds(environment) + stop_seconds(environment)


def startup_tries(within: float) -> int:
    """How often a container that starts is looked at in so many seconds."""
    return max(1, math.ceil(within / PROBE_EVERY))


def _check(service: Service, path: str) -> dict[str, Yaml]:
    """A worker's command, or a request for `path`; without one, a connection."""
    if service.health_command:
        return {"exec": {"command": list(service.health_command)}}
    if path:
        return {"httpGet": {"path": path, "port": PORT_NAME}}
    return {"tcpSocket": {"port": PORT_NAME}} if service.port else {}


def _resources(limits: Resources) -> dict[str, Yaml]:
    cpus, memory = round(limits.cpus * 1000), limits.memory // MEBI
    most: dict[str, Yaml] = {}
    promised: dict[str, Yaml] = {}
    if cpus:
        most["cpu"], promised["cpu"] = f"{cpus}m", f"{max(1, cpus // QUARTER)}m"
    if memory:
        most["memory"], promised["memory"] = f"{memory}Mi", f"{max(1, memory // HALF)}Mi"
    return {"requests": promised, "limits": most}
