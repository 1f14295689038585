"""The end of a colour: no new requests, then those it has begun, then its containers; and what is kept a while."""

from __future__ import annotations

import time
from typing import Final

from buildgraph.deploy.live import LiveService, read_live
from buildgraph.place.containers import Found, find_containers, remove_container, stop_container
from buildgraph.place.lock import Lock, held_product_lock
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import COLOUR, Colour, Role, slot_number
from buildgraph.render.limits import stop_seconds
from buildgraph.traffic.directing import change_route, change_routes, count_sessions
from buildgraph.traffic.routes import completed, without

PAUSE: Final = 0.2


def retire_colour(lock: Lock, service: str, colour: Colour, tell: Tell) -> None:
    """Let a colour that gets no requests answer what it has begun, then stop and remove its containers."""
    if retire_beyond(lock, service, colour, 0):
        tell(f"{service}: stopped {colour.value}")


def retire_beyond(lock: Lock, service: str, colour: Colour, count: int) -> int:
    """The same for its containers of a number above `count`, which get no requests; returns how many those were."""
    place = lock.place
    surplus = containers_beyond(place, service, colour, count)
    if not surplus:
        return 0
    drain(place, service, colour, count)
    lock.confirm()
    for container in surplus:
        stop_container(place, container.id, stop_seconds(place.environment))
        remove_container(place, container.id)
    return len(surplus)


def drain(place: Place, service: str, colour: Colour, beyond: int = 0) -> None:
    """Wait until a colour has answered all that it has begun, for the environment's `drain_within` at most.

    Only its containers of a number above `beyond` are waited for.
    """
    deadline = time.monotonic() + place.environment.drain_within
    while count_sessions(place, service, colour, beyond) and time.monotonic() < deadline:
        time.sleep(PAUSE)


def remove_colour(lock: Lock, service: str, colour: Colour) -> None:
    """Remove the containers of a colour at once, whatever they do; for those that have never served."""
    lock.confirm()
    for container in containers_of(lock.place, service, colour):
        remove_container(lock.place, container.id)


def remove_service(lock: Lock, product: str, running: LiveService, tell: Tell) -> None:
    """Take a service that has left the manifests out of the proxy, then end it."""
    change_routes(lock, product, lambda routes: without(routes.get(product, ()), running.name))
    for colour in Colour:
        retire_colour(lock, running.name, colour, tell)
    tell(f"{running.name}: removed, it is in the manifests no more")


def prune_colours(place: Place, tell: Tell) -> tuple[str, ...]:
    """Remove the former versions whose rollback window is over; returns the services they belonged to.

    StepFailed when somebody deploys such a product at this moment.
    """
    ended = _ended(place)
    for product in sorted({service.product for service in ended}):
        with held_product_lock(place, product) as lock:
            _prune_product(lock, product, tell)
    return tuple(service.name for service in ended)


def _ended(place: Place) -> list[LiveService]:
    return [service for _, service in sorted(read_live(place).services.items()) if service.is_past_window]


def _prune_product(lock: Lock, product: str, tell: Tell) -> None:
    """What is over is read again under the lock: a deployment may have gone back to it."""
    for service in read_live(lock.place).services_of(product):
        if service.colour is not None and service.is_past_window:
            forget_colour(lock, service, service.colour, tell)


def forget_colour(lock: Lock, running: LiveService, live: Colour, tell: Tell) -> None:
    """End the colour that was kept beside the live one."""
    if running.route is not None:
        change_route(lock, running.product, running.route, lambda route: completed(route, live))
    retire_colour(lock, running.name, live.other, tell)


def containers_of(place: Place, service: str, colour: Colour) -> list[Found]:
    """The containers of a colour, whatever their state, sorted by name."""
    found = find_containers(place, role=Role.SERVICE.value, service=service)
    return [container for container in found if container.labels.get(COLOUR) == colour.value]


def containers_beyond(place: Place, service: str, colour: Colour, count: int) -> list[Found]:
    """Those of a colour's containers whose number is above `count`."""
    found = containers_of(place, service, colour)
    return [container for container in found if slot_number(container.name, service, colour) > count]
