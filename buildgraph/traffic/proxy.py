"""HAProxy's words: its configuration and the commands of its runtime API; it sends nothing."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from buildgraph.place.names import Colour, server_name, slot_name
from buildgraph.traffic.claims import Claims, claims_of
from buildgraph.traffic.pages import ANSWERING, ASKING, page_lines
from buildgraph.traffic.routes import NONE, Route, Routes, Side

# Ports inside the proxy's container; high ones, for the listeners of services stand beside them.
PUBLIC_PORT, RUNTIME_PORT, MASTER_PORT = 65080, 65081, 65082
OWN_PORTS: Final = (PUBLIC_PORT, RUNTIME_PORT, MASTER_PORT)
DIGEST_LENGTH: Final = 16
HEAVIEST: Final = 256  # HAProxy's limit of a weight

# The engine's resolver tells where containers are; a name it knows no more is forgotten after a second. A worker that
# a reload has replaced ends what it has begun: nobody's websocket (`timeout tunnel`) ends for another product's deploy.
GLOBAL: Final = f"""\
global
    default-path config
    description {{structure}}
    log stdout format raw local0 info
    maxconn 4000
    hard-stop-after 1h
    stats socket ipv4@127.0.0.1:{RUNTIME_PORT} level admin

resolvers engine
    nameserver engine 127.0.0.11:53
    resolve_retries 3
    timeout resolve 1s
    timeout retry 1s
    hold valid 1s
    hold nx 1s
    hold obsolete 1s
    hold other 10s
    hold refused 10s
    hold timeout 10s

defaults
    mode http
    log global
    option httplog
    option dontlognull
    option redispatch
    option forwardfor if-none
    option idle-close-on-response
    retries 3
    retry-on conn-failure empty-response
    timeout connect 5s
    timeout queue 10s
    timeout client 60s
    timeout server 60s
    timeout tunnel 1h
    timeout http-request 10s
    timeout http-keep-alive 10s
    timeout check 5s
    default-server check inter 1s fastinter 500ms downinter 200ms fall 3 rise 1 resolvers engine
"""
# A request that may have changed something is not sent twice. Whom a request is from, who ends TLS and services say in
# turn, so that the last entry, which they believe, is the visitor at every hop; nobody else reaches the proxy's port.
# Should it be led to from outside after all, what a client says of itself is not heard: engines' networks are private.
REQUESTS: Final = """\
    acl is_near src 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8
    http-request disable-l7-retry unless METH_GET || { method HEAD }
    http-request del-header X-Forwarded-For unless is_near
    http-request set-header X-Forwarded-Proto http unless is_near { req.hdr(X-Forwarded-Proto) -m found }
    http-request set-header X-Forwarded-Host %[req.hdr(Host)] unless is_near { req.hdr(X-Forwarded-Host) -m found }
"""
NOWHERE: Final = """\
backend nowhere
    http-request return status 404 content-type text/plain lf-string "no service is at %[req.hdr(Host)]\\n"
"""


def render_proxy(routes: Routes) -> str:
    """The whole configuration of the proxy; the same routes give the same text."""
    table = _http_routes(routes)
    claims = claims_of(table)
    parts = [GLOBAL.format(structure=structure_of(routes)), _public_frontend(claims), NOWHERE]
    return "\n".join([*parts, *(_service_part(route, claims) for route in table)])


def structure_of(routes: Routes) -> str:
    """A digest of all that needs a reload when it changes: everything but the shares."""
    table = _http_routes(routes)
    claims = claims_of(table)
    names = [
        (r.service, r.host, r.hosts, claims.ports_of(r.service), claims.hosts_of(r.service)) for r in table
    ]
    told = [
        (route.service, colour.value, side.slots, side.listens, side.health)
        for route in table
        for colour, side in _sides(route)
    ]
    version = hashlib.sha256(f"{GLOBAL}{REQUESTS}{ASKING}{ANSWERING}{NOWHERE}{names}{told}".encode())
    return version.hexdigest()[:DIGEST_LENGTH]


def share_commands(routes: Routes) -> list[str]:
    """The runtime commands that give each server its weight: first those that shall get requests.

    A server whose place is not in use is closed, or a page's assets would be asked of it all the same.
    """
    table = _http_routes(routes)
    weights = [
        (-weight, f"{route.service}/{server}")
        for route in table
        for server, weight in server_weights(route).items()
    ]
    closed = [f"{route.service}/{server}" for route in table for server in sorted(_closed(route))]
    return [
        *(f"set server {server} weight {-weight}" for weight, server in sorted(weights)),
        *(f"set server {server} state maint" for server in closed),
    ]


def server_weights(route: Route) -> dict[str, int]:
    """What each server of a service weighs, by the proxy's name for it."""
    weights, closed = weights_of(route), _closed(route)
    return {
        (name := server_name(colour, number)): NONE if name in closed else weights[colour]
        for colour, side in _sides(route)
        for number in range(1, side.slots + 1)
    }


