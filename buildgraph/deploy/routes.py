"""Where the proxy sends requests, as values: one route per service, a table of them per product; it knows no proxy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from buildgraph.deploy.names import Colour
from buildgraph.manifests.model import Environment, Service

FORMAT: Final = 1
ALL, NONE = 100, 0
IDLE: Final[Mapping[Colour, int]] = MappingProxyType({Colour.BLUE: NONE, Colour.GREEN: NONE})


@dataclass(frozen=True, slots=True)
class Route:
    """How one service is reached: its listener and host, its containers' port, and each colour's share in 100.

    `slots` is how many containers a colour may have. A service without HTTP has no port; its route only
    tells which colour is the live one.
    """

    service: str
    port: int = 0
    listens: int = 0
    host: str = ""
    health: str = ""
    slots: int = 1
    shares: Mapping[Colour, int] = IDLE

    @property
    def live(self) -> Colour | None:
        """The colour that answers most requests, or None while nothing does."""
        most = max(Colour, key=lambda colour: self.shares[colour])
        return most if self.shares[most] else None

    @property
    def is_http(self) -> bool:
        """Whether requests are sent to it at all."""
        return bool(self.port and self.listens)


Routes = Mapping[str, tuple[Route, ...]]  # by product


def route_of(service: Service, environment: Environment, old: Route | None) -> Route:
    """The route that a service shall have; its shares, and slots that may still be in use, are the old one's."""
    slots = service.replicas_in(environment.name)
    return Route(
        service=service.name,
        port=service.port,
        listens=service.listens or service.port,
        host=environment.host_of(service),
        health=service.health,
        slots=max(slots, old.slots) if old else slots,
        shares=old.shares if old else IDLE,
    )


def directed(route: Route, colour: Colour) -> Route:
    """The route with every request sent to one colour."""
    return replace(route, shares={colour: ALL, colour.other: NONE})


def with_route(routes: Iterable[Route], new: Route) -> tuple[Route, ...]:
    """The routes with this one in place of the service's former, sorted by service."""
    kept = [route for route in routes if route.service != new.service]
    return tuple(sorted([*kept, new], key=lambda route: route.service))


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
    return {
        "service": route.service,
        "port": route.port,
        "listens": route.listens,
        "host": route.host,
        "health": route.health,
        "slots": route.slots,
        "shares": {colour.value: route.shares[colour] for colour in Colour},
    }


def _from_table(table: dict[str, Any]) -> Route:
    shares = {colour: int(table["shares"][colour.value]) for colour in Colour}
    return Route(**{**table, "shares": shares})
