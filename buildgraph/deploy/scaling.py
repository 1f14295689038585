"""More or fewer containers of the version that serves: none is switched, and no request is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from buildgraph.deploy.health import HEALTHY, unhealthy, wait_until_healthy
from buildgraph.deploy.held import Held
from buildgraph.deploy.live import LiveService, read_live
from buildgraph.deploy.pending import is_built_as
from buildgraph.deploy.retiring import containers_beyond, containers_of, drain, retire_beyond
from buildgraph.errors import StepFailed
from buildgraph.place.actor import read_actor
from buildgraph.place.audit import moment
from buildgraph.place.containers import (
    create_container,
    read_condition,
    remove_container,
    start_container,
)
from buildgraph.place.images import ensure_image
from buildgraph.place.lock import held_product_lock
from buildgraph.place.model import Place, Target, Tell
from buildgraph.place.names import Colour, slot_name
from buildgraph.place.scales import Scale, as_scaled, read_scales, write_scale
from buildgraph.place.secrets import check_secrets, secrets_digest
from buildgraph.place.specification import service_containers
from buildgraph.traffic.directing import ask_proxy, change_route, find_servers, read_route
from buildgraph.traffic.door import Answer, Request, send_straight
from buildgraph.traffic.proxy import enable_commands
from buildgraph.traffic.routes import Route, counted, with_idle

PAUSE: Final = 0.25
FIRST: Final = "run `deploy:{product}` first"


@dataclass(frozen=True, slots=True)
class Growth(Held):
    """A colour that shall have as many containers as its target says; `key` is that of secrets' digests."""

    key: bytes

    @property
    def wanted(self) -> int:
        """How many containers it shall have."""
        return self.target.service.replicas_in(self.place.environment.name)


def scale_service(place: Place, target: Target, to: int, tell: Tell) -> None:
    """Have `to` containers of a service as it runs, and have later deployments keep that; 0: what the manifest says.

    `target` is what runs, with the number that its manifest says. StepFailed, before anything changes, when
    something else runs or a deployment was interrupted; when new containers do not get healthy they are
    removed, and all is as it was.
    """
    service, environment = target.service, place.environment.name
    check_secrets([service], place.environment, place.secrets)
    declared = service.replicas_in(environment)
    scale = Scale(to, declared, read_actor(), moment()) if to not in (0, declared) else None
    with held_product_lock(place, service.product, f"{service.name} is scaled") as lock:
        live = read_live(place)
        running = live.services.get(service.name)
        colour = _refuse_other(place, target, running, live.traffic.key)
        former = read_scales(place).get(service.name)
        write_scale(place, service.name, scale)
        try:
            [scaled] = as_scaled([target], {service.name: scale} if scale else {}, environment)
            bring_count(Growth(lock, scaled, colour, live.traffic.key), tell)
        except BaseException:
            if lock.is_held():
                write_scale(place, service.name, former)
            raise


def _refuse_other(place: Place, target: Target, running: LiveService | None, key: bytes) -> Colour:
    """The colour that serves; StepFailed when containers of the target could not stand beside its own."""
    service = target.service
    colour = running.colour if running else None
    digest = secrets_digest(key, service, place.environment, place.secrets)
    problem = ""
    if running is None or colour is None or not running.containers:
        problem = "does not run"
    elif running.route is not None and running.route.trial:
        problem = "was being switched when its deployment was interrupted"
    elif running.fingerprint != target.fingerprint:
        problem = "runs as another version"
    elif not is_built_as(target, running.containers):
        problem = "runs from another image than was released"
    elif running.secrets != digest:
        problem = "runs with other secrets than the environment has now"
    elif not running.is_numbered:
        problem = "lacks one of its containers"
    if problem or colour is None:
        way_out = FIRST.format(product=service.product)
        raise StepFailed(f"scale:{service.product}", f"{service.name} {problem}", way_out)
    return colour


