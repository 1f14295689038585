"""What runs in an environment, read from its Deployments and from the versions that they keep; it changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from buildgraph.deploy.platform import HEALTHY, STOPPED, UNHEALTHY, Running
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.render.kubernetes import (
    COMMIT,
    FINGERPRINT,
    IMAGE,
    NAME,
    PART_OF,
    RELEASE,
    SCALED,
    SECRETS,
    UNSETTLED,
)

REVISION: Final = "deployment.kubernetes.io/revision"  # Kubernetes' own number of a Deployment's version

SCALED_FORM: Final = re.compile(r"(\d+) for (\d+)")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a service that the cluster has at hand: running, or kept to go back to.

    `sources` are the ConfigMaps and Secrets that its containers are given, `template` what its pods are made by, and
    `notes` our annotations beside it. A cluster drops a version when it likes; who has these can go back all the same.
    """

    service: str
    revision: int
    fingerprint: str
    secrets: str = ""
    ready: int = 0
    sources: frozenset[str] = frozenset()
    template: Mapping[str, Any] = field(default_factory=dict, compare=False)
    notes: Mapping[str, str] = field(default_factory=dict, compare=False)
    image: str = ""

    @property
    def made_from(self) -> tuple[str, ...]:
        """What tells it from every other version: the service, what it was made from, its image and secrets."""
        return self.service, self.fingerprint, self.image, self.secrets


@dataclass(frozen=True, slots=True)
class Workload:
    """A service's Deployment: the version that it shall run, and how many of it do.

    `scaled` is how many somebody has asked for in place of `scaled_from`, which the manifest said then; 0: nobody.
    `is_unsettled` tells that a version was taken back here: what stands around the pods may still be that one's.
    """

    service: str
    product: str
    replicas: int
    state: str
    fingerprint: str
    image_fingerprint: str = ""
    image: str = ""
    secrets: str = ""
    commit: str = ""
    since: str = ""
    scaled: int = 0
    scaled_from: int = 0
    is_unsettled: bool = False
    sources: frozenset[str] = frozenset()

    @property
    def made_from(self) -> tuple[str, ...]:
        """The version that it shall run, see `Version.made_from`."""
        return self.service, self.fingerprint, self.image, self.secrets

    @property
    def running(self) -> Running:
        """As the verbs tell it."""
        return Running(
            name=self.service,
            product=self.product,
            state=self.state,
            fingerprint=self.fingerprint,
            image_fingerprint=self.image_fingerprint,
            image=self.image,
            commit=self.commit,
            since=self.since,
            replicas=self.replicas,
            scaled=self.scaled,
        )


@dataclass(frozen=True, slots=True)
class Live:
    """All workloads of an environment by service, and the versions that the cluster keeps of them."""

    workloads: Mapping[str, Workload] = field(default_factory=dict)
    versions: tuple[Version, ...] = ()

    def of_product(self, product: str) -> tuple[Workload, ...]:
        """The workloads of a product, sorted by service."""
        return tuple(found for _, found in sorted(self.workloads.items()) if found.product == product)

    def fingerprints(self, product: str) -> dict[str, str]:
        """What runs of a product, by service."""
        return {found.service: found.fingerprint for found in self.of_product(product)}


def read_live(cluster: Cluster) -> Live:
    """What runs in an environment now; empty where nothing was ever deployed."""
    found = cluster.kubectl.read("deployments.apps,replicasets.apps", cluster.selecting(component="service"))
    workloads = [_workload(told) for told in found if told["kind"] == "Deployment"]
    versions = [_version(told) for told in found if told["kind"] == "ReplicaSet"]
    return Live({workload.service: workload for workload in workloads}, tuple(versions))


def _workload(told: Mapping[str, Any]) -> Workload:
    meta, template = told["metadata"], told["spec"]["template"]
    made_from = template["metadata"].get("annotations", {})
    scaled, scaled_from = parse_scaled(meta.get("annotations", {}).get(SCALED, ""))
    return Workload(
        service=meta["labels"][NAME],
        product=meta["labels"].get(PART_OF, ""),
        replicas=told["spec"]["replicas"],
        state=_state(told),
        fingerprint=made_from.get(FINGERPRINT, ""),
        image_fingerprint=made_from.get(IMAGE, ""),
        image=image_of(meta["labels"][NAME], template),
        secrets=made_from.get(SECRETS, ""),
        commit=made_from.get(COMMIT, ""),
        since=_since(told),
        scaled=scaled,
        scaled_from=scaled_from,
        is_unsettled=UNSETTLED in meta["labels"],
        sources=_sources(template),
    )


def _version(told: Mapping[str, Any]) -> Version:
    meta, template = told["metadata"], told["spec"]["template"]
    made_from = template["metadata"].get("annotations", {})
    return Version(
        service=meta["labels"][NAME],
        revision=_revision(meta),
        fingerprint=made_from.get(FINGERPRINT, ""),
        secrets=made_from.get(SECRETS, ""),
        ready=told.get("status", {}).get("readyReplicas", 0),
        sources=_sources(template),
        template=template,
        notes={
            name: value for name, value in meta.get("annotations", {}).items() if name in (RELEASE, SCALED)
        },
        image=image_of(meta["labels"][NAME], template),
    )


def image_of(service: str, template: Mapping[str, Any]) -> str:
    """What the container of a service is made from, whoever has set it; others may stand beside it in a pod."""
    containers = template["spec"].get("containers", [])
    return next((str(each.get("image", "")) for each in containers if each.get("name") == service), "")


def render_scaled(to: int, declared: int) -> str:
    """How many are asked for, and what the manifest says, as they are written beside a Deployment."""
    return f"{to} for {declared}"


def parse_scaled(text: str) -> tuple[int, int]:
    """What `render_scaled` wrote; zeros for nothing."""
    found = SCALED_FORM.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _revision(meta: Mapping[str, Any]) -> int:
    return int(meta.get("annotations", {}).get(REVISION, 0))


def _state(told: Mapping[str, Any]) -> str:
    """Healthy is what runs in the version that is asked for, all of it, with nothing left of another one."""
    wanted, status = told["spec"]["replicas"], told.get("status", {})
    if not wanted:
        return STOPPED
    is_seen = status.get("observedGeneration", 0) >= told["metadata"].get("generation", 0)
    counts = {status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")}
    return HEALTHY if is_seen and counts == {wanted} else UNHEALTHY


def _since(told: Mapping[str, Any]) -> str:
    """When the version that runs had come to be there: the last progress of its Deployment."""
    conditions = told.get("status", {}).get("conditions", [])
    moved = [found["lastUpdateTime"] for found in conditions if found["type"] == "Progressing"]
    moment: str = moved[0] if moved else told["metadata"]["creationTimestamp"]
    return moment.replace("Z", "+00:00")


def _sources(template: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(_named(template["spec"].get("containers", [])))


def _named(containers: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for container in containers:
        for source in container.get("envFrom", []):
            yield from (found["name"] for found in source.values() if isinstance(found, Mapping))
