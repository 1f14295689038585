"""One service switched: its idle colour started, tested and given requests; and back again when that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from buildgraph.deploy.canary import Trial, run_canary
from buildgraph.deploy.evidence import count_starts, has_ended, read_evidence
from buildgraph.deploy.health import wait_until_healthy
from buildgraph.deploy.live import Live
from buildgraph.deploy.migration import run_migration
from buildgraph.deploy.pending import runs_as
from buildgraph.deploy.retiring import containers_of, drain, remove_colour, retire_colour
from buildgraph.deploy.scaling import Growth, bring_count
from buildgraph.deploy.smoke import run_smoke_straight
from buildgraph.errors import BuildgraphError, StepFailed
from buildgraph.place.containers import create_container, start_container
from buildgraph.place.images import ensure_target
from buildgraph.place.lock import Lock
from buildgraph.place.model import Place, Reason, Target, Tell
from buildgraph.place.names import Colour, slot_name
from buildgraph.place.secrets import secrets_digest
from buildgraph.place.specification import service_containers
from buildgraph.traffic.claims import is_contested
from buildgraph.traffic.directing import change_route, read_route, read_routes
from buildgraph.traffic.routes import Route, directed, given_back, with_idle

FIRST: Final = Colour.BLUE
SERVES_ON: Final = "what ran before serves on"


@dataclass(frozen=True, slots=True)
class Switched:
    """A service that this run has directed to a colour; `before` is the route to go back to, if there is one.

    `trial` is how it came there, None when it only got its requests back.
    """

    target: Target
    colour: Colour
    before: Route | None = None
    trial: Trial | None = None


def bring(lock: Lock, target: Target, reason: Reason, live: Live, tell: Tell) -> Switched:
    """Make one service as it shall be; the colour that served before is left where it is."""
    tell(f"{target.service.name}: {reason}")
    lock.confirm()
    running = live.services.get(target.service.name)
    if reason.replaces or running is None or running.colour is None:
        return _replace(lock, target, live, tell)
    bring_count(Growth(lock, target, running.colour, live.traffic.key), tell)
    return _settle(lock, target, running.colour)


def idle_colour(live: Live, target: Target) -> Colour:
    """The colour that a service's next version gets."""
    running = live.services.get(target.service.name)
    return running.colour.other if running and running.colour else FIRST


def is_ready(place: Place, live: Live, target: Target) -> bool:
    """Whether the idle colour runs just what a target asks for already: a former version that is gone back to."""
    running = live.services.get(target.service.name)
    idle = idle_colour(live, target)
    if running is None or running.route is None or idle not in running.route.sides:
        return False
    return runs_as(place, live.traffic.key, target, containers_of(place, target.service.name, idle))


def _settle(lock: Lock, target: Target, colour: Colour) -> Switched:
    """Direct every request to a colour that serves already, as its manifest says now."""
    place, service = lock.place, target.service
    written = read_route(place, service.name)
    back = _former_route(place, written) if written else None
    known = written or with_idle(None, service, place.environment, colour)
    whole = partial(directed, service=service, environment=place.environment, colour=colour)
    change_route(lock, service.product, known, whole)
    return Switched(target, colour, back)


def _former_route(place: Place, route: Route) -> Route | None:
    """The route to go back to when an interrupted takeover turns out badly."""
    if route.trial is None:
        return None
    if not any(former.is_running for former in containers_of(place, route.service, route.trial.other)):
        return None
    return given_back(route, route.trial.other)


def _replace(lock: Lock, target: Target, live: Live, tell: Tell) -> Switched:
    """Migrate, start the idle colour, give it requests once it is healthy and tested; the old one stays."""
    place, service, idle = lock.place, target.service, idle_colour(live, target)
    before = read_route(place, service.name) or with_idle(None, service, place.environment, idle)
    trial = Trial(lock, target, idle, before)
    ready = _names(trial) if is_ready(place, live, target) else {}
    if not ready:
        ensure_target(place, target, tell)
        lock.confirm()
        trial = replace(trial, has_migrated=run_migration(place, target, tell))
        lock.confirm()
    running = live.services.get(service.name)
    with _returning(trial, tell, serves=running is not None and running.is_healthy):
        containers = ready or _start_colour(trial, live.traffic.key, tell)
        _prove(trial, containers, tell)
        trial = replace(trial, starts=count_starts(place, trial.service, idle))
        run_canary(trial, tell)
        switched = Switched(
            target, idle, _route_back(trial), trial
        )  # nothing that may fail comes after the last line
        _direct(trial)
    return switched


def confirm_standing(run: Iterable[Switched]) -> None:
    """StepFailed when a version that got all requests has ended since: who crashes at once shall not stay."""
    for trial in (switched.trial for switched in run if switched.trial):
        if has_ended(trial.place, trial.service, trial.colour, trial.starts):
            evidence = read_evidence(trial.place, trial.service, trial.colour)
            raise StepFailed(
                f"deploy:{trial.service}", "its container has ended since it was healthy", evidence
            )


