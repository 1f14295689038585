"""How what runs is at this moment: asked of the proxy, and of each container by the way that requests take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from buildgraph.deploy.health import HEALTHY
from buildgraph.deploy.live import Live, LiveService, read_live
from buildgraph.errors import UnknownName
from buildgraph.manifests.model import Service
from buildgraph.place.containers import Found, run_in_container
from buildgraph.place.model import Place
from buildgraph.place.names import Colour, server_name, slot_name, slot_number
from buildgraph.traffic.door import Request, send_straight

NOT_ASKED: Final = "not asked"
SHOWN: Final = 200  # characters of what a health command says


@dataclass(frozen=True, slots=True)
class Checkup:
    """One container of what serves, or ("") a service of which none runs: its state, and how it was found.

    `proxy` is what the proxy's own checks say, "" where it sends no requests; `answer` what the container
    said when it was asked, in `seconds`. `is_well` takes all of these together.
    """

    service: str
    product: str
    container: str
    state: str
    is_well: bool
    proxy: str = ""
    answer: str = ""
    seconds: float = 0.0


def check_health(place: Place, name: str = "") -> tuple[Checkup, ...]:
    """How every service is that runs or shall run here (or the one of this name); UnknownName for another one.

    Services that left the manifests and run on are asked too.
    """
    live = read_live(place)
    declared = {service.name: service for service in place.catalog if service.deployed}
    known = declared.keys() | live.services.keys()
    if name and name not in known:
        raise UnknownName("service", name, known)
    return tuple(
        checkup
        for each in sorted(known)
        if name in ("", each)
        for checkup in _service(place, live, each, declared.get(each))
    )


def _service(place: Place, live: Live, name: str, declared: Service | None) -> Iterable[Checkup]:
    running = live.services.get(name)
    if running is None or running.colour is None or not running.containers:
        product = running.product if running else declared.product if declared else ""
        return [Checkup(name, product, "", "it does not run", False)]
    service = _as_it_runs(running, running.colour, declared)
    return [_container(place, live, container, service) for container in running.containers]


def _as_it_runs(running: LiveService, colour: Colour, declared: Service | None) -> Service:
    """The service with the port and health path that its running colour has, whatever manifests say by now."""
    known = declared or Service(running.name, running.product, "", "")
    if running.route is None:
        return known
    side = running.route.side(colour)
    return replace(known, port=running.route.port, listens=side.listens, health=side.health)


def _container(place: Place, live: Live, container: Found, service: Service) -> Checkup:
    running = live.services[service.name]
    found = Checkup(service.name, running.product, container.name, container.state, container.is_running)
    if not container.is_running or running.colour is None:
        return found
    number = slot_number(container.name, service.name, running.colour)
    if service.port:
        found = _seen_by_proxy(found, live, server_name(running.colour, number))
    if live.traffic.answers and service.port:
        slot = slot_name(service.name, running.colour, number)
        return _asked(found, lambda: _ask(place, service, slot))
    if service.health_command and not service.port:
        return _asked(found, lambda: _run_command(place, service, container))
    return replace(found, answer=NOT_ASKED if service.port else "")


def _seen_by_proxy(found: Checkup, live: Live, server: str) -> Checkup:
    """The checkup with the word of the proxy; one that does not answer speaks against all it should serve."""
    if not live.traffic.answers:
        return replace(found, is_well=False, proxy="it does not answer")
    seen = [known for known in live.traffic.servers_of(found.service) if known.name == server]
    if not seen:
        return replace(found, is_well=False, proxy="it does not know it")
    word = f"{seen[0].status} ({seen[0].check})" if seen[0].check else seen[0].status
    return replace(found, is_well=found.is_well and seen[0].serves, proxy=word)


def _asked(found: Checkup, ask: Callable[[], tuple[bool, str]]) -> Checkup:
    began = time.monotonic()
    is_good, said = ask()
    seconds = round(time.monotonic() - began, 3)
    return replace(found, is_well=found.is_well and is_good, answer=said, seconds=seconds)


def _ask(place: Place, service: Service, slot: str) -> tuple[bool, str]:
    answer = send_straight(place, service, slot, Request("GET", service.health or "/"))
    if not answer.status:
        return False, answer.body
    return answer.status == HEALTHY or not service.health, str(answer.status)


def _run_command(place: Place, service: Service, container: Found) -> tuple[bool, str]:
    within = place.environment.health_within
    code, said = run_in_container(place, container.id, service.health_command, within=within)
    words = place.redact(said.strip())[:SHOWN]
    return code == 0, f"exit code {code}: {words}" if words else f"exit code {code}"
