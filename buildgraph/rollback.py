"""Going back: a release that was recorded runs again, health-gated and smoke-tested like any other deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildgraph.console import teller
from buildgraph.deployer import Deployer
from buildgraph.refusals import Terms

if TYPE_CHECKING:
    from buildgraph.deploy import Platform, Release
    from buildgraph.place.model import Tell


def roll_back(deployer: Deployer, product: str, terms: Terms) -> None:
    """Bring back the release that `terms` name, or the one that ran before what runs now.

    No migration is run or taken back. Raises, before anything changes, UnknownName for a product or release
    that is not known, and ConfigurationError where there is none to go back to, where an image is gone, and
    (unless forced) across a release that is marked as breaking.
    """
    tell = teller(f"rollback:{product}")
    chosen = _chosen(deployer.platform, product, terms)
    tell(f"to {chosen.name}, of {chosen.at} from {chosen.commit}")
    _bring_back(deployer.platform, chosen, terms, tell)


def _chosen(platform: Platform, product: str, terms: Terms) -> Release:
    """The release to go back to, with all that speaks against it told."""
    from buildgraph.deploy import (
        choose_release,
        find_running,
        refuse_breaking,
        refuse_missing_images,
        versions_of,
    )

    versions, releases = versions_of(platform.running(), product), platform.history().get(product, ())
    chosen = choose_release(versions, product, releases, terms.to)
    if not terms.force:
        newest = releases[-1] if releases else None
        refuse_breaking(find_running(versions, releases) or newest, chosen)
    refuse_missing_images(chosen, platform.has_image)
    return chosen


def _bring_back(platform: Platform, chosen: Release, terms: Terms, tell: Tell) -> None:
    from buildgraph.deploy import Shipment, released, released_scene, released_targets
    from buildgraph.place.audit import Deed

    there = released_scene(platform.scene, chosen)
    targets = released_targets(there, chosen)
    services = tuple(
        released(target, former.service, former.stand_ins)
        for target, former in zip(targets, chosen.services, strict=True)
    )
    deed = Deed("rollback", chosen.product, chosen.commit, terms.reason)
    platform.at(there).release(Shipment(deed, targets, services, chosen.name), tell)