def bring_count(growth: Growth, tell: Tell) -> None:
    """Have as many containers of the colour that serves as its target asks for.

    New ones get requests when they answer their health check; those that are too many get none any more,
    end what they have begun, and are stopped. Killed anywhere, the next call reads what is there and goes on.
    """
    there = len(containers_of(growth.place, growth.service, growth.colour))
    route = read_route(growth.place, growth.service)
    if route is None or there == 0:
        return
    serving = min(there, growth.wanted, route.side(growth.colour).count, _open_places(growth, route))
    if (there, serving) == (growth.wanted, growth.wanted):
        return
    growth.lock.confirm()
    # the proxy has to know all places before the first of them is taken: one reload, and none later
    _write_count(growth, growth.wanted, serving)
    if retire_beyond(growth.lock, growth.service, growth.colour, growth.wanted):
        tell(f"{growth.service}: {there} containers became {growth.wanted}")
    if serving < growth.wanted:
        with _taken_back(growth, serving, tell):
            _grow(growth, serving, tell)


def _open_places(growth: Growth, route: Route) -> int:
    """How many of its places the proxy sends requests to: who was killed while adding some has left theirs closed."""
    if not route.is_http:
        return growth.wanted
    servers = find_servers(growth.place, growth.service, growth.colour)
    closed = (server.number for server in servers if server.is_closed)
    return max(1, min(closed, default=growth.wanted + 1) - 1)


def _grow(growth: Growth, serving: int, tell: Tell) -> None:
    place, service, colour = growth.place, growth.target.service, growth.colour
    _start_missing(growth, tell)
    names = {
        number: place.named(slot_name(service.name, colour, number))
        for number in range(serving + 1, growth.wanted + 1)
    }
    _wait_for_answers(growth, names)
    _write_count(growth, growth.wanted, growth.wanted)
    if service.port:
        addresses = {number: read_condition(place, name).address for number, name in names.items()}
        commands = enable_commands(service.name, colour, addresses, service.listens or service.port)
        ask_proxy(place, commands)
    wait_until_healthy(place, service, colour, names, tell)
    tell(f"{service.name}: {serving} containers became {growth.wanted}")


def _start_missing(growth: Growth, tell: Tell) -> None:
    place, target = growth.place, growth.target
    ensure_image(place, target.image, tell)
    digest = secrets_digest(growth.key, target.service, place.environment, place.secrets)
    there = {container.name for container in containers_of(place, growth.service, growth.colour)}
    wanted = service_containers(place, target, growth.colour, digest)
    missing = [specification for specification in wanted if specification.name not in there]
    for specification in missing:
        create_container(place, specification)
        start_container(place, specification.name)
    if missing:
        tell(f"{growth.service}: started {len(missing)} more")


def _wait_for_answers(growth: Growth, names: dict[int, str]) -> None:
    """Ask new containers by the way that requests will take: the proxy cannot try one and send it nothing."""
    if not growth.target.service.port:
        return
    began = time.monotonic()
    for number, name in sorted(names.items()):
        slot = slot_name(growth.service, growth.colour, number)
        while (answer := ask_health(growth.place, growth.target, slot)).status != HEALTHY:
            if time.monotonic() - began > growth.place.environment.health_within:
                what = f"not healthy within {growth.place.environment.health_within:g} s; {_said(answer)}"
                raise unhealthy(growth.place, growth.target.service, name, what)
            time.sleep(PAUSE)


def ask_health(place: Place, target: Target, slot: str) -> Answer:
    """What a container answers to its health check; any answer is a good one where none is declared."""
    service = target.service
    answer = send_straight(place, service, slot, Request("GET", service.health or "/"))
    if service.health or not answer.status:
        return answer
    return Answer(HEALTHY, answer.body)


def _said(answer: Answer) -> str:
    return f"its health check answers {answer.status}" if answer.status else answer.body


@contextmanager
def _taken_back(growth: Growth, serving: int, tell: Tell) -> Iterator[None]:
    """When what is inside fails, requests go to those that served before, and the others go away."""
    try:
        yield
    except BaseException:
        if growth.lock.is_held():
            place = growth.place
            _write_count(growth, serving, serving)
            drain(place, growth.service, growth.colour, serving)
            for container in containers_beyond(place, growth.service, growth.colour, serving):
                remove_container(place, container.id)
            tell(f"{growth.service}: {serving} containers serve, as before")
        raise


def _write_count(growth: Growth, places: int, serving: int) -> None:
    """Have the proxy know so many places, at the least, and send requests to the first `serving` of them."""
    service, colour = growth.target.service, growth.colour
    known = with_idle(None, service, growth.place.environment, colour)

    def changed(route: Route) -> Route:
        return counted(counted(route, colour, places), colour, serving)

    change_route(growth.lock, service.product, known, changed)
