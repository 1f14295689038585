"""Smoke tests of a pod of the version that shall run: a port of this machine leads to it while they run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from buildgraph.companion import Companion, start_companion
from buildgraph.deploy.smoke import run_test
from buildgraph.errors import ToolError
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.live import read_live
from buildgraph.kubernetes.trouble import is_of, is_ready
from buildgraph.manifests.model import Service, SmokeTest
from buildgraph.place.model import Tell
from buildgraph.place.ports import LOOPBACK
from buildgraph.traffic.door import Answer, Request, forwarded_headers, send_near, usual_headers

WITHIN: Final = 20.0  # seconds until a way is there
# What kubectl says when it is there (`kubectl port-forward`, its first line).
READY: Final = re.compile(rf"Forwarding from {re.escape(LOOPBACK)}:(\d+) ")


def run_smoke(cluster: Cluster, services: Iterable[Service], tell: Tell) -> None:
    """Run the smoke tests of services, one line each; StepFailed tells what was expected and what came."""
    for service in services:
        for test in service.smoke:
            run_test(cluster, service, Attempt(test), tell)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A test of a service by one of its pods."""

    test: SmokeTest
    where: str = ""

    def send(self, place: Cluster, service: Service) -> Answer:
        """One request and what came back."""
        try:
            with way_to(place, service) as port:
                if isinstance(port, str):
                    return Answer(0, f"no answer: {port}")
                return send_near(_request(place, service, self.test), port)
        except ToolError as error:  # a cluster may refuse once
            return Answer(0, f"no answer: {error}")

    def told(self, place: Cluster, service: Service) -> str:
        """The request as a user would write it."""
        return f"{self.test.method} {place.environment.host_of(service) or service.name}{self.test.path}"


@contextmanager
def way_to(cluster: Cluster, service: Service) -> Iterator[int | str]:
    """A port of this machine that leads to a service; why there is none, when there is none.

    The pod is chosen here: an older kubectl takes any that a Service selects, also one on its way out.
    """
    wanted = read_live(cluster).workloads.get(service.name)
    pods = cluster.kubectl.read("pods", cluster.selecting(name=service.name, component="service"))
    pod = choose_pod(pods, wanted.fingerprint if wanted else "")
    if not pod:
        yield "none of its pods is ready"
        return
    port = service.listens or service.port
    words = ("port-forward", f"pod/{pod}", f":{port}", f"--address={LOOPBACK}")
    companion = start_companion(cluster.kubectl.command(*words))
    try:
        yield _port_of(companion)
    finally:
        companion.stop()


def choose_pod(pods: Iterable[Mapping[str, Any]], fingerprint: str) -> str:
    """The name of a pod that is ready, stays, and was made from a version; "" when there is none."""
    staying = (pod for pod in pods if "deletionTimestamp" not in pod["metadata"])
    found = (str(pod["metadata"]["name"]) for pod in staying if is_ready(pod) and is_of(pod, fingerprint))
    return min(found, default="")


def _port_of(companion: Companion) -> int | str:
    try:
        line = companion.read_line(WITHIN)
    except TimeoutError:
        return f"no way was there after {WITHIN:g} s"
    found = READY.match(line or "")
    return int(found[1]) if found else companion.last_words or "no way is there"


def _request(cluster: Cluster, service: Service, test: SmokeTest) -> Request:
    host = cluster.environment.host_of(service) or f"{service.name}:{service.port}"
    headers = {**usual_headers(host, test.body), **forwarded_headers(host, "https")}
    return Request(test.method, test.path, headers, test.body.encode())
