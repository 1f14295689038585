"""Who answers at a port or a public name that the routes of several services tell: one of them, and always the same.

So it is while a service gets another name, or one takes over a port or host of another: two listeners at one port would
share its connections by chance, and a version that does not run yet would answer for one that does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from buildgraph.traffic.routes import Route

Wanted = TypeVar("Wanted", int, str)
# The first is who takes over at this moment, the last who has nobody to answer yet.
TAKES_OVER, ANSWERS, OF_ANOTHER_VERSION, WAITS = range(4)


@dataclass(frozen=True, slots=True)
class Claims:
    """The service that answers at each port, and at each public name."""

    ports: Mapping[int, str]
    hosts: Mapping[str, str]

    def ports_of(self, service: str) -> tuple[int, ...]:
        """Where a service's listener is."""
        return tuple(sorted(port for port, owner in self.ports.items() if owner == service))

    def hosts_of(self, service: str) -> tuple[str, ...]:
        """The public names that lead to a service."""
        return tuple(sorted(host for host, owner in self.hosts.items() if owner == service))


def claims_of(routes: Iterable[Route]) -> Claims:
    """Who has what of all that routes tell."""
    table = list(routes)
    ports = (
        (_rank(route, port == route.port), route.service, port) for route in table for port in route.ports
    )
    hosts = (
        (_rank(route, host == route.host), route.service, host) for route in table for host in route.hosts
    )
    return Claims(_given(ports), _given(hosts))


def is_contested(route: Route, routes: Iterable[Route]) -> bool:
    """Whether another service answers where this route's would."""
    return any(
        other.live and (set(route.ports) & set(other.ports) or set(route.hosts) & set(other.hosts))
        for other in routes
        if other.service != route.service
    )


def _rank(route: Route, is_its_own: bool) -> int:
    """How good a claim is, the lowest being the best; those of one rank go by the services' names."""
    if route.live is None:
        return WAITS
    if not is_its_own:
        return OF_ANOTHER_VERSION
    return TAKES_OVER if route.live is route.trial else ANSWERS


def _given(claims: Iterable[tuple[int, str, Wanted]]) -> dict[Wanted, str]:
    given: dict[Wanted, str] = {}
    for _, service, wanted in sorted(claims):
        given.setdefault(wanted, service)
    return given
