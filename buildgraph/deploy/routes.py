"""Where requests go, as values: one route per service, a table of them per product; it knows no proxy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from buildgraph.deploy.names import Colour
from buildgraph.manifests.model import Environment, Service

FORMAT: Final = 1
ALL, NONE = 100, 0


@dataclass(frozen=True, slots=True)
class Side:
    """One colour of a route: its containers' count, port and health path, and its share of requests in 100.

    They belong to the colour and not to the service, for both colours are checked while one replaces the
    other, and they may come from different manifests.
    """

    slots: int = 0
    listens: int = 0
    health: str = ""
    share: int = NONE


UNUSED: Final = Side()


@dataclass(frozen=True, slots=True)
class Route:
    """How one service is reached: its own listener's port, its public host, and its two sides.

    A service without HTTP has no port; its route only tells which colour is the live one.
    """

    service: str
    port: int = 0
    host: str = ""
    sides: Mapping[Colour, Side] = field(default_factory=dict)

    def side(self, colour: Colour) -> Side:
        """What is known of a colour."""
        return self.sides.get(colour, UNUSED)

    @property
    def live(self) -> Colour | None:
        """The colour that answers most requests, or None while nothing does."""
        most = max(Colour, key=lambda colour: self.side(colour).share)
        return most if self.side(most).share else None

    @property
    def is_http(self) -> bool:
        """Whether requests are sent to it at all."""
        return bool(self.port)


Routes = Mapping[str, tuple[Route, ...]]  # by product


def side_of(service: Service, environment: Environment) -> Side:
    """What a colour of this service is like here, before it gets any requests."""
    return Side(
        slots=service.replicas_in(environment.name),
        listens=service.listens or service.port,
        health=service.health,
    )


def with_idle(route: Route | None, service: Service, environment: Environment, colour: Colour) -> Route:
    """The route with a colour beside the live one that is checked and gets no requests.

    What users see of a service that is live, host and port, stays until requests go to the new colour.
    """
    idle = side_of(service, environment)
    if route is None or route.live is None:
        return Route(service.name, service.port, environment.host_of(service), {colour: idle})
    return replace(route, sides={**route.sides, colour: idle})


def directed(route: Route, service: Service, environment: Environment, colour: Colour) -> Route:
    """The route with every request sent to one colour, and the host and port that the service shall have."""
    sides = {known: replace(side, share=NONE) for known, side in route.sides.items()}
    sides[colour] = replace(route.side(colour), share=ALL)
    return Route(service.name, service.port, environment.host_of(service), sides)


def with_route(routes: Iterable[Route], new: Route) -> tuple[Route, ...]:
    """The routes with this one in place of the service's former, sorted by service."""
    return tuple(sorted([*without(routes, new.service), new], key=lambda route: route.service))


def without(routes: Iterable[Route], service: str) -> tuple[Route, ...]:
    """The routes but that of one service."""
    return tuple(route for route in routes if route.service != service)


def each_once(routes: Routes, owners: Mapping[str, str]) -> dict[str, tuple[Route, ...]]:
    """The tables with every service in one only; where several have it, `owners` (products by service) tells."""
    holders: dict[str, list[str]] = {}
    for product, table in routes.items():
        for route in table:
            holders.setdefault(route.service, []).append(product)
    keepers = {name: _keeper(products, owners.get(name, "")) for name, products in holders.items()}
    return {
        product: tuple(route for route in table if keepers[route.service] == product)
        for product, table in routes.items()
    }


def _keeper(products: list[str], owner: str) -> str:
    return owner if owner in products else products[0]


def find_route(routes: Routes, service: str) -> Route | None:
    """The route of a service, whichever product it belongs to."""
    return next((route for table in routes.values() for route in table if route.service == service), None)


def render_routes(product: str, routes: Iterable[Route]) -> str:
    """A product's routes as the text that is kept with the environment."""
    table = {"format": FORMAT, "product": product, "routes": [_as_table(route) for route in routes]}
    return json.dumps(table, indent=2) + "\n"


def parse_routes(text: str) -> tuple[Route, ...]:
    """The routes that `render_routes` wrote."""
    return tuple(_from_table(table) for table in json.loads(text)["routes"])


def _as_table(route: Route) -> dict[str, Any]:
    sides = {colour.value: asdict(route.sides[colour]) for colour in Colour if colour in route.sides}
    return {"service": route.service, "port": route.port, "host": route.host, "sides": sides}


def _from_table(table: dict[str, Any]) -> Route:
    sides = {Colour(name): Side(**side) for name, side in table["sides"].items()}
    return Route(**{**table, "sides": sides})
