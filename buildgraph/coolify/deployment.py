"""One deployment of an application: queued, followed to its end, and its health waited for; it decides nothing else."""

from __future__ import annotations

import time
from typing import Final

from buildgraph.coolify.answers import Deployment, Stage
from buildgraph.coolify.lock import Lock
from buildgraph.errors import StepFailed
from buildgraph.place.model import Tell

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 3.0  # seconds between two looks, growing
LAST_LINES: Final = 20


class Stuck(StepFailed):
    """A deployment that goes on beyond its deadline and is not cancelled: Coolify runs no other one before it."""


def run_deployment(lock: Lock, service: str, application: str, tell: Tell) -> str:
    """Have Coolify deploy an application as it is set now, and wait until it is well; returns the deployment's uuid.

    StepFailed, with the last lines of its log or of the container, when it fails or does not end in time.
    """
    lock.check()
    place = lock.place
    uuid = place.api.deploy(application)
    tell(f"{service}: Coolify has queued deployment {uuid}")
    began = time.monotonic()
    follow_deployment(lock, service, uuid, tell)
    await_health(lock, service, application)
    tell(f"{service}: healthy after {time.monotonic() - began:.1f} s")
    return uuid


def follow_deployment(lock: Lock, service: str, uuid: str, tell: Tell) -> None:
    """Wait until a deployment is over; StepFailed when that does not end well."""
    place = lock.place
    looks = Looks(place.coolify.within)
    found = place.api.deployment(uuid)
    while not found.stage.is_over and looks.again():
        lock.check()
        found = place.api.deployment(uuid)
    if not found.stage.is_over:
        found = _end(lock, service, found)
    _judge(lock, service, found, tell)


def await_health(lock: Lock, service: str, application: str) -> None:
    """Wait until an application is well; StepFailed, with its last lines, when its time is over.

    The word "finished" is no proof: deployments have finished that started nothing (coollabsio/coolify#9161).
    """
    place = lock.place
    looks = Looks(place.environment.health_within)
    found = place.api.application(application)
    while not found.is_healthy and looks.again():
        lock.check()
        found = place.api.application(application)
    if not found.is_healthy:
        what = f"is {found.status or 'not there'} after {place.environment.health_within:g} s, not healthy"
        raise StepFailed(f"deploy:{service}", what, place.redact(place.api.logs(application, LAST_LINES)))


def settle_deployments(lock: Lock, service: str, application: str, tell: Tell) -> None:
    """Wait for deployments that somebody else, or a killed deploy, has left; StepFailed names one that does not end."""
    for found in lock.place.api.deployments(application):
        if found.stage.is_over:
            continue
        tell(f"{service}: waiting for deployment {found.uuid}, which is {found.stage.value or 'under way'}")
        looks = Looks(lock.place.coolify.within)
        while not found.stage.is_over and looks.again():
            lock.check()
            found = lock.place.api.deployment(found.uuid)
        if not found.stage.is_over:
            _end(lock, service, found)


def _end(lock: Lock, service: str, found: Deployment) -> Deployment:
    """Cancel what does not end; it may have ended meanwhile. Stuck when Coolify does not cancel it."""
    place = lock.place
    was_cancelled = place.api.cancel(found.uuid)
    now = place.api.deployment(found.uuid)
    if now.stage.is_over:
        return now
    what = f"deployment {found.uuid} is {found.stage.value or 'under way'} after {place.coolify.within:g} s"
    if was_cancelled:
        raise StepFailed(f"deploy:{service}", f"{what}; it was cancelled", _last_lines(lock, now))
    raise Stuck(
        f"deploy:{service}", what, f"cancel it in Coolify, then run this again\n{_last_lines(lock, now)}"
    )


def _judge(lock: Lock, service: str, found: Deployment, tell: Tell) -> None:
    """Coolify calls some deployments failed whose new version serves (coollabsio/coolify#7559): their log tells."""
    if found.stage is Stage.FINISHED:
        return
    if found.stage is Stage.FAILED and found.has_taken_over:
        tell(
            f"{service}: Coolify calls deployment {found.uuid} failed, but by its log the new version serves"
        )
        return
    word = "failed" if found.stage is Stage.FAILED else "was cancelled"
    raise StepFailed(
        f"deploy:{service}", f"Coolify's deployment {found.uuid} {word}", _last_lines(lock, found)
    )


def _last_lines(lock: Lock, found: Deployment) -> str:
    return lock.place.redact("\n".join(found.lines[-LAST_LINES:]))


class Looks:
    """Looks at something that takes its time: pauses that grow, until a deadline of so many seconds."""

    def __init__(self, within: float) -> None:
        self._end = time.monotonic() + within
        self._pause = FIRST_PAUSE

    def again(self) -> bool:
        """Wait a little; False once the time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(self._pause, left))
        self._pause = min(self._pause * 1.5, LONGEST_PAUSE)
        return True
