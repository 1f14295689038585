"""How what Coolify runs is at this moment: the application's own word, and an answer at its public address."""

from __future__ import annotations

import time
from dataclasses import replace

from buildgraph.coolify.live import CoolifyService, read_live
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.coolify.smoke import PublicAttempt
from buildgraph.deploy.checkups import Checkup
from buildgraph.errors import UnknownName
from buildgraph.manifests.model import Service, SmokeTest

GOOD = 200


def check_health(place: CoolifyPlace, name: str = "") -> tuple[Checkup, ...]:
    """How every service is that runs or shall run here (or the one of this name); UnknownName for another one."""
    live = read_live(place).services
    declared = {service.name: service for service in place.catalog if service.deployed}
    known = declared.keys() | live.keys()
    if name and name not in known:
        raise UnknownName("service", name, known)
    return tuple(
        _checkup(place, each, declared.get(each), live.get(each))
        for each in sorted(known)
        if name in ("", each)
    )


def _checkup(
    place: CoolifyPlace, name: str, declared: Service | None, running: CoolifyService | None
) -> Checkup:
    if running is None:
        return Checkup(name, declared.product if declared else "", "", "it does not run", False)
    application = running.application
    found = Checkup(name, running.product, application.uuid, application.status, running.is_healthy)
    return _asked(place, declared, found) if declared and running.is_running else found


def _asked(place: CoolifyPlace, service: Service, found: Checkup) -> Checkup:
    """The checkup with what the service answers to its users; one without public address cannot be asked."""
    if not service.host or not service.health:
        return replace(found, answer="not asked")
    began = time.monotonic()
    test = SmokeTest("health", service.health, status=GOOD)
    answer = PublicAttempt(test, place.ca).send(place, service)
    seconds = round(time.monotonic() - began, 3)
    said = str(answer.status) if answer.status else answer.body
    return replace(found, is_well=found.is_well and answer.status == GOOD, answer=said, seconds=seconds)
