"""The migrations of a product by themselves: under its lock, with its databases there, and nothing else changed."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.deploy.backing import ensure_backing
from buildgraph.deploy.migration import run_migration
from buildgraph.deploy.pending import in_order
from buildgraph.deploy.rollout import check_targets, ensure_ground
from buildgraph.place.images import ensure_image, ensure_target
from buildgraph.place.lock import held_product_lock, held_shared_lock
from buildgraph.place.model import Place, Target, Tell


def migrate_product(place: Place, product: str, targets: Iterable[Target], tell: Tell) -> tuple[str, ...]:
    """Run the migrations of a product's targets, in their order; returns the services that have one.

    What they need is made where it is missing: network, proxy, databases. No service is started, stopped or
    switched. Raises what `deploy_product` raises; the migrations that came before a failure have run.
    """
    wanted = [target for target in targets if target.service.migration]
    if not wanted:
        tell("no service has a migration")
        return ()
    check_targets(place, tuple(wanted))
    ensure_image(place, place.image(place.environment.proxy_image), tell)
    with held_product_lock(place, product, "its migrations run") as lock:
        with held_shared_lock(place):
            ensure_ground(place, tell)
        ensure_backing(place, [target.service for target in wanted], tell)
        for target in in_order(wanted):
            lock.confirm()
            ensure_target(place, target, tell)
            run_migration(place, target, tell)
    return tuple(target.service.name for target in in_order(wanted))
