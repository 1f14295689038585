"""A takeover's two ends: what an interrupted one has left is settled, and a good one is made the state of things."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from buildgraph.deploy.live import Live, LiveService, read_live
from buildgraph.deploy.pending import runs_as
from buildgraph.deploy.retiring import containers_of, drain, remove_colour, retire_colour
from buildgraph.deploy.switching import Switched, idle_colour, is_ready
from buildgraph.place.clock import read_clock
from buildgraph.place.containers import Found
from buildgraph.place.lock import Lock
from buildgraph.place.model import Place, Target, Tell
from buildgraph.place.names import COLOUR, Colour
from buildgraph.place.scales import as_scaled
from buildgraph.traffic.claims import is_contested
from buildgraph.traffic.directing import change_route, change_routes
from buildgraph.traffic.routes import (
    ALL,
    Route,
    Routes,
    completed,
    find_route,
    given_back,
    with_idle,
    with_route,
    with_word,
    withdrawn,
)

WORD_LENGTH = 16


def settle_interrupted(lock: Lock, product: str, targets: Iterable[Target], tell: Tell) -> Live:
    """What runs, after takeovers that a killed deployment has left open are given back, or kept to be completed.

    One is kept when its version is still what is wanted and has all requests already. Without a former
    version that runs there is nothing to give back to, but the port and host of another service.
    """
    place = lock.place
    live = read_live(place)
    scaled = as_scaled(targets, live.traffic.scales, place.environment.name)
    wanted = {target.service.name: target for target in scaled}
    open_ = [s for s in live.services_of(product) if s.route and s.route.trial]
    given = [service for service in open_ if not _is_kept(place, live, service, wanted)]
    for service in given:
        _give_back(lock, service, tell)
    others = [route for table in live.traffic.routes.values() for route in table]
    unwanted = [service for service in open_ if service not in given and service.name not in wanted]
    ceded = [service for service in unwanted if service.route and is_contested(service.route, others)]
    for service in ceded:
        _cede(lock, service, tell)
    return read_live(place) if given or ceded else live


def _is_kept(place: Place, live: Live, service: LiveService, wanted: dict[str, Target]) -> bool:
    route, target = service.route, wanted.get(service.name)
    if route is None or route.trial is None or not _containers(service, route.trial.other):
        return True
    new = _containers(service, route.trial)
    is_whole = route.side(route.trial).share == ALL
    return target is not None and is_whole and runs_as(place, live.traffic.key, target, new)


def _containers(service: LiveService, colour: Colour) -> list[Found]:
    found = (*service.containers, *service.others)
    return [c for c in found if c.labels.get(COLOUR) == colour.value and c.is_running]


def _give_back(lock: Lock, service: LiveService, tell: Tell) -> None:
    if service.route is None or service.route.trial is None:
        return
    former = service.route.trial.other
    change_route(lock, service.product, service.route, lambda route: given_back(route, former))
    tell(f"{service.name}: an interrupted takeover is given back to {former.value}")


def _cede(lock: Lock, service: LiveService, tell: Tell) -> None:
    """Leave port and host to the service that had them: nobody wants the one that was taking them over any more."""
    if service.route is not None:
        change_route(lock, service.product, service.route, withdrawn)
        tell(
            f"{service.name}: an interrupted takeover is given back to the service that had its port or host"
        )


def prepare(lock: Lock, product: str, replaced: Iterable[Target], live: Live, tell: Tell) -> None:
    """Have the proxy know the idle colour of all that will be replaced, in one change of its configuration.

    An idle colour that runs what is wanted stays as it is; any other ends here, kept or not.
    """
    place, coming = lock.place, list(replaced)
    cleared = [target for target in coming if not is_ready(place, live, target)]

    def prepared(target: Target, route: Route | None) -> Route:
        idle, word = idle_colour(live, target), word_of(target)
        if route is not None and target not in cleared:
            return with_word(route, idle, word)
        return with_idle(route, target.service, place.environment, idle, word)

    def changed(routes: Routes) -> tuple[Route, ...]:
        table = routes.get(product, ())
        for target in coming:
            table = with_route(table, prepared(target, find_route(routes, target.service.name)))
        return table

    if coming:
        change_routes(lock, product, changed)
    for target in cleared:
        _clear(lock, target, live, tell)


def _clear(lock: Lock, target: Target, live: Live, tell: Tell) -> None:
    """End what stands where the new version shall: one that has served is stopped, a failed one removed."""
    name, idle = target.service.name, idle_colour(live, target)
    running = live.services.get(name)
    if running is not None and running.kept:
        retire_colour(lock, name, idle, tell)
    elif containers_of(lock.place, name, idle):
        drain(lock.place, name, idle)
        remove_colour(lock, name, idle)


def word_of(target: Target) -> str:
    """The word by which browsers tell the version that gave them a page."""
    text = f"{target.service.name} {target.fingerprint}"
    return hashlib.sha256(text.encode()).hexdigest()[:WORD_LENGTH]


def complete(
    lock: Lock, product: str, run: Iterable[Switched], live: Live, departed: Iterable[str], tell: Tell
) -> None:
    """Make takeovers the state of things: former versions are kept for their window, or end.

    In the same change those that have `departed` from the manifests lose their routes: who has their host or port now
    has it for good.
    """
    lock.confirm()
    place, switched, gone = lock.place, list(run), list(departed)
    now = read_clock(place) if place.environment.rollback_window else 0.0

    def changed(routes: Routes) -> tuple[Route, ...]:
        table = routes.get(product, ())
        for each in switched:
            route = find_route({product: table}, each.target.service.name)
            if route is not None and not _is_still_kept(live, each):
                table = with_route(table, _completed(place, route, each, now))
        return tuple(route for route in table if route.service not in gone)

    table = change_routes(lock, product, changed) if switched or gone else ()
    for each in switched:
        _end_former(lock, each, find_route({product: table}, each.target.service.name), tell)


def _is_still_kept(live: Live, switched: Switched) -> bool:
    """Whether nothing was taken over: the former version of an earlier deployment is still in its window."""
    running = live.services.get(switched.target.service.name)
    return bool(running and running.colour is switched.colour and running.window)


def _completed(place: Place, route: Route, switched: Switched, now: float) -> Route:
    """A former version without HTTP would go on working beside the new one, so it is not kept."""
    window = place.environment.rollback_window
    if switched.before is None or not window or not route.is_http:
        return completed(route, switched.colour)
    return completed(route, switched.colour, now, window)


def _end_former(lock: Lock, switched: Switched, route: Route | None, tell: Tell) -> None:
    name, former = switched.target.service.name, switched.colour.other
    if route is not None and route.side(former).is_kept:
        tell(f"{name}: {former.value} is kept for {route.side(former).window:g} s")
        return
    retire_colour(lock, name, former, tell)
