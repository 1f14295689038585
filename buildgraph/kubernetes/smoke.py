"""Smoke tests through a service's own Service: a port of this machine leads to it while they run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from buildgraph.deploy.smoke import run_test
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.manifests.model import Service, SmokeTest
from buildgraph.place.model import Tell
from buildgraph.place.ports import LOOPBACK
from buildgraph.process import Companion, start_companion
from buildgraph.traffic.door import Answer, Request, send_near

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
    """A test by the way of a service's Service, which leads to one that is ready."""

    test: SmokeTest
    where: str = ""

    def send(self, place: Cluster, service: Service) -> Answer:
        """One request and what came back."""
        with way_to(place, service) as port:
            if isinstance(port, str):
                return Answer(0, f"no answer: {port}")
            return send_near(_request(place, service, self.test), port)

    def told(self, place: Cluster, service: Service) -> str:
        """The request as a user would write it."""
        return f"{self.test.method} {place.environment.host_of(service) or service.name}{self.test.path}"


@contextmanager
def way_to(cluster: Cluster, service: Service) -> Iterator[int | str]:
    """A port of this machine that leads to a service; why there is none, when there is none."""
    words = ("port-forward", f"service/{service.name}", f":{service.port}", f"--address={LOOPBACK}")
    companion = start_companion(cluster.kubectl.command(*words))
    try:
        yield _port_of(companion)
    finally:
        companion.stop()


def _port_of(companion: Companion) -> int | str:
    try:
        line = companion.read_line(WITHIN)
    except TimeoutError:
        return f"no way was there after {WITHIN:g} s"
    found = READY.match(line or "")
    return int(found[1]) if found else companion.last_words or "no way is there"


def _request(cluster: Cluster, service: Service, test: SmokeTest) -> Request:
    host = cluster.environment.host_of(service) or f"{service.name}:{service.port}"
    headers = {
        "Host": host,
        "User-Agent": "buildgraph",
        "Accept": "*/*",
        "Connection": "close",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": host,
        **({"Content-Type": "application/json"} if test.body else {}),
    }
    return Request(test.method, test.path, headers, test.body.encode())
