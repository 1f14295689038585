"""A product's deployment from beginning to end: what differs is replaced, in order, under load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from buildgraph.deploy.backing import ensure_backing
from buildgraph.deploy.live import Live
from buildgraph.deploy.pending import departed_services, in_order, pending_targets
from buildgraph.deploy.retiring import remove_service
from buildgraph.deploy.smoke import run_smoke
from buildgraph.deploy.switching import Switched, bring, confirm_standing, unwind
from buildgraph.deploy.takeover import complete, prepare, settle_interrupted
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.manifests.model import Service
from buildgraph.manifests.switching import BLUE_GREEN
from buildgraph.place.images import ensure_image
from buildgraph.place.lock import Lock, held_product_lock, held_shared_lock
from buildgraph.place.model import Place, Reason, Rollout, Target, Tell
from buildgraph.place.network import (
    ensure_network,
    ensure_volume,
    refuse_foreign,
    remove_network,
    remove_volume,
)
from buildgraph.place.scales import holds, read_scales, write_scale
from buildgraph.place.secrets import check_secrets
from buildgraph.place.state import state_volume
from buildgraph.traffic.proxy import OWN_PORTS
from buildgraph.traffic.proxy_container import ensure_proxy


def deploy_product(
    place: Place, product: str, targets: Iterable[Target], tell: Tell, reason: str = ""
) -> Rollout:
    """Make a product run as its targets say; services that have left the manifests are removed.

    Raises what `held_for_deploy` and `roll_out` raise.
    """
    wanted = tuple(targets)
    with held_for_deploy(place, product, wanted, tell, reason) as lock:
        rollout = roll_out(lock, product, wanted, tell)
        end_scales(lock, wanted)
        return rollout


@contextmanager
def held_for_deploy(
    place: Place, product: str, targets: tuple[Target, ...], tell: Tell, reason: str = ""
) -> Iterator[Lock]:
    """Hold a product's lock to bring it these targets; `reason` stands in it, for those who wait.

    Raises ConfigurationError before anything changes, StepFailed when somebody else holds the lock.
    """
    check_targets(place, targets)
    ensure_image(place, place.image(place.environment.proxy_image), tell)
    with held_product_lock(place, product, place.redact(reason)) as lock:
        yield lock


def roll_out(lock: Lock, product: str, wanted: tuple[Target, ...], tell: Tell) -> Rollout:
    """Make a product run as its targets say, under its lock.

    Only what differs is touched, so that the same again does nothing but its smoke tests. When a service
    fails, or a smoke test does, those that this run has switched go back to their former versions, which
    run on until all is well. Killed anywhere, the next call reads what is really there and goes on. Raises
    StepFailed when a step fails, ToolError when the engine does.
    """
    place = lock.place
    with held_shared_lock(place):
        ensure_ground(place, tell)
    ensure_backing(place, [target.service for target in wanted], tell)
    live = settle_interrupted(lock, product, wanted, tell)
    _tell_scales(place, wanted, live, tell)
    pending = pending_targets(place, live, wanted)
    reasons = {target.service.name: reason for target, reason in pending}
    prepare(lock, product, [target for target, reason in pending if reason.replaces], live, tell)
    run = _run(lock, wanted, pending, live, tell)
    departed = departed_services(place, live, product)
    complete(lock, product, run, live, departed, tell)
    for name in departed:
        remove_service(lock, product, live.services[name], tell)
    return _told(product, wanted, reasons, departed)


def _tell_scales(place: Place, wanted: tuple[Target, ...], live: Live, tell: Tell) -> None:
    """Tell which services run as somebody scaled them; what has another number in its manifest now follows that."""
    for target in wanted:
        name, declared = target.service.name, target.service.replicas_in(place.environment.name)
        scale = live.traffic.scales.get(name)
        if scale is None:
            continue
        if holds(scale, target, place.environment.name):
            tell(f"{name}: {scale.to} replicas, as {scale.who} scaled it; its manifest says {declared}")
        else:
            tell(
                f"{name}: {declared} replicas, as its manifest says now; {scale.who} had scaled it to {scale.to}"
            )


def end_scales(lock: Lock, wanted: Iterable[Target]) -> None:
    """Forget how somebody scaled services whose manifests say another number by now: that is what runs, and well.

    Before that it is not known: what goes on after a deploy that failed goes on as it was scaled.
    """
    lock.confirm()
    place = lock.place
    scales = read_scales(place)
    for target in wanted:
        scale = scales.get(target.service.name)
        if scale is not None and not holds(scale, target, place.environment.name):
            write_scale(place, target.service.name, None)


def _run(
    lock: Lock, targets: tuple[Target, ...], pending: Sequence[tuple[Target, Reason]], live: Live, tell: Tell
) -> list[Switched]:
    """Switch what has a reason, then test the product as its users see it; all of it or nothing."""
    run: list[Switched] = []
    try:
        reasons = {target.service.name: reason for target, reason in pending}
        for target in in_order(target for target, _ in pending):
            switched = bring(lock, target, reasons[target.service.name], live, tell)
            run.append(switched)
        run_smoke(lock.place, [target.service for target in targets], tell)
        confirm_standing(run)
    except BaseException:
        unwind(lock, run, tell)
        raise
    return run


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


def check_targets(place: Place, targets: tuple[Target, ...]) -> None:
    """Refuse what cannot be deployed, all mistakes at once, before anything is changed."""
    services = [target.service for target in targets]
    check_secrets(services, place.environment, place.secrets)
    mistakes = [*_taken_ports(services), *_unchecked(place, services)]
    if mistakes:
        raise ConfigurationError(mistakes)
    refuse_foreign(place, [state_volume(place), *_backing_volumes(place)])


def _taken_ports(services: Iterable[Service]) -> list[Mistake]:
    way_out = f"choose a port other than {', '.join(map(str, OWN_PORTS))}"
    return [
        Mistake(f"service {service.name}: port", f"{service.port} is the proxy's own", way_out)
        for service in services
        if service.port in OWN_PORTS
    ]


def _unchecked(place: Place, services: Iterable[Service]) -> list[Mistake]:
    """Services that nobody could tell to be well are not switched on their word."""
    if place.environment.strategy != BLUE_GREEN:
        return []
    what = f"is missing; {place.environment.name} deploys {BLUE_GREEN}, which goes by health checks"
    return [
        Mistake(f"service {service.name}: health", what, "write `health`, or `health_command`")
        for service in services
        if not service.health and not service.health_command
    ]


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
