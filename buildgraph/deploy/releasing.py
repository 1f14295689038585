"""A release from its first line in the log to its record: deployed, smoke-tested, recorded, in this order.

Killed anywhere, the next deploy of the same finds it not verified yet, and goes through the rest again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass

from buildgraph.deploy.releases import ReleasedService, Source, record_release
from buildgraph.deploy.rollout import end_scales, held_for_deploy, roll_out
from buildgraph.deploy.verified import forget_verified, record_verified, restore_verified
from buildgraph.errors import BuildgraphError
from buildgraph.place.audit import Deed, recorded, recorded_failure
from buildgraph.place.lock import Lock
from buildgraph.place.model import Place, Target, Tell


def _nothing_more() -> None:
    """Nothing was looked at that may have changed."""


@dataclass(frozen=True, slots=True)
class Shipment:
    """What shall be released: the deed as the log tells it, the targets, and what is recorded of them.

    `origin` is the release that it repeats, if any. `confirm` is called when the lock is held, and raises
    ConfigurationError when what was looked at before has changed.
    """

    deed: Deed
    targets: tuple[Target, ...]
    services: tuple[ReleasedService, ...]
    origin: str = ""
    confirm: Callable[[], None] = _nothing_more


def release_product(place: Place, shipment: Shipment, tell: Tell) -> str:
    """Deploy and smoke-test a product, then record the release, all under its lock; returns the release's name.

    Raises what `deploy_product` raises; nothing is recorded then but the failure.
    """
    deed = shipment.deed
    with ExitStack() as held:
        with recorded_failure(place, deed, tell):
            lock = held.enter_context(held_for_deploy(place, deed.product, shipment.targets, tell, str(deed)))
        with recorded(place, deed, tell) as release:
            release.append(_release_under(lock, shipment, tell))
    tell(f"release {release[0]}")
    return release[0]


def _release_under(lock: Lock, shipment: Shipment, tell: Tell) -> str:
    """What is verified is forgotten while it changes; it is true again when what was verified runs again."""
    place, deed, targets = lock.place, shipment.deed, shipment.targets
    shipment.confirm()
    verified = forget_verified(place, deed.product)
    try:
        roll_out(lock, deed.product, targets, tell)
    except BaseException:
        with suppress(BuildgraphError):
            if lock.is_held():
                restore_verified(place, deed.product, verified, targets)
        raise
    if deed.kind != "rollback":  # going back edits no manifest
        end_scales(lock, targets)
    lock.confirm()
    source = Source(deed.kind, deed.commit, shipment.origin)
    name = record_release(place, deed.product, shipment.services, source)
    record_verified(place, deed.product, targets)
    return name
