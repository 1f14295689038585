"""A product's release on Coolify from beginning to end: what differs is deployed, in order, tested, and recorded.

Killed anywhere, the next deploy finds what was deployed (remembered), what applications are set to (asked) and that
nothing is verified yet, and goes through the rest.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial

from buildgraph.coolify.ledger import (
    NOT_YET,
    Ledger,
    forget_deployed,
    open_ledger,
    record_event,
    record_release,
    record_verified,
)
from buildgraph.coolify.live import read_live
from buildgraph.coolify.lock import Lock, held_lock
from buildgraph.coolify.pending import check_targets, departed_services, is_unproven, pending_targets
from buildgraph.coolify.place import CoolifyPlace
from buildgraph.coolify.smoke import run_smoke
from buildgraph.coolify.switching import Former, bring, prepare, read_former, unwind
from buildgraph.deploy.pending import in_order
from buildgraph.deploy.proof import holds_again, proof_of
from buildgraph.deploy.releases import Release
from buildgraph.deploy.releasing import Shipment
from buildgraph.errors import BuildgraphError
from buildgraph.place.actor import read_actor
from buildgraph.place.audit import Deed, moment, recording
from buildgraph.place.model import Tell


def release_product(place: CoolifyPlace, shipment: Shipment, tell: Tell) -> str:
    """Deploy and smoke-test a product, then record the release; returns its name.

    Raises ConfigurationError before anything changes, StepFailed when a step fails, after all that this run has
    touched was set and deployed as it was before; ToolError when the server does not answer.
    """
    check_targets(place, shipment.targets)
    product = shipment.deed.product
    with held_lock(place, product, shipment.deed.reason or shipment.deed.kind, tell) as lock:
        ledger = open_ledger(place)
        with recorded(place, shipment.deed, tell) as release:
            shipment.confirm()
            _deploy(lock, ledger, shipment, tell)
            lock.check()
            release.append(record_release(place, _release(shipment)))
            record_verified(place, product, proof_of(shipment.targets))
    tell(f"release {release[0]}")
    return release[0]


def _deploy(lock: Lock, ledger: Ledger, shipment: Shipment, tell: Tell) -> None:
    place, product = lock.place, shipment.deed.product
    verified = ledger.verified(product)
    if verified:
        record_verified(place, product, NOT_YET)
    formers: list[Former] = []
    try:
        _bring_all(lock, ledger, shipment, formers, tell)
        run_smoke(place, [target.service for target in shipment.targets], tell)
    except BaseException as error:
        unwind(lock, formers, error, tell)
        _restore_verified(lock, shipment, verified)
        raise
    _take_away(lock, product, tell)


def _bring_all(lock: Lock, ledger: Ledger, shipment: Shipment, formers: list[Former], tell: Tell) -> None:
    """Deploy what has a reason, in the order in which services need each other; `formers` gets what was before.

    What a killed run has brought and not proved has no reason any more, and goes back with the rest.
    """
    live = read_live(lock.place)
    reasons = {t.service.name: reason for t, reason in pending_targets(lock.place, live, shipment.targets)}
    for target in in_order(shipment.targets):
        if reason := reasons.get(target.service.name):
            prepare(lock, target, reason, tell)
            formers.append(former := read_former(lock.place, target, live))
            bring(lock, target, former, tell)
        elif is_unproven(live, target):
            formers.append(read_former(lock.place, target, live))


def _take_away(lock: Lock, product: str, tell: Tell) -> None:
    """Stop what has left the manifests; its application stays in Coolify, for somebody to remove."""
    place, live = lock.place, read_live(lock.place)
    for name in departed_services(place, live, product):
        lock.check()
        place.api.stop(live.services[name].application.uuid)
        forget_deployed(place, live.ledger, name)
        tell(f"{name}: it left the manifests, so its application was stopped; remove it in Coolify")


def _restore_verified(lock: Lock, shipment: Shipment, verified: str) -> None:
    """Give the word back that was taken, if what it was given for is what was deployed last."""
    product = shipment.deed.product
    try:
        lock.check()
        ledger = read_live(lock.place).ledger
        running = {d.service: d.fingerprint for d in ledger.deployed.values() if d.product == product}
        if verified and holds_again(verified, running, ledger.history.get(product, ()), shipment.targets):
            record_verified(lock.place, product, verified)
    except BuildgraphError:
        return  # the error that led here is told; without the word, the next run tests again


def recorded(place: CoolifyPlace, deed: Deed, tell: Tell) -> AbstractContextManager[list[str]]:
    """Record that a deed begins, and how it ends; see `buildgraph.place.audit.recording`."""
    return recording(partial(record_event, place), deed, tell)


def _release(shipment: Shipment) -> Release:
    services = tuple(sorted(shipment.services, key=lambda found: found.service.name))
    deed = shipment.deed
    return Release(
        "", deed.product, services, deed.commit, read_actor(), moment(), deed.kind, shipment.origin
    )
