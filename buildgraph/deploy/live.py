"""What runs in an environment, read from its containers' labels and from its proxy; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from buildgraph.place.clock import read_clock
from buildgraph.place.containers import Found, find_containers
from buildgraph.place.model import Place
from buildgraph.place.names import (
    COLOUR,
    COMMIT,
    FINGERPRINT,
    IMAGE,
    PRODUCT,
    ROLE,
    SECRETS,
    SERVICE,
    Colour,
    Role,
    slot_number,
)
from buildgraph.traffic.answers import Server
from buildgraph.traffic.directing import Traffic, read_traffic
from buildgraph.traffic.proxy import server_weights
from buildgraph.traffic.routes import UNUSED, Route, Side, find_route


@dataclass(frozen=True, slots=True)
class LiveService:
    """A service as it runs.

    `colour` is the one that requests go to (None: none), `containers` are that colour's, `kept` those of the
    former version while they are kept to go back to, `leftovers` all others: of an interrupted deployment, or
    of one that goes on at this moment. `is_directed` tells that the proxy really sends requests where the
    written routes say. `window` is how many seconds the former version is still kept for, 0 when that is over.
    """

    name: str
    product: str
    colour: Colour | None
    containers: tuple[Found, ...] = ()
    leftovers: tuple[Found, ...] = ()
    route: Route | None = None
    servers: tuple[Server, ...] = ()
    kept: tuple[Found, ...] = ()
    window: float = 0.0

    @property
    def others(self) -> tuple[Found, ...]:
        """Its containers that are not of the live colour."""
        return (*self.leftovers, *self.kept)

    @property
    def is_past_window(self) -> bool:
        """Whether the former version is still there although its rollback window is over."""
        return bool(self.kept) and not self.window

    @property
    def is_running(self) -> bool:
        """Whether all its containers run."""
        return bool(self.containers) and all(container.is_running for container in self.containers)

    @property
    def is_healthy(self) -> bool:
        """Whether its containers run and, where it answers requests, the proxy's checks pass for each."""
        if not self.is_running or self.route is None:
            return False
        serving = self._serving()
        healthy = [server for server in serving if server.serves]
        return len(healthy) >= self.count if self.route.is_http else True

    @property
    def is_numbered(self) -> bool:
        """Whether its containers are numbered from 1 without a gap: more can be added, or taken from the end."""
        if self.colour is None:
            return False
        numbers = [slot_number(container.name, self.name, self.colour) for container in self.containers]
        return sorted(numbers) == list(range(1, len(numbers) + 1))

    @property
    def count(self) -> int:
        """How many of its containers get requests."""
        side = self.route.side(self.colour) if self.route and self.colour else UNUSED
        return min(len(self.containers), side.count)

    @property
    def is_directed(self) -> bool:
        """Whether the proxy sends each colour the share of requests that its route says."""
        if self.route is None or not self.route.is_http:
            return self.route is not None
        weights = server_weights(self.route)
        return bool(self.servers) and all(_is_directed(server, weights) for server in self.servers)

    @property
    def image(self) -> str:
        """What its containers were made from."""
        return self._label(IMAGE)

    @property
    def fingerprint(self) -> str:
        """The deployment fingerprint it was started with."""
        return self._label(FINGERPRINT)

    @property
    def secrets(self) -> str:
        """The digest of the secrets it was started with."""
        return self._label(SECRETS)

    @property
    def commit(self) -> str:
        """The commit it was deployed from."""
        return self._label(COMMIT)

    @property
    def since(self) -> datetime | None:
        """When its newest container was made."""
        created = [container.created for container in self.containers]
        return datetime.fromtimestamp(max(created), UTC) if created else None

    def _label(self, name: str) -> str:
        return self.containers[0].labels.get(name, "") if self.containers else ""

    def _serving(self) -> list[Server]:
        return [s for s in self.servers if self.colour and s.is_of(self.name, self.colour)]


def _is_directed(server: Server, weights: Mapping[str, int]) -> bool:
    """Whether a server is sent what it shall be.

    HAProxy (2.6) shows a server without address at its full weight, whatever it was told; it gets nothing.
    """
    wanted = weights.get(server.name)
    return server.share == wanted or (wanted == 0 and not server.serves)


@dataclass(frozen=True, slots=True)
class Live:
    """An environment as it runs: services by name, the proxy, and those backing services that run."""

    services: Mapping[str, LiveService] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    backing: tuple[Found, ...] = ()

    def services_of(self, product: str) -> tuple[LiveService, ...]:
        """The services of a product, sorted by name."""
        return tuple(s for _, s in sorted(self.services.items()) if s.product == product)


def read_live(place: Place) -> Live:
    """What runs in an environment now; empty where nothing was ever deployed."""
    found = find_containers(place)
    traffic = read_traffic(place)
    grouped: dict[str, list[Found]] = {}
    for container in found:
        if container.labels.get(ROLE) == Role.SERVICE.value:
            grouped.setdefault(container.labels.get(SERVICE, ""), []).append(container)
    for table in traffic.routes.values():
        for route in table:
            grouped.setdefault(route.service, [])
    now = read_clock(place) if any(_kept_sides(traffic)) else 0.0
    services = {name: _live_service(name, containers, traffic, now) for name, containers in grouped.items()}
    backing = tuple(c for c in found if c.labels.get(ROLE) == Role.BACKING.value and c.is_running)
    return Live(services, traffic, backing)


def _live_service(name: str, containers: Iterable[Found], traffic: Traffic, now: float) -> LiveService:
    found = list(containers)
    route = find_route(traffic.routes, name)
    colour = route.live if route else None
    former = route.side(colour.other) if route and colour else UNUSED
    live = tuple(c for c in found if colour and c.labels.get(COLOUR) == colour.value)
    others = tuple(container for container in found if container not in live)
    return LiveService(
        name=name,
        product=_product_of(name, found, traffic),
        colour=colour,
        containers=live,
        leftovers=() if former.is_kept else others,
        route=route,
        servers=traffic.servers_of(name),
        kept=others if former.is_kept else (),
        window=max(0.0, former.retired + former.window - now),
    )


def _kept_sides(traffic: Traffic) -> Iterable[Side]:
    routes = (route for table in traffic.routes.values() for route in table)
    return (side for route in routes for side in route.sides.values() if side.is_kept)


def _product_of(name: str, containers: list[Found], traffic: Traffic) -> str:
    """The product a service belongs to: its routes say, else its containers."""
    for product, table in traffic.routes.items():
        if any(route.service == name for route in table):
            return product
    return containers[0].labels.get(PRODUCT, "") if containers else ""
