"""Smoke tests of what Coolify runs: requests by the public address, as users send them."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from buildgraph.coolify.place import CoolifyPlace
from buildgraph.coolify.wire import trusting
from buildgraph.deploy.smoke import run_test
from buildgraph.manifests.addresses import public_url
from buildgraph.manifests.model import Service, SmokeTest
from buildgraph.place.model import Discreet, Tell
from buildgraph.traffic.door import Answer, Request, send_near, usual_headers

TIMEOUT: Final = 10.0  # seconds for one request
HTTP: Final = 80


def run_smoke(place: CoolifyPlace, services: Iterable[Service], tell: Tell) -> None:
    """Run the smoke tests of services; StepFailed tells what was expected and what came."""
    for service in services:
        for test in service.smoke:
            run_test(place, service, PublicAttempt(test, place.ca), tell)


@dataclass(frozen=True, slots=True)
class PublicAttempt:
    """A test at the public address, whose certificate is checked."""

    test: SmokeTest
    ca: Path | None = None
    where: str = ""

    def send(self, place: Discreet, service: Service) -> Answer:
        """One request and what came back."""
        address = urlsplit(public_url(place.environment, service))
        headers = usual_headers(address.netloc, self.test.body)
        request = Request(self.test.method, self.test.path, headers, self.test.body.encode())
        if address.scheme == "http":  # a name below .localhost is this machine (RFC 6761)
            return send_near(request, address.port or HTTP)
        return _send_far(request, address, self.ca)

    def told(self, place: Discreet, service: Service) -> str:
        """The request as a user would write it."""
        return f"{self.test.method} {public_url(place.environment, service)}{self.test.path}"


def _send_far(request: Request, address: SplitResult, ca: Path | None) -> Answer:
    """One request by TLS to a public address."""
    connection = http.client.HTTPSConnection(
        address.hostname or "", address.port, timeout=TIMEOUT, context=trusting(ca)
    )
    try:
        connection.request(request.method, request.path, request.body or None, dict(request.headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"no answer: {error}")
    finally:
        connection.close()
