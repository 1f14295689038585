"""How each pod of an environment is at this moment, by the word of the node that looks at it every two seconds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from buildgraph.deploy.checkups import Checkup
from buildgraph.deploy.platform import ABSENT
from buildgraph.errors import UnknownName
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.trouble import is_ready, state_of
from buildgraph.render.kubernetes import NAME, PART_OF


def check_health(cluster: Cluster, name: str = "") -> tuple[Checkup, ...]:
    """How every service is that runs or shall run here (or the one of this name); UnknownName for another one."""
    pods: dict[str, list[Mapping[str, Any]]] = {s.name: [] for s in cluster.catalog if s.deployed}
    for pod in cluster.kubectl.read("pods", cluster.selecting(component="service")):
        if "deletionTimestamp" not in pod["metadata"]:  # one on its way out is asked by nobody
            pods.setdefault(pod["metadata"]["labels"][NAME], []).append(pod)
    if name and name not in pods:
        raise UnknownName("service", name, pods)
    products = {service.name: service.product for service in cluster.catalog}
    return tuple(
        checkup
        for service, found in sorted(pods.items())
        if name in ("", service)
        for checkup in _checkups(service, products.get(service, ""), found)
    )


def _checkups(service: str, product: str, pods: Iterable[Mapping[str, Any]]) -> Iterable[Checkup]:
    found = sorted(pods, key=lambda pod: str(pod["metadata"]["name"]))
    if not found:
        yield Checkup(service, product, "", ABSENT, is_well=False)
    for pod in found:
        state = "; ".join(state_of(status) for status in pod.get("status", {}).get("containerStatuses", []))
        name, well = pod["metadata"]["name"], is_ready(pod)
        product = product or pod["metadata"]["labels"].get(PART_OF, "")
        answer = "ready" if well else "not ready"
        yield Checkup(service, product, name, state or pod["status"]["phase"].lower(), well, answer=answer)
