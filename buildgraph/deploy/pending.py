"""What a deployment has to change, and why: what shall run compared with what does; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.deploy.builds import is_same_build
from buildgraph.deploy.live import Live, LiveService
from buildgraph.manifests.backing import backing_of
from buildgraph.manifests.model import Service
from buildgraph.place.containers import Found
from buildgraph.place.model import Place, Reason, Target
from buildgraph.place.names import BACKING, FINGERPRINT, IMAGE, SECRETS
from buildgraph.place.scales import as_scaled
from buildgraph.place.secrets import secrets_digest, wanted_digest
from buildgraph.traffic.proxy_container import is_as_declared


def pending_targets(place: Place, live: Live, targets: Iterable[Target]) -> tuple[tuple[Target, Reason], ...]:
    """The targets that are not live and healthy as they shall be, with the reason; empty: nothing to do.

    A service that was scaled shall have the containers that were asked for, and its target says so.
    """
    wanted = as_scaled(targets, live.traffic.scales, place.environment.name)
    found = ((target, _reason(place, live, target)) for target in wanted)
    return tuple((target, reason) for target, reason in found if reason is not None)


def departed_services(place: Place, live: Live, product: str) -> tuple[str, ...]:
    """The services of a product that run although the manifests have them no more.

    One that has moved to another product serves on until that one is deployed.
    """
    known = {service.name for service in place.catalog if service.deployed}
    return tuple(service.name for service in live.services_of(product) if service.name not in known)


def runs_as(place: Place, key: bytes, target: Target, containers: Iterable[Found]) -> bool:
    """Whether containers all run and are just those that a target asks for; `key` is that of secrets' digests."""
    found = list(containers)
    wanted = {
        FINGERPRINT: target.fingerprint,
        SECRETS: secrets_digest(key, target.service, place.environment, place.secrets),
    }
    return (
        len(found) == target.service.replicas_in(place.environment.name)
        and is_built_as(target, found)
        and all(container.is_running and wanted.items() <= container.labels.items() for container in found)
    )


def is_built_as(target: Target, containers: Iterable[Found]) -> bool:
    """Whether containers were all made from the image that a target names."""
    return all(is_same_build(container.labels.get(IMAGE, ""), target.image) for container in containers)


def in_order(targets: Iterable[Target]) -> tuple[Target, ...]:
    """The targets, each after those of them that it depends on; by name where that leaves a choice.

    Services that depend on each other in a circle are kept in the order of their names.
    """
    waiting = {target.service.name: target for target in targets}
    ordered: list[Target] = []
    while waiting:
        ready = [n for n, t in sorted(waiting.items()) if not _awaits(t.service, waiting)]
        ordered += [waiting.pop(name) for name in ready or sorted(waiting)]
    return tuple(ordered)


def _awaits(service: Service, waiting: Iterable[str]) -> bool:
    return any(name in waiting for name in service.depends_on if name != service.name)


def _reason(place: Place, live: Live, target: Target) -> Reason | None:
    running = live.services.get(target.service.name)
    if running is None:
        return Reason("it does not run yet")
    return _replacing_reason(place, live, target, running) or _settling_reason(place, live, target, running)


def _replacing_reason(place: Place, live: Live, target: Target, running: LiveService) -> Reason | None:
    """Why new containers are needed."""
    service, environment = target.service, place.environment
    if running.colour is None or not running.containers:
        return Reason("it does not run")
    if running.fingerprint != target.fingerprint:
        return Reason("its fingerprint differs from what runs")
    wanted = wanted_digest(running.secrets, live.traffic.key, service, environment, place.secrets)
    if running.secrets != wanted:
        return Reason("its secrets have changed")
    if not is_built_as(target, running.containers):
        return Reason("it runs from another image")
    if not running.is_running:
        states = sorted({container.state for container in running.containers if not container.is_running})
        return Reason(f"a container is {' and '.join(states)}")
    if not running.is_numbered:
        return Reason("one of its containers is gone")
    if live.traffic.answers and not running.is_healthy:
        return Reason("it is not healthy")
    return None


def _settling_reason(place: Place, live: Live, target: Target, running: LiveService) -> Reason | None:
    """Why something is to do although its containers may stay."""
    if not live.traffic.answers:
        return Reason("the proxy does not run", replaces=False)
    if not is_as_declared(place, live.traffic.fingerprint):
        return Reason("the proxy runs otherwise than declared", replaces=False)
    needed = backing_of(target.service, place.environment)
    idle = sorted(needed - {c.labels.get(BACKING, "") for c in live.backing})
    if idle:
        return Reason(f"its {' and '.join(idle)} does not run", replaces=False)
    if miscounted := _miscounted(running, target.service.replicas_in(place.environment.name)):
        return Reason(miscounted, replaces=False)
    return _misdirected_reason(place, live, target, running)


def _miscounted(running: LiveService, wanted: int) -> str:
    """What is wrong with the number of its containers; "" when nothing is."""
    if len(running.containers) != wanted:
        return f"{len(running.containers)} of {wanted} replicas are there"
    return "" if running.count == wanted else f"{running.count} of {wanted} replicas get requests"


def _misdirected_reason(place: Place, live: Live, target: Target, running: LiveService) -> Reason | None:
    """Why requests do not go to it as they shall, or what an earlier deployment has left beside it."""
    if not (live.traffic.is_applied and running.is_directed):
        return Reason("the proxy does not send requests to it as it shall", replaces=False)
    if running.product != target.service.product:
        return Reason(f"it has moved from the product {running.product}", replaces=False)
    if running.route and running.route.host != place.environment.host_of(target.service):
        return Reason("its public host differs", replaces=False)
    if running.route and running.route.port != target.service.port:
        return Reason("its port differs", replaces=False)
    if running.route and running.route.trial:
        return Reason("an interrupted deployment has not completed its takeover", replaces=False)
    if running.leftovers:
        return Reason("an interrupted deployment left containers behind", replaces=False)
    if running.is_past_window:
        return Reason("the rollback window of its former version is over", replaces=False)
    return None
