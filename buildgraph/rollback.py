"""Going back: a release that was recorded runs again, health-gated and smoke-tested like any other deploy."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from buildgraph.console import teller
from buildgraph.deployer import Deployer
from buildgraph.errors import ConfigurationError
from buildgraph.refusals import Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from buildgraph.deploy import Platform, Release, Running
    from buildgraph.place.model import Tell


class Past(Protocol):
    """What of a platform tells which release to go back to."""

    def running(self) -> Mapping[str, Running]:
        """What runs, by service."""

    def history(self) -> Mapping[str, tuple[Release, ...]]:
        """The releases of every product that are kept, the oldest first."""


def roll_back(deployer: Deployer, product: str, terms: Terms) -> None:
    """Bring back the release that `terms` name, or the one that ran before what runs now.

    No migration is run or taken back. Raises, before anything changes, UnknownName for a product or release
    that is not known, and ConfigurationError where there is none to go back to, where an image is gone, and
    (unless forced) across a release that is marked as breaking. It is chosen again once the product's lock is held:
    ConfigurationError when a deploy that ended meanwhile makes it another one.
    """
    from buildgraph.deploy import refuse_missing_images

    tell = teller(f"rollback:{product}")
    chosen = choose(deployer.platform, product, terms)
    refuse_missing_images(chosen, deployer.platform.has_image)
    tell(f"to {chosen.name}, of {chosen.at} from {chosen.commit}")
    _bring_back(deployer.platform, chosen, terms, tell)


def choose(platform: Past, product: str, terms: Terms) -> Release:
    """The release to go back to; ConfigurationError when what runs speaks against it and `terms` force nothing."""
    from buildgraph.deploy import choose_release, find_running, refuse_breaking, versions_of

    versions, releases = versions_of(platform.running(), product), platform.history().get(product, ())
    chosen = choose_release(versions, product, releases, terms.to)
    if not terms.force:
        newest = releases[-1] if releases else None
        refuse_breaking(find_running(versions, releases) or newest, chosen)
    return chosen


def confirm_choice(platform: Past, chosen: Release, terms: Terms) -> None:
    """ConfigurationError when another release would be chosen by now, or what runs by now speaks against it."""
    again = choose(platform, chosen.product, terms)
    if again.name != chosen.name:
        what = (
            f"{chosen.name} is not the one before what runs any more, {again.name} is: somebody has deployed"
        )
        way_out = (
            f"look at `buildgraph releases {chosen.product}`, then run the same again, or say `to=RELEASE`"
        )
        raise ConfigurationError.of(f"rollback:{chosen.product}", what, way_out)


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
    confirm = partial(confirm_choice, platform, chosen, terms)
    platform.at(there).release(Shipment(deed, targets, services, chosen.name, confirm), tell)
