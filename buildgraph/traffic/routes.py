"""Where requests go, as values: one route per service, a table of them per product; it knows no proxy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from buildgraph.errors import StepFailed, refuse_newer
from buildgraph.manifests.model import Environment, Service
from buildgraph.place.names import Colour

FORMAT: Final = 2
WHERE: Final = "the routes of the environment"
ANEW: Final = (
    "install the newest buildgraph; if they are damaged, `buildgraph down` for this environment and a deploy make them "
    "anew, and its data stays"
)
ALL, NONE = 100, 0


@dataclass(frozen=True, slots=True)
class Side:
    """One colour of a route: its places for containers, port and health path, and its share of requests in 100.

    Of its places the first `serving` get requests; 0 stands for all of them. They belong to the colour and
    not to the service, for both colours are checked while one replaces the other, and they may come from
    different manifests. `release` is the word by which a browser tells
    which version its page came from. A colour that is kept for a while after it has served was `retired`
    at that moment (seconds since 1970, by the engine's clock) for `window` seconds. `port` and `host` are where
    those who know this version look for the service.
    """

    slots: int = 0
    listens: int = 0
    health: str = ""
    share: int = NONE
    release: str = ""
    retired: float = 0.0
    window: float = 0.0
    serving: int = 0
    port: int = 0
    host: str = ""

    @property
    def count(self) -> int:
        """How many of its containers get its share of the requests."""
        return self.serving or self.slots

    @property
    def is_kept(self) -> bool:
        """Whether it has served and is kept to go back to."""
        return bool(self.retired)

    @property
    def may_answer(self) -> bool:
        """Whether requests may reach it at all: by its share, or from pages that it has served."""
        return bool(self.share) or self.is_kept


UNUSED: Final = Side()


@dataclass(frozen=True, slots=True)
class Route:
    """How one service is reached: its own listener's port, its public host, and its two sides.

    A service without HTTP has no port; its route only tells which colour is the live one. `trial` is the
    colour that takes over at this moment, from its first share until the whole product is found well.
    """

    service: str
    port: int = 0
    host: str = ""
    sides: Mapping[Colour, Side] = field(default_factory=dict)
    trial: Colour | None = None

    def side(self, colour: Colour) -> Side:
        """What is known of a colour."""
        return self.sides.get(colour, UNUSED)

    @property
    def live(self) -> Colour | None:
        """The colour that answers, or None while nothing does.

        While another takes over by steps, it is the one that would answer all if that one were given up.
        """
        if self.trial and self.side(self.trial).share < ALL and self.side(self.trial.other).share:
            return self.trial.other
        most = max(Colour, key=lambda colour: self.side(colour).share)
        return most if self.side(most).share else None

    @property
    def is_http(self) -> bool:
        """Whether requests are sent to it at all."""
        return bool(self.port)

    @property
    def ports(self) -> tuple[int, ...]:
        """Where it listens: at its own port, and at that which callers of its other version know.

        So a changed port cuts off nobody before the service's next version is prepared.
        """
        known = (self.port, *(self.side(colour).port for colour in Colour))
        return tuple(dict.fromkeys(port for port in known if port))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Its public names: its own and, while another version takes over, that of the version before."""
        former = self.side(self.trial.other).host if self.trial else ""
        return tuple(dict.fromkeys(host for host in (self.host, former) if host))


class UnreadableRoutes(StepFailed):
    """The routes of an environment are damaged, or hold what this version does not know."""

    def __init__(self) -> None:
        super().__init__(WHERE, "hold what this version does not know, or are damaged", ANEW)


Routes = Mapping[str, tuple[Route, ...]]  # by product


def side_of(service: Service, environment: Environment, release: str = "") -> Side:
    """What a colour of this service is like here, before it gets any requests."""
    return Side(
        slots=service.replicas_in(environment.name),
        listens=service.listens or service.port,
        health=service.health,
        release=release,
        port=service.port,
        host=environment.host_of(service),
    )


def with_idle(
    route: Route | None, service: Service, environment: Environment, colour: Colour, release: str = ""
) -> Route:
    """The route with a colour beside the live one that is checked and gets no requests.

    What users see of a service that is live, host and port, stays until requests go to the new colour.
    """
    idle = side_of(service, environment, release)
    if route is None or route.live is None:
        return Route(service.name, service.port, environment.host_of(service), {colour: idle})
    return replace(route, sides={**route.sides, colour: idle})


def with_word(route: Route, colour: Colour, release: str) -> Route:
    """The route with the word by which browsers tell this colour's version."""
    return replace(route, sides={**route.sides, colour: replace(route.side(colour), release=release)})


def counted(route: Route, colour: Colour, count: int) -> Route:
    """The route with this many containers of a colour that get requests; places are added and never taken away."""
    side = route.side(colour)
    slots = max(side.slots, count)
    new = replace(side, slots=slots, serving=count if count < slots else 0)
    return replace(route, sides={**route.sides, colour: new})


def shared(route: Route, colour: Colour, share: int) -> Route:
    """The route with a share of requests for the colour that takes over, and the rest for the other."""
    sides = {
        colour: _serving(route.side(colour), share),
        colour.other: replace(route.side(colour.other), share=ALL - share),
    }
    return replace(route, sides=sides, trial=colour)


def directed(route: Route, service: Service, environment: Environment, colour: Colour) -> Route:
    """The route with every request sent to one colour, and the host and port that the service shall have."""
    port, host = service.port, environment.host_of(service)
    sides = {known: replace(side, share=NONE) for known, side in route.sides.items()}
    sides[colour] = replace(_serving(route.side(colour), ALL), port=port, host=host)
    return Route(service.name, port, host, sides, route.trial)


def given_back(route: Route, colour: Colour) -> Route:
    """The route with every request sent to the colour that served before, at its own port and host.

    Nothing reaches the other one.
    """
    side = route.side(colour)
    sides = {known: _unused(other) for known, other in route.sides.items()}
    sides[colour] = replace(side, share=ALL)
    port, host = (side.port, side.host) if side.port else (route.port, route.host)
    return Route(route.service, port, host, sides)


def withdrawn(route: Route) -> Route:
    """The route with nobody to answer: its port and host are free for another service that has them."""
    return replace(route, sides={known: _unused(side) for known, side in route.sides.items()}, trial=None)


def completed(route: Route, colour: Colour, retired: float = 0.0, window: float = 0.0) -> Route:
    """The route after a takeover; where there is a moment, the former colour is kept from then on."""
    former = colour.other
    sides = dict(route.sides)
    if former in sides:
        sides[former] = replace(_unused(sides[former]), retired=retired, window=window)
        if retired:
            sides[former] = replace(sides[former], release=route.side(former).release)
    return replace(route, sides=sides, trial=None)


def _serving(side: Side, share: int) -> Side:
    return replace(side, share=share, retired=0.0, window=0.0)


def _unused(side: Side) -> Side:
    """What is left of a colour that nothing reaches: the proxy keeps its places, so it needs no reload."""
    return replace(side, share=NONE, release="", retired=0.0, window=0.0)


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


def parse_routes(text: str | bytes) -> tuple[Route, ...]:
    """The routes that `render_routes` wrote; StepFailed for a newer version's, UnreadableRoutes for what are none."""
    try:
        told = json.loads(text)
        refuse_newer(WHERE, told.get("format"), FORMAT)
        return tuple(_from_table(table) for table in told["routes"])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise UnreadableRoutes from error


def _as_table(route: Route) -> dict[str, Any]:
    sides = {colour.value: asdict(route.sides[colour]) for colour in Colour if colour in route.sides}
    trial = route.trial.value if route.trial else ""
    return {"service": route.service, "port": route.port, "host": route.host, "sides": sides, "trial": trial}


def _from_table(table: dict[str, Any]) -> Route:
    # Before format 2 a colour had no address of its own.
    known = {"port": table.get("port", 0), "host": table.get("host", "")}
    sides = {Colour(name): Side(**known | side) for name, side in table["sides"].items()}
    trial = table.get("trial")
    return Route(**{**table, "sides": sides, "trial": Colour(trial) if trial else None})
