"""How an environment stands, without what differs between two good runs: colours, moments, digests, numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from buildgraph.deploy.live import LiveService, read_live
from buildgraph.deploy.pending import pending_targets
from buildgraph.deploy.releases import is_running, read_releases
from buildgraph.deploy.verified import is_verified
from buildgraph.place.names import PROXY, ROLE, SERVICE, Role
from buildgraph.place.state import read_state
from buildgraph.traffic.routes import Side
from tests.support.town import Town

CHANCE = re.compile(r"[0-9a-f]{16,64}|\d{4,}")


@dataclass(frozen=True)
class Standing:
    """What is there, and what a deployment of the same would find to do (`reasons`: nothing, when all is well)."""

    containers: tuple[str, ...]
    sides: Mapping[str, Side]
    trials: tuple[str, ...]
    files: tuple[str, ...]
    volumes: tuple[str, ...]
    networks: int
    reasons: tuple[str, ...]
    is_verified: bool
    is_released: bool


def read_standing(town: Town) -> Standing:
    """How the town stands."""
    live = read_live(town.place)
    services = live.services.values()
    releases = read_releases(town.place, "town")
    versions = {each.name: each.fingerprint for each in live.services_of("town")}
    return Standing(
        containers=tuple(sorted([*others(town), *(word for each in services for word in containers(each))])),
        sides={name: side for each in services for name, side in sides(each).items()},
        trials=tuple(each.name for each in services if each.route and each.route.trial),
        files=tuple(sorted(files(town))),
        volumes=tuple(sorted(town.volumes())),
        networks=len(town.place.engine.client.api.networks(filters={"label": town.place.filters()})),
        reasons=tuple(reason.text for _, reason in pending_targets(town.place, live, town.targets())),
        is_verified=is_verified(town.place, "town", town.targets()),
        is_released=bool(releases) and is_running(versions, releases[-1]),
    )


def containers(service: LiveService) -> list[str]:
    """A service's containers by what they are to it, with their state."""
    groups = {"live": service.containers, "kept": service.kept, "left over": service.leftovers}
    return [
        f"{service.name}: {found.state}, {word}, {'sound' if service.is_directed else 'astray'}"
        for word, group in groups.items()
        for found in group
    ]


def others(town: Town) -> list[str]:
    """All other containers, by name and state: the proxy; a lock or a migration that is left."""
    api = town.place.engine.client.api
    found = api.containers(all=True, filters={"label": town.place.filters()})
    return [
        f"{each['Names'][0].removeprefix(f'/{town.place.prefix}-')}: {each['State']}"
        for each in found
        if each["Labels"][ROLE] != Role.SERVICE.value or SERVICE not in each["Labels"]
    ]


def sides(service: LiveService) -> dict[str, Side]:
    """The two sides of a service's route, by whether they are the live one; moments are only there or not."""
    route = service.route
    if route is None:
        return {}
    return {
        f"{service.name} {'live' if colour is service.colour else 'other'}": replace(
            side, retired=float(side.is_kept), release="known" if side.release else ""
        )
        for colour, side in route.sides.items()
    }


def files(town: Town) -> list[str]:
    """What the state volume holds besides the log, records of releases counted as one."""
    state = read_state(town.place, town.place.named(PROXY))
    paths = {CHANCE.sub("…", path) for path in state.files if not path.startswith("history/audit/")}
    revisions = {path.split("/")[1] for path in state.files if path.startswith("proxy/")}
    return [*paths, *state.links, f"{len(revisions)} revision"]
