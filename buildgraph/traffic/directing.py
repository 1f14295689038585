"""The proxy at work: its configuration in the state volume, the same applied to what runs, and what it tells.

The configuration is always written first: whatever happens to us or to the proxy afterwards, the next
start and the next run find where requests shall go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from buildgraph.errors import StepFailed, ToolError
from buildgraph.place.containers import (
    ask_in_container,
    find_containers,
    read_last_lines,
)
from buildgraph.place.lock import Lock, held_shared_lock
from buildgraph.place.model import Place
from buildgraph.place.names import FINGERPRINT, PROXY, Colour, Role
from buildgraph.place.scales import Scale, scales_in
from buildgraph.traffic.answers import Server, parse_description, parse_old_workers, parse_servers
from buildgraph.traffic.pages import asked_map, in_chunks, page_commands, page_entries, parse_pages
from buildgraph.traffic.proxy import MASTER_PORT, RUNTIME_PORT, share_commands, structure_of
from buildgraph.traffic.revisions import (
    CURRENT,
    KEY,
    read_written,
    revision_of,
    routes_in,
    write_revision,
)
from buildgraph.traffic.routes import Route, Routes, each_once, find_route, with_route

Change = Callable[[Routes], Iterable[Route]]  # all routes as they are written -> those of one product
LAST_LINES: Final = 20
RELOAD_WITHIN, PAUSE = 15.0, 0.1
# The official image is Debian with bash; its Alpine variant has no bash, but BusyBox's nc. HAProxy 2.6's master ($1)
# keeps its connection open after an answer, at times even when asked to quit: silence ends an answer too.
ASK: Final = """\
if command -v bash >/dev/null; then
  exec timeout 20 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "%s\\n" "$2" >&3 || exit 1
    [ "$0" = "$1" ] || exec cat <&3
    while IFS= read -r -t 3 line <&3; do printf "%s\\n" "$line"; done' "$0" "$1" "$2"
