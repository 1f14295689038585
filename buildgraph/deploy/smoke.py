"""Smoke tests: requests through the public route, tried again until they pass or their time is over."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from buildgraph.deploy.door import Answer, send_request
from buildgraph.deploy.model import Place, SmokeResult, Tell
from buildgraph.errors import StepFailed
from buildgraph.manifests.model import Service, SmokeTest

PAUSE: Final = 0.5
SHOWN: Final = 300  # characters of an answer that a failure shows


def run_smoke(place: Place, services: Iterable[Service], tell: Tell) -> tuple[SmokeResult, ...]:
    """Run the smoke tests of services, one line each; StepFailed tells what was expected and what came."""
    tests = [(service, test) for service in services for test in service.smoke]
    return tuple(_run_test(place, service, test, tell) for service, test in tests)


def mismatch(test: SmokeTest, answer: Answer) -> str:
    """What is wrong with an answer; "" when it is as expected."""
    if answer.status == 0:
        return f"expected status {test.status}, got {answer.body}"
    if answer.status != test.status:
        return f"expected status {test.status}, got {answer.status}"
    if test.contains not in answer.body:
        return f"expected {test.contains!r} in the answer, which is another"
    return ""


def _run_test(place: Place, service: Service, test: SmokeTest, tell: Tell) -> SmokeResult:
    began, attempts = time.monotonic(), 0
    host = place.environment.host_of(service)
    while True:
        attempts += 1
        answer = send_request(place, service, test.method, test.path, test.body)
        wrong, seconds = mismatch(test, answer), time.monotonic() - began
        if not wrong:
            tell(f"{service.name}: {test.name} ({seconds:.1f} s)")
            return SmokeResult(service.name, test.name, attempts, seconds)
        if seconds + PAUSE > test.within:
            raise _failed(
                service,
                test,
                f"{test.method} {host or service.name}{test.path}",
                wrong,
                Answer(answer.status, place.redact(answer.body)),
                attempts,
                seconds,
            )
        time.sleep(PAUSE)


def _failed(
    service: Service, test: SmokeTest, request: str, wrong: str, answer: Answer, attempts: int, seconds: float
) -> StepFailed:
    tried = f"{attempts} times in {seconds:.1f} s" if attempts > 1 else f"once, {seconds:.1f} s"
    body = answer.body[:SHOWN] if answer.status else ""
    return StepFailed(f"smoke:{service.name}", f"{test.name}: {request}: {wrong} (tried {tried})", body)
