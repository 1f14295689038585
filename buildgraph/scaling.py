"""Scaling: more or fewer containers of what runs, until the manifest's own number changes or is asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from buildgraph.console import teller
from buildgraph.deployer import Deployer
from buildgraph.errors import ConfigurationError, StepFailed, UnknownName
from buildgraph.refusals import Terms

if TYPE_CHECKING:
    from buildgraph.deploy import Platform, Release, ReleasedService, Running

MANIFEST: Final = "manifest"  # `to=manifest`: as many as the manifest says
MOST: Final = 1000
HOW: Final = "say to=NUMBER, or to=manifest for what the manifest says"


def scale(deployer: Deployer, product: str, terms: Terms) -> None:
    """Run `terms.to` containers of `terms.service` (which may be left out where a product has one service).

    They are made as the release that runs made its own. Raises, before anything changes, ConfigurationError
    for a number that is none, UnknownName for a service that is not the product's, and StepFailed for one
    that does not run, or runs unverified.
    """
    from buildgraph.deploy import released_scene, released_target

    service, to = _service(deployer, product, terms), _number(product, terms.to)
    platform = deployer.platform
    release, part = _released(platform, product, service)
    there = released_scene(platform.scene, release)
    target = released_target(there, part, release.commit)
    platform.at(there).scale(target, to, terms.reason, teller(f"scale:{product}"))


def is_scaled(deployer: Deployer, product: str, terms: Terms) -> bool:
    """Whether as many containers serve as `terms` ask for, because of them or of the manifest."""
    from buildgraph.deploy import HEALTHY

    service, to = _service(deployer, product, terms), _number(product, terms.to)
    platform = deployer.platform
    _, part = _released(platform, product, service)
    running, declared = platform.running()[service], part.service.replicas_in(deployer.environment.name)
    wanted = to or declared
    is_whole = running.state == HEALTHY and not running.idle
    return is_whole and (running.replicas, running.scaled) == (wanted, 0 if wanted == declared else wanted)


def _service(deployer: Deployer, product: str, terms: Terms) -> str:
    """The service that is meant."""
    names = [s.name for s in deployer.picture.manifests.services if s.product == product and s.deployed]
    if terms.service and terms.service not in names:
        raise UnknownName(f"service of {product}", terms.service, names)
    if not terms.service and len(names) != 1:
        way_out = f"say service=NAME: {', '.join(names)}"
        raise ConfigurationError.of(f"scale:{product}", "needs to know which service", way_out)
    return terms.service or names[0]


def _number(product: str, to: str) -> int:
    """How many containers are asked for; 0 for as many as the manifest says."""
    if to == MANIFEST:
        return 0
    if not to.isdecimal() or not 1 <= int(to) <= MOST:
        what = f"to={to} is no number from 1 to {MOST}" if to else "needs to know how many"
        raise ConfigurationError.of(f"scale:{product}", what, HOW)
    return int(to)


def _released(platform: Platform, product: str, service: str) -> tuple[Release, ReleasedService]:
    """The release that a service runs from, and what it says of the service."""
    from buildgraph.deploy import is_as_released, release_of

    running, history = platform.running().get(service), platform.history()
    release = release_of(running, history) if running and is_as_released(running, history) else None
    found = [part for part in release.services if part.service.name == service] if release else []
    if release is None or not found:
        raise StepFailed(f"scale:{product}", _unverified(service, running), f"run `deploy:{product}` first")
    return release, found[0]


def _unverified(service: str, running: Running | None) -> str:
    if running is None or not running.fingerprint:
        return f"{service} does not run"
    return f"what runs of {service} is in no release: it was never verified"
