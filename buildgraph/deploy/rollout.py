"""A product's deployment from beginning to end: what differs is replaced, in order, under load."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Final

from buildgraph.deploy.backing import ensure_backing
from buildgraph.deploy.containers import (
    create_container,
    find_containers,
    remove_container,
    start_container,
    stop_container,
)
from buildgraph.deploy.health import wait_until_healthy
from buildgraph.deploy.images import ensure_image
from buildgraph.deploy.live import Live, LiveService, read_live
from buildgraph.deploy.lock import Lock, held_product_lock, held_shared_lock
from buildgraph.deploy.migration import run_migration
from buildgraph.deploy.model import Place, Reason, Rollout, Target, Tell
from buildgraph.deploy.names import COLOUR, Colour, Role
from buildgraph.deploy.network import (
    ensure_network,
    ensure_volume,
    refuse_foreign,
    remove_network,
    remove_volume,
)
from buildgraph.deploy.pending import departed_services, in_order, pending_targets
from buildgraph.deploy.proxy import OWN_PORTS
from buildgraph.deploy.routes import Route, directed, find_route, with_idle, with_route, without
from buildgraph.deploy.secrets import check_secrets, secrets_digest
from buildgraph.deploy.specification import service_containers, stop_limit
from buildgraph.deploy.state import state_volume
from buildgraph.deploy.traffic import count_sessions, ensure_proxy, read_traffic, write_routes
from buildgraph.errors import ConfigurationError, Mistake

PAUSE: Final = 0.2


def deploy_product(place: Place, product: str, targets: Iterable[Target], tell: Tell) -> Rollout:
    """Make a product run as its targets say; services that have left the manifests are removed.

    Only what differs is touched, so that the same again does nothing. Killed anywhere, the next call reads
    what is really there and goes on. Raises ConfigurationError before anything changes, StepFailed when a
    step fails (the service that runs is left serving), ToolError when the engine fails.
    """
    wanted = tuple(targets)
    _check(place, wanted)
    ensure_image(place, place.image(place.environment.proxy_image), tell)
    with held_product_lock(place, product) as lock:
        with held_shared_lock(place):
            ensure_ground(place, tell)
            ensure_backing(place, [target.service for target in wanted], tell)
        live = read_live(place)
        pending = pending_targets(place, live, wanted)
        reasons = {target.service.name: reason for target, reason in pending}
        _prepare(lock, product, [target for target, reason in pending if reason.replaces], live)
        for target in in_order(target for target, _ in pending):
            _bring(lock, target, reasons[target.service.name], live, tell)
        departed = departed_services(place, live, product)
        for name in departed:
            _remove_service(lock, product, live.services[name], tell)
    return _told(product, wanted, reasons, departed)


def ensure_ground(place: Place, tell: Tell) -> None:
    """Have the network, the state volume and the proxy; what could not be completed is taken away again."""
    has_made_network = ensure_network(place)
    has_made_volume = ensure_volume(place, state_volume(place))
    for volume in _backing_volumes(place):
        ensure_volume(place, volume)
    try:
        ensure_proxy(place, tell)
    except BaseException:
        if has_made_volume:
            remove_volume(place, state_volume(place))
        if has_made_network:
            remove_network(place)
        raise


def _backing_volumes(place: Place) -> list[str]:
    return [place.named(backing.kind) for backing in place.environment.backing]


def _check(place: Place, targets: tuple[Target, ...]) -> None:
    """Refuse what cannot be deployed, all mistakes at once, before anything is changed."""
    check_secrets([target.service for target in targets], place.environment, place.secrets)
    taken = [t.service for t in targets if t.service.port in OWN_PORTS]
    if taken:
        way_out = f"choose a port other than {', '.join(map(str, OWN_PORTS))}"
        raise ConfigurationError(
            Mistake(f"service {s.name}: port", f"{s.port} is the proxy's own", way_out) for s in taken
        )
    refuse_foreign(place, [state_volume(place), *_backing_volumes(place)])


def _bring(lock: Lock, target: Target, reason: Reason, live: Live, tell: Tell) -> None:
    """Make one service as it shall be."""
    tell(f"{target.service.name}: {reason}")
    lock.confirm()
    running = live.services.get(target.service.name)
    if reason.replaces:
        _replace(lock, target, _idle_colour(live, target), tell)
    elif running is not None and running.colour is not None:
        _settle(lock, target, running.colour, tell)


def _prepare(lock: Lock, product: str, replaced: Iterable[Target], live: Live) -> None:
    """Have the proxy know the idle colour of all that will be replaced, in one change of its configuration."""
    lock.confirm()
    place = lock.place
    routes = read_traffic(place).routes
    table = routes.get(product, ())
    for target in replaced:
        service, idle = target.service, _idle_colour(live, target)
        _remove_colour(place, service.name, idle)
        table = with_route(
            table, with_idle(find_route(routes, service.name), service, place.environment, idle)
        )
    if table != routes.get(product, ()):
        write_routes(place, product, table)


def _idle_colour(live: Live, target: Target) -> Colour:
    running = live.services.get(target.service.name)
    return running.colour.other if running and running.colour else Colour.BLUE


def _replace(lock: Lock, target: Target, idle: Colour, tell: Tell) -> None:
    """Migrate, start the idle colour, direct requests to it once it is healthy, stop the old."""
    place, service = lock.place, target.service
    ensure_image(place, target.image, tell)
    lock.confirm()
    run_migration(place, target, tell)
    lock.confirm()
    try:
        containers = _start_colour(place, target, idle, tell)
        wait_until_healthy(place, service, idle, containers, tell)
        lock.confirm()
    except BaseException:
        if lock.is_held():  # else they may be the containers of who holds it now
            _remove_colour(place, service.name, idle)
        raise
    _settle(lock, target, idle, tell)


def _settle(lock: Lock, target: Target, colour: Colour, tell: Tell) -> None:
    """Direct every request to a colour, and end the other one once it has answered its last."""
    place, service = lock.place, target.service
    route = _route(place, target) or with_idle(None, service, place.environment, colour)
    _write_route(place, target, directed(route, service, place.environment, colour))
    _retire(lock, service.name, colour.other, tell)


def _start_colour(place: Place, target: Target, colour: Colour, tell: Tell) -> dict[int, str]:
    """Start all containers of a colour; their names by number."""
    digest = secrets_digest(read_traffic(place).key, target.service, place.environment, place.secrets)
    specifications = service_containers(place, target, colour, digest)
    for specification in specifications:
        create_container(place, specification)
    for specification in specifications:
        start_container(place, specification.name)
    count = f" ({len(specifications)} containers)" if len(specifications) > 1 else ""
    tell(f"{target.service.name}: started {colour.value}{count}")
    return {number: specification.name for number, specification in enumerate(specifications, start=1)}


def _retire(lock: Lock, service: str, colour: Colour, tell: Tell) -> None:
    """Let a colour answer what it has begun, then stop and remove its containers."""
    place = lock.place
    if not _containers(place, service, colour):
        return
    deadline = time.monotonic() + place.environment.drain_within
    while count_sessions(place, service, colour) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    lock.confirm()
    for container in _containers(place, service, colour):
        stop_container(place, container, stop_limit(place.environment))
        remove_container(place, container)
    tell(f"{service}: stopped {colour.value}")


def _remove_service(lock: Lock, product: str, running: LiveService, tell: Tell) -> None:
    """Take a service that has left the manifests out of the proxy, then end it."""
    lock.confirm()
    place = lock.place
    write_routes(place, product, without(read_traffic(place).routes.get(product, ()), running.name))
    for colour in Colour:
        _retire(lock, running.name, colour, tell)
    tell(f"{running.name}: removed, it is in the manifests no more")


def _route(place: Place, target: Target) -> Route | None:
    return find_route(read_traffic(place).routes, target.service.name)


def _write_route(place: Place, target: Target, route: Route) -> None:
    product = target.service.product
    write_routes(place, product, with_route(read_traffic(place).routes.get(product, ()), route))


def _remove_colour(place: Place, service: str, colour: Colour) -> None:
    for container in _containers(place, service, colour):
        remove_container(place, container)


def _containers(place: Place, service: str, colour: Colour) -> list[str]:
    found = find_containers(place, role=Role.SERVICE.value, service=service)
    return [container.id for container in found if container.labels.get(COLOUR) == colour.value]


def _told(
    product: str, targets: tuple[Target, ...], reasons: Mapping[str, Reason], departed: tuple[str, ...]
) -> Rollout:
    names = sorted(target.service.name for target in targets)
    return Rollout(
        product=product,
        replaced=tuple(name for name in names if name in reasons and reasons[name].replaces),
        settled=tuple(name for name in names if name in reasons and not reasons[name].replaces),
        removed=departed,
        unchanged=tuple(name for name in names if name not in reasons),
        reasons={name: reason.text for name, reason in reasons.items()},
    )
