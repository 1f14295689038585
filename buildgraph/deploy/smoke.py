"""Smoke tests: requests by the public route, or straight to a new version, until they pass or time is over."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from buildgraph.errors import StepFailed
from buildgraph.manifests.model import Service, SmokeTest
from buildgraph.place.model import Discreet, Place, SmokeResult, Tell
from buildgraph.traffic.door import Answer, Request, send_request, send_straight

PAUSE: Final = 0.5
SHOWN: Final = 300  # characters of an answer that a failure shows


def run_smoke(place: Place, services: Iterable[Service], tell: Tell) -> tuple[SmokeResult, ...]:
    """Run the smoke tests of services, one line each; StepFailed tells what was expected and what came."""
    tests = [(service, test) for service in services for test in service.smoke]
    return tuple(_run_public(place, service, test, tell) for service, test in tests)


def run_smoke_straight(place: Place, service: Service, containers: Iterable[str], tell: Tell) -> None:
    """Run a service's smoke tests on containers by their private names, before any user reaches them.

    Tests that write are left out: until a version serves, nothing of it may change what users see. They
    run on the public route afterwards. StepFailed as with `run_smoke`.
    """
    tests = [(name, test) for name in containers for test in service.smoke if not test.writes]
    for name, test in tests:
        run_test(place, service, Attempt(test, name), tell)


def mismatch(test: SmokeTest, answer: Answer) -> str:
    """What is wrong with an answer; "" when it is as expected."""
    if answer.status == 0:
        return f"expected status {test.status}, got {answer.body}"
    if answer.status != test.status:
        return f"expected status {test.status}, got {answer.status}"
    if test.contains not in answer.body:
        return f"expected {test.contains!r} in the answer, which is another"
    return ""


P_contra = TypeVar("P_contra", bound=Discreet, contravariant=True)
P = TypeVar("P", bound=Discreet)


class Tried(Protocol[P_contra]):
    """A test, and a way to try it."""

    @property
    def test(self) -> SmokeTest:
        """The test."""

    @property
    def where(self) -> str:
        """The one of several places that is tried, "" where there is but one."""

    def send(self, place: P_contra, service: Service) -> Answer:
        """One request and what came back."""

    def told(self, place: P_contra, service: Service) -> str:
        """The request as a user would write it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A test and where it is tried: a container by its private name, "" for the public route."""

    test: SmokeTest
    container: str = ""

    @property
    def where(self) -> str:
        """The container that is tried."""
        return self.container

    def send(self, place: Place, service: Service) -> Answer:
        """One request and what came back."""
        test = self.test
        if self.container:
            request = Request(test.method, test.path, body=test.body.encode())
            return send_straight(place, service, self.container, request)
        return send_request(place, service, test.method, test.path, test.body)

    def told(self, place: Place, service: Service) -> str:
        """The request as a user would write it."""
        host = self.container or place.environment.host_of(service) or service.name
        return f"{self.test.method} {host}{self.test.path}"


def _run_public(place: Place, service: Service, test: SmokeTest, tell: Tell) -> SmokeResult:
    return run_test(place, service, Attempt(test), tell)


def run_test(place: P, service: Service, attempt: Tried[P], tell: Tell) -> SmokeResult:
    """Try a test until it passes or its time is over; StepFailed tells what was expected and what came."""
    began, count, test = time.monotonic(), 0, attempt.test
    while True:
        count += 1
        answer = attempt.send(place, service)
        wrong, seconds = mismatch(test, answer), time.monotonic() - began
        if not wrong:
            where = f" at {attempt.where}" if attempt.where else ""
            tell(f"{service.name}: {test.name}{where} ({seconds:.1f} s)")
            return SmokeResult(service.name, test.name, count, seconds)
        if seconds + PAUSE > test.within:
            tried = f"{count} times in {seconds:.1f} s" if count > 1 else f"once, {seconds:.1f} s"
            what = f"{test.name}: {attempt.told(place, service)}: {wrong} (tried {tried})"
            raise StepFailed(f"smoke:{service.name}", what, _shown(place, answer))
        time.sleep(PAUSE)


def _shown(place: Discreet, answer: Answer) -> str:
    return place.redact(answer.body)[:SHOWN] if answer.status else ""