def _closed(route: Route) -> set[str]:
    """The servers whose places are not in use: their side has fewer containers that get requests."""
    return {
        server_name(colour, number)
        for colour, side in _sides(route)
        for number in range(side.count + 1, side.slots + 1)
    }


def weights_of(route: Route) -> dict[Colour, int]:
    """What each container of a colour weighs, so that colours get their shares however many they are."""
    shares = {colour: side.share for colour, side in _sides(route)}
    if len([share for share in shares.values() if share]) < 2:
        return shares
    each = {colour: Fraction(side.share, side.count) for colour, side in _sides(route)}
    whole = {c: int(part * math.lcm(*(p.denominator for p in each.values()))) for c, part in each.items()}
    common = math.gcd(*whole.values()) if max(whole.values()) > HEAVIEST else 1
    scale = min(1.0, HEAVIEST * common / max(whole.values()))
    return {colour: max(1, round(weight * scale / common)) for colour, weight in whole.items()}


def enable_commands(service: str, colour: Colour, addresses: Mapping[int, str], port: int) -> list[str]:
    """The runtime commands that have new containers checked from the beginning, at their own addresses.

    Leaving maintenance makes HAProxy forget what it knew of a server's health.
    """
    commands: list[str] = []
    for number, address in sorted(addresses.items()):
        server = f"{service}/{server_name(colour, number)}"
        commands += [
            f"set server {server} state maint",
            f"set server {server} addr {address} port {port}",
            f"set server {server} state ready",
        ]
    return commands


def _http_routes(routes: Routes) -> list[Route]:
    found = [route for product in routes for route in routes[product] if route.is_http]
    return sorted(found, key=lambda route: route.service)


def _sides(route: Route) -> list[tuple[Colour, Side]]:
    return [(colour, route.sides[colour]) for colour in Colour if colour in route.sides]


def _public_frontend(claims: Claims) -> str:
    lines = [
        f"    use_backend {service} if {{ req.hdr(Host),field(1,:),lower -m str {host} }}"
        for host, service in sorted(claims.hosts.items())
    ]
    return "\n".join(
        [
            "frontend public",
            f"    bind :{PUBLIC_PORT}",
            REQUESTS.rstrip("\n"),
            ASKING.rstrip("\n"),
            *lines,
            "    default_backend nowhere",
            "",
        ]
    )


def _service_part(route: Route, claims: Claims) -> str:
    return "\n".join(
        [
            *_internal_frontend(route, claims.ports_of(route.service)),
            f"backend {route.service}",
            "    balance roundrobin",
            *_check_lines(route),
            *(page_lines(route) if route.hosts else ()),
            *_server_lines(route),
            "",
        ]
    )


def _internal_frontend(route: Route, ports: Iterable[int]) -> list[str]:
    """Where other services reach it; none while another service has all of its ports."""
    listeners = [f"    bind :{port}" for port in ports]
    if not listeners:
        return []
    return [
        f"frontend {route.service}.internal",
        *listeners,
        REQUESTS.rstrip("\n"),
        f"    default_backend {route.service}",
        "",
    ]


def _check_lines(route: Route) -> list[str]:
    uri = _check_uri(route)
    if not uri:
        return []
    host = route.host or route.service
    return [
        "    option httpchk",
        f"    http-check send meth GET {uri} ver HTTP/1.1 hdr Host {host}",
        "    http-check expect status 200",
    ]


def _check_uri(route: Route) -> str:
    """The path to check; where the colours have different ones, each server's name tells which is meant."""
    paths = {colour.value: side.health for colour, side in _sides(route) if side.health}
    if len(set(paths.values())) <= 1:
        return "".join(f"uri {path}" for path in set(paths.values()))
    chosen = ",".join(f"regsub(^{colour}-.*,{path})" for colour, path in paths.items())
    return f"uri-lf %[srv_name,{chosen}]"


def _server_lines(route: Route) -> list[str]:
    weights = server_weights(route)
    return [
        _server_line(route, colour, number, weights[server_name(colour, number)])
        for colour, side in _sides(route)
        for number in range(1, side.slots + 1)
    ]


def _server_line(route: Route, colour: Colour, number: int, weight: int) -> str:
    """One container's line; one that may answer is looked up at once, so that a reload never leaves it out."""
    side = route.side(colour)
    start = "last,libc,none" if side.may_answer else "none"
    address = f"{slot_name(route.service, colour, number)}:{side.listens}"
    closed = " disabled" if number > side.count else ""
    return f"    server {server_name(colour, number)} {address} weight {weight} init-addr {start}{closed}"
