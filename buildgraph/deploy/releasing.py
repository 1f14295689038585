"""A release from its first line in the log to its record: deployed, smoke-tested, recorded, in this order.

Killed anywhere, the next deploy of the same finds it not verified yet, and goes through the rest again.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from buildgraph.deploy.audit import Deed, recorded
from buildgraph.deploy.model import Place, Target, Tell
from buildgraph.deploy.releases import ReleasedService, Source, record_release
from buildgraph.deploy.rollout import deploy_product
from buildgraph.deploy.verified import forget_verified, record_verified, restore_verified
from buildgraph.errors import BuildgraphError


@dataclass(frozen=True, slots=True)
class Shipment:
    """What shall be released: the deed as the log tells it, the targets, and what is recorded of them.

    `origin` is the release that it repeats, if any.
    """

    deed: Deed
    targets: tuple[Target, ...]
    services: tuple[ReleasedService, ...]
    origin: str = ""


def release_product(place: Place, shipment: Shipment, tell: Tell) -> str:
    """Deploy and smoke-test a product, then record the release; returns its name.

    Raises what `deploy_product` raises; nothing is recorded then but the failure.
    """
    deed, targets = shipment.deed, shipment.targets
    with recorded(place, deed, tell) as release:
        verified = forget_verified(place, deed.product)
        try:
            deploy_product(place, deed.product, targets, tell, str(deed))
        except BaseException:
            with suppress(BuildgraphError):
                restore_verified(place, deed.product, verified)
            raise
        source = Source(deed.kind, deed.commit, shipment.origin)
        release.append(record_release(place, deed.product, shipment.services, source))
        record_verified(place, deed.product, targets)
    tell(f"release {release[0]}")
    return release[0]