def _direct(trial: Trial) -> None:
    """Every request to the new version; it stays on trial until the whole product is well."""
    service, environment = trial.target.service, trial.place.environment

    def whole(route: Route) -> Route:
        return replace(directed(route, service, environment, trial.colour), trial=trial.colour)

    change_route(trial.lock, service.product, trial.before, whole)


def _prove(trial: Trial, containers: Mapping[int, str], tell: Tell) -> None:
    """Have the new version healthy, and its smoke tests passed, before any request reaches it."""
    place, service = trial.place, trial.target.service
    wait_until_healthy(place, service, trial.colour, containers, tell)
    trial.lock.confirm()
    names = [slot_name(service.name, trial.colour, number) for number in sorted(containers)]
    try:
        run_smoke_straight(place, service, names, tell)
    except StepFailed as failed:
        evidence = read_evidence(place, service.name, trial.colour)
        raise StepFailed(failed.step, failed.what, f"{failed.detail}\n{evidence}") from failed


def _route_back(trial: Trial) -> Route | None:
    """The route to go back to, while a former version runs, or another service that has its port or host."""
    former = trial.before.live
    if former is None:
        tables = read_routes(trial.place).values()
        others = [route for table in tables for route in table]
        return trial.before if is_contested(trial.before, others) else None
    return given_back(trial.before, former) if _runs(trial, former) else None


def _runs(trial: Trial, colour: Colour) -> bool:
    return any(container.is_running for container in containers_of(trial.place, trial.service, colour))


@contextmanager
def _returning(trial: Trial, tell: Tell, *, serves: bool) -> Iterator[None]:
    """When what is inside fails, all requests go back to where they went, and the new version goes away.

    `serves` says that a former version was well, which is told then. Without the lock nothing is touched: the
    containers may be those of who holds it now.
    """
    try:
        yield
    except StepFailed as failed:
        if not (_go_back(trial, tell) and serves):
            raise
        detail = f"{failed.detail}\n{trial.service}: {SERVES_ON}"
        raise StepFailed(failed.step, failed.what, detail) from failed
    except BaseException:
        _go_back(trial, tell)
        raise


def _go_back(trial: Trial, tell: Tell) -> bool:
    """Give requests back; whether a former version that runs has them."""
    if not trial.lock.is_held():
        return False
    with _told(trial.service, tell):
        give_back(trial, tell)
        return trial.before.live is not None and _runs(trial, trial.before.live)
    return False


def give_back(trial: Trial, tell: Tell) -> None:
    """Have requests go where they went before a version began to take over, and remove that version."""
    place, before = trial.place, trial.before
    route = read_route(place, trial.service)
    back = given_back(before, before.live) if before.live else before
    change_route(trial.lock, trial.target.service.product, back, lambda _: back)
    if route is not None and route.side(trial.colour).may_answer:
        tell(f"{trial.service}: its requests go back to {trial.colour.other.value}")
        drain(place, trial.service, trial.colour)
    remove_colour(trial.lock, trial.service, trial.colour)
    _tell_schema(trial, tell)


def _tell_schema(trial: Trial, tell: Tell) -> None:
    """A database never goes back by itself, which is why migrations only add."""
    if trial.has_migrated:
        tell(f"{trial.service}: its database stays migrated, the schema is not taken back")


def unwind(lock: Lock, run: list[Switched], tell: Tell) -> None:
    """Take back what this run has switched, last first; what had nobody to go back to stays."""
    for switched in reversed(run):
        if not lock.is_held():
            return
        if switched.before is not None:
            with _told(switched.target.service.name, tell):
                _unwind_one(lock, switched, switched.before, tell)


def _unwind_one(lock: Lock, switched: Switched, before: Route, tell: Tell) -> None:
    service = switched.target.service
    change_route(lock, service.product, before, lambda _: before)
    former = switched.colour.other.value if before.live else "the service that had its port or host"
    tell(f"{service.name}: its requests go back to {former}")
    retire_colour(lock, service.name, switched.colour, tell)
    if switched.trial is not None:
        _tell_schema(switched.trial, tell)


@contextmanager
def _told(service: str, tell: Tell) -> Iterator[None]:
    """A second failure, while the first one is on its way, is told and mended by the next deployment."""
    try:
        yield
    except BuildgraphError as error:
        tell(f"{service}: could not be taken back, the next deployment does it: {error}")


def _names(trial: Trial) -> dict[int, str]:
    """The names of all containers of a colour, by number."""
    count = trial.target.service.replicas_in(trial.place.environment.name)
    numbers = range(1, count + 1)
    return {number: trial.place.named(slot_name(trial.service, trial.colour, number)) for number in numbers}


def _start_colour(trial: Trial, key: bytes, tell: Tell) -> dict[int, str]:
    """Start all containers of a colour; their names by number. `key` is that of secrets' digests."""
    place, target = trial.place, trial.target
    digest = secrets_digest(key, target.service, place.environment, place.secrets)
    specifications = service_containers(place, target, trial.colour, digest)
    for specification in specifications:
        create_container(place, specification)
    for specification in specifications:
        start_container(place, specification.name)
    count = f" ({len(specifications)} containers)" if len(specifications) > 1 else ""
    tell(f"{trial.service}: started {trial.colour.value}{count}")
    return _names(trial)
