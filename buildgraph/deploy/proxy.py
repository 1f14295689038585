"""HAProxy's words: its configuration, the commands of its runtime API, its answers; it sends nothing."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from buildgraph.deploy.names import Colour, slot_name
from buildgraph.deploy.routes import NONE, Route, Routes, Side

# Ports inside the proxy's container; high ones, for the listeners of services stand beside them.
PUBLIC_PORT, RUNTIME_PORT, MASTER_PORT = 65080, 65081, 65082
OWN_PORTS: Final = (PUBLIC_PORT, RUNTIME_PORT, MASTER_PORT)
DIGEST_LENGTH: Final = 16

# The engine's resolver tells where containers are; a name it knows no more is forgotten after a second.
GLOBAL: Final = f"""\
global
    description {{structure}}
    log stdout format raw local0 info
    maxconn 4000
    hard-stop-after 10m
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
    option forwardfor
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
    default-server check inter 1s fastinter 500ms downinter 500ms fall 3 rise 1 resolvers engine
"""
# A request that may have changed something is not sent twice.
REQUESTS: Final = """\
    http-request disable-l7-retry unless METH_GET || { method HEAD }
    http-request set-header X-Forwarded-Proto http unless { req.hdr(X-Forwarded-Proto) -m found }
    http-request set-header X-Forwarded-Host %[req.hdr(Host)] unless { req.hdr(X-Forwarded-Host) -m found }
"""
NOWHERE: Final = """\
backend nowhere
    http-request return status 404 content-type text/plain lf-string "no service is at %[req.hdr(Host)]\\n"
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A container as the proxy sees it: its `status` (UP, DOWN, MAINT …) and the last `check` (`L7OK` …)."""

    backend: str
    name: str
    address: str
    status: str
    share: int
    sessions: int
    check: str
    said: str

    @property
    def serves(self) -> bool:
        """Whether it is sent requests, were its share above 0: it is up, or nothing has said yet that it is not."""
        return self.status.startswith(("UP", "DRAIN", "no check"))

    @property
    def is_up(self) -> bool:
        """Whether checks pass since it was last enabled (`UP 1/3` is a guess that no check has confirmed)."""
        return self.status in ("UP", "DRAIN") and self.check in ("L7OK", "L4OK")


def render_proxy(routes: Routes) -> str:
    """The whole configuration of the proxy; the same routes give the same text."""
    table = _http_routes(routes)
    parts = [GLOBAL.format(structure=structure_of(routes)), _public_frontend(table), NOWHERE]
    return "\n".join([*parts, *(_service_part(route) for route in table)])


def structure_of(routes: Routes) -> str:
    """A digest of all that needs a reload when it changes: everything but the shares."""
    told = [
        (route.service, route.port, route.host, colour.value, side.slots, side.listens, side.health)
        for route in _http_routes(routes)
        for colour, side in _sides(route)
    ]
    version = hashlib.sha256(f"{GLOBAL}{REQUESTS}{NOWHERE}{told}".encode())
    return version.hexdigest()[:DIGEST_LENGTH]


def share_commands(routes: Routes) -> list[str]:
    """The runtime commands that give each server its share: first those that shall get requests."""
    slots = [
        (-side.share, f"{route.service}/{server_name(colour, number)}")
        for route in _http_routes(routes)
        for colour, side in _sides(route)
        for number in range(1, side.slots + 1)
    ]
    return [f"set server {server} weight {-share}" for share, server in sorted(slots)]


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


def server_name(colour: Colour, number: int) -> str:
    """The name of a server in its service's backend, such as `blue-1`."""
    return f"{colour.value}-{number}"


def parse_servers(stat: str) -> tuple[Server, ...]:
    """The servers in an answer that ends with that of `show stat` (CSV, HAProxy's management guide, 9.1)."""
    _, heading, table = stat.partition("# pxname,")
    rows = csv.DictReader(line for line in io.StringIO(f"pxname,{table}" if heading else "") if line.strip())
    return tuple(_server(row) for row in rows if row["svname"] not in ("FRONTEND", "BACKEND"))


def parse_description(info: str) -> str:
    """The description in an answer to `show info`, which is the structure that runs; "" without one."""
    lines = (line.partition(":") for line in info.splitlines())
    return next((value.strip() for name, _, value in lines if name == "description"), "")


def parse_old_workers(processes: str) -> tuple[str, ...]:
    """The process ids of workers that only finish what they have begun, in an answer to the master's `show proc`."""
    _, _, old = processes.partition("# old workers")
    lines = (line.split() for line in old.partition("# programs")[0].splitlines())
    return tuple(words[0] for words in lines if words and words[0].isdigit())


def _http_routes(routes: Routes) -> list[Route]:
    found = [route for product in routes for route in routes[product] if route.is_http]
    return sorted(found, key=lambda route: route.service)


def _sides(route: Route) -> list[tuple[Colour, Side]]:
    return [(colour, route.sides[colour]) for colour in Colour if colour in route.sides]


def _server(row: dict[str, str]) -> Server:
    said = row["last_chk"] or row["check_desc"]
    return Server(
        backend=row["pxname"],
        name=row["svname"],
        address=row["addr"],
        status=row["status"],
        share=int(row["weight"] or 0),
        sessions=int(row["scur"] or 0) + int(row["qcur"] or 0),
        check=row["check_status"].removeprefix("* "),
        said=" ".join(part for part in (row["check_status"], row["check_code"], said) if part),
    )


def _public_frontend(table: Iterable[Route]) -> str:
    hosts = sorted((route.host, route.service) for route in table if route.host)
    lines = [
        f"    use_backend {service} if {{ req.hdr(Host),field(1,:),lower -m str {host} }}"
        for host, service in hosts
    ]
    return "\n".join(
        [
            "frontend public",
            f"    bind :{PUBLIC_PORT}",
            REQUESTS.rstrip("\n"),
            *lines,
            "    default_backend nowhere",
            "",
        ]
    )


def _service_part(route: Route) -> str:
    return "\n".join(
        [
            f"frontend {route.service}.internal",
            f"    bind :{route.port}",
            REQUESTS.rstrip("\n"),
            f"    default_backend {route.service}",
            "",
            f"backend {route.service}",
            "    balance roundrobin",
            *_check_lines(route),
            *_server_lines(route),
            "",
        ]
    )


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
    return [
        _server_line(route, colour, number)
        for colour, side in _sides(route)
        for number in range(1, side.slots + 1)
    ]


def _server_line(route: Route, colour: Colour, number: int) -> str:
    """One container's line; a live one is looked up at once, so that a reload never leaves it out."""
    side = route.side(colour)
    start = "none" if side.share == NONE else "last,libc,none"
    address = f"{slot_name(route.service, colour, number)}:{side.listens}"
    return f"    server {server_name(colour, number)} {address} weight {side.share} init-addr {start}"