fi
printf '%s\\n' "$2" | exec nc -w 2 127.0.0.1 "$0"
"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The proxy as it is: its container's state ("" without one), its routes, the servers it sees.

    What else the state volume holds comes with it: the key of secrets' digests, and services that were scaled.
    """

    state: str = ""
    fingerprint: str = ""
    routes: Routes = field(default_factory=dict)
    structure: str = ""
    servers: tuple[Server, ...] = ()
    key: bytes = field(default=b"", repr=False)
    scales: Mapping[str, Scale] = field(default_factory=dict)

    @property
    def answers(self) -> bool:
        """Whether the proxy runs and can be asked."""
        return bool(self.structure)

    @property
    def is_applied(self) -> bool:
        """Whether the proxy runs the configuration that is written."""
        return self.structure == structure_of(self.routes)

    def servers_of(self, service: str) -> tuple[Server, ...]:
        """The servers of a service, of both colours."""
        return tuple(server for server in self.servers if server.backend == service)


def read_traffic(place: Place) -> Traffic:
    """How requests are directed now."""
    found = find_containers(place, role=Role.PROXY.value)
    if not found:
        return Traffic()
    container, state = found[0], read_written(place)
    told = _ask_gently(place, ["show info", "show stat"]) if container.is_running else ""
    return Traffic(
        state=container.state,
        fingerprint=container.labels.get(FINGERPRINT, ""),
        routes=routes_in(state),
        structure=parse_description(told),
        servers=parse_servers(told),
        key=state.files.get(KEY, b""),
        scales=scales_in(state),
    )


def read_servers(place: Place) -> tuple[Server, ...]:
    """All servers as the proxy sees them now."""
    return parse_servers(ask_proxy(place, ["show stat"]))


def find_servers(place: Place, service: str, colour: Colour) -> tuple[Server, ...]:
    """The servers of a colour as the proxy sees them now; none when it does not answer."""
    servers = parse_servers(_ask_gently(place, ["show stat"]))
    return tuple(server for server in servers if server.is_of(service, colour))


def count_sessions(place: Place, service: str, colour: Colour, beyond: int = 0) -> int:
    """How many requests a colour is working on or has waiting, in workers that a reload replaced too.

    Only its containers of a number above `beyond` are meant. An old worker that ends while it is asked has
    no requests left to tell of.
    """
    old = parse_old_workers(ask_proxy(place, ["show proc", "quit"], port=MASTER_PORT))
    answers = [_ask_gently(place, [f"@!{worker} show stat", "quit"], port=MASTER_PORT) for worker in old]
    servers = [server for answer in answers for server in parse_servers(answer)]
    told = [server for server in (*servers, *read_servers(place)) if server.is_of(service, colour)]
    return sum(server.sessions for server in told if server.number > beyond)


def ask_proxy(place: Place, commands: Iterable[str], *, port: int = RUNTIME_PORT) -> str:
    """The answer of the proxy's runtime API, or its master's, to commands; ToolError when it gives none."""
    argv = ["sh", "-c", ASK, str(port), str(MASTER_PORT), "; ".join(commands)]
    code, said = ask_in_container(place, place.named(PROXY), argv)
    if code != 0:
        raise ToolError(f"the proxy {place.named(PROXY)} does not answer: {said.strip()}")
    return said


def _ask_gently(place: Place, commands: Iterable[str], *, port: int = RUNTIME_PORT) -> str:
    """The answer to commands, or "" when there is none at this moment."""
    try:
        return ask_proxy(place, commands, port=port)
    except ToolError:
        return ""


def read_route(place: Place, service: str) -> Route | None:
    """The route of a service as it is written."""
    return find_route(read_routes(place), service)


def change_routes(lock: Lock, product: str, change: Change) -> tuple[Route, ...]:
    """Make a product's routes what `change` makes of all that are written, there and in what runs; returns them.

    They are read and written under the lock of what products share, so that no product's are lost; `lock`, that of
    the product, is asked there, and StepFailed raised when it was lost. Others' routes stay as they are, but a service
    that has moved to another product leaves the former one's in the same change. Nothing happens to what is so already.
    """
    place = lock.place
    with held_shared_lock(place):
        lock.confirm()
        routes = read_routes(place)
        table = tuple(change(routes))
        if table == routes.get(product, ()):
            return table
        owners = {route.service: product for route in table} | {s.name: s.product for s in place.catalog}
        tables = each_once({**routes, product: table}, owners)
        kept = {name: table for name, table in tables.items() if table}
        write_revision(place, kept)
        _apply(place, kept)
    return table


def change_route(lock: Lock, product: str, known: Route, change: Callable[[Route], Route]) -> None:
    """The same for the route of one service; `known` is what is changed where none is written."""

    def changed(routes: Routes) -> tuple[Route, ...]:
        written = find_route(routes, known.service)
        return with_route(routes.get(product, ()), change(written or known))

    change_routes(lock, product, changed)


def apply_routes(place: Place) -> None:
    """Make the running proxy do what its written configuration says; changes nothing when it does already.

    A configuration that another version of this program has written is written anew first.
    """
    state = read_written(place)
    routes = routes_in(state)
    if state.links.get(CURRENT) != revision_of(routes)[0]:
        write_revision(place, routes)
    _apply(place, routes)


def read_routes(place: Place) -> dict[str, tuple[Route, ...]]:
    """All routes as they are written, by product; the proxy itself is not asked."""
    return routes_in(read_written(place))


def _apply(place: Place, routes: Routes) -> None:
    """Shares and pages change while it runs; a proxy of another structure is reloaded, which brings them too."""
    told = _ask_gently(place, ["show info", asked_map()])
    if parse_description(told) != structure_of(routes):
        _reload(place, structure_of(routes))
        return
    before, after = page_commands(parse_pages(told), page_entries(routes))
    for commands in in_chunks([*before, *share_commands(routes), *after]):
        ask_proxy(place, commands)


def running_structure(place: Place) -> str:
    """The structure that the proxy runs; "" when it does not answer."""
    return parse_description(_ask_gently(place, ["show info"]))


def _reload(place: Place, structure: str) -> None:
    """Have HAProxy's master start a new worker; the old one ends when its last request has.

    The signal is sent from inside: a container that the engine has sent any signal counts as stopped by
    hand from then on, and comes back neither when it crashes nor when the engine starts again. A proxy that
    is just starting again needs none: it reads what is written.
    """
    ask_in_container(place, place.named(PROXY), ["sh", "-c", "kill -s USR2 1"])
    deadline = time.monotonic() + RELOAD_WITHIN
    while running_structure(place) != structure:
        if time.monotonic() > deadline:
            said = read_last_lines(place, place.named(PROXY), LAST_LINES)
            raise StepFailed("proxy", f"does not take the new configuration within {RELOAD_WITHIN:g} s", said)
        time.sleep(PAUSE)
