"""The proxy at work: its container, its configuration in the state volume, and the same applied to what runs.

The configuration is always written first: whatever happens to us or to the proxy afterwards, the next
start and the next run find where requests shall go.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from buildgraph.deploy.containers import (
    Found,
    create_container,
    find_containers,
    read_last_lines,
    remove_container,
    rename_container,
    run_in_container,
    signal_container,
    start_container,
    stop_container,
)
from buildgraph.deploy.lock import held_shared_lock
from buildgraph.deploy.model import Place, Tell
from buildgraph.deploy.names import FINGERPRINT, PROXY, Colour, Role
from buildgraph.deploy.ports import LOOPBACK, told_port_conflict
from buildgraph.deploy.proxy import (
    MASTER_PORT,
    PUBLIC_PORT,
    RUNTIME_PORT,
    Server,
    parse_description,
    parse_old_workers,
    parse_servers,
    share_commands,
    structure_of,
)
from buildgraph.deploy.revisions import (
    CURRENT,
    KEY,
    revision_of,
    routes_in,
    write_first_revision,
    write_revision,
)
from buildgraph.deploy.routes import Route, Routes, each_once
from buildgraph.deploy.specification import Specification
from buildgraph.deploy.state import (
    MOUNT,
    read_state,
    state_volume,
)
from buildgraph.errors import StepFailed, ToolError

FORMER: Final = f"{PROXY}-former"  # the proxy that another takes the place of, until that one answers
STOP_WITHIN: Final = 2.0  # seconds in which the former proxy ends its requests; new ones wait for the next
CONFIG: Final = f"{MOUNT}/{CURRENT}/haproxy.cfg"
NAME_LENGTH, LAST_LINES = 16, 20
RELOAD_WITHIN, START_WITHIN, PAUSE = 15.0, 15.0, 0.1
# The official image is Debian with bash; its Alpine variant has no bash, but BusyBox's nc. HAProxy 2.6's master
# keeps its connection open after an answer, at times even when asked to quit: silence ends an answer too.
ASK: Final = """\
if command -v bash >/dev/null; then
  exec timeout 20 bash -c '
    exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "%s\\n" "$1" >&3 || exit 1
    while IFS= read -r -t 3 line <&3; do printf "%s\\n" "$line"; done' "$0" "$1"
fi
printf '%s\\n' "$1" | exec nc -w 2 127.0.0.1 "$0"
"""


@dataclass(frozen=True, slots=True)
class Traffic:
    """The proxy as it is: its container's state ("" without one), its routes, the servers it sees."""

    state: str = ""
    fingerprint: str = ""
    routes: Routes = field(default_factory=dict)
    structure: str = ""
    servers: tuple[Server, ...] = ()
    key: bytes = field(default=b"", repr=False)

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


def proxy_specification(place: Place) -> Specification:
    """The proxy's container; it is made anew when this changes."""
    bare = Specification(
        name=place.named(PROXY),
        image=place.image(place.environment.proxy_image),
        labels={},
        entrypoint=("haproxy",),
        command=("-W", "-db", "-S", f"{LOOPBACK}:{MASTER_PORT}", "-f", CONFIG),
        network=place.prefix,
        aliases=(PROXY,),
        mounts={state_volume(place): MOUNT},
        published={PUBLIC_PORT: (LOOPBACK, place.environment.proxy_port)},
    )
    print_ = hashlib.sha256(repr(bare).encode()).hexdigest()[:NAME_LENGTH]
    return Specification(
        **{name: getattr(bare, name) for name in bare.__slots__}
        | {"labels": {**place.labels(Role.PROXY), FINGERPRINT: print_}}
    )


def read_traffic(place: Place) -> Traffic:
    """How requests are directed now."""
    found = find_containers(place, role=Role.PROXY.value)
    if not found:
        return Traffic()
    container = found[0]
    state = read_state(place, container.id)
    told = _ask_gently(place, ["show info", "show stat"]) if container.is_running else ""
    return Traffic(
        state=container.state,
        fingerprint=container.labels.get(FINGERPRINT, ""),
        routes=routes_in(state),
        structure=parse_description(told),
        servers=parse_servers(told),
        key=state.files.get(KEY, b""),
    )


def read_servers(place: Place) -> tuple[Server, ...]:
    """All servers as the proxy sees them now."""
    return parse_servers(ask_proxy(place, ["show stat"]))


def count_sessions(place: Place, service: str, colour: Colour) -> int:
    """How many requests a colour is working on or has waiting, in workers that a reload replaced too.

    An old worker that ends while it is asked has no requests left to tell of.
    """
    old = parse_old_workers(ask_proxy(place, ["show proc", "quit"], port=MASTER_PORT))
    answers = [_ask_gently(place, [f"@!{worker} show stat", "quit"], port=MASTER_PORT) for worker in old]
    servers = [server for answer in answers for server in parse_servers(answer)]
    return sum(
        server.sessions
        for server in (*servers, *read_servers(place))
        if server.backend == service and server.name.startswith(f"{colour.value}-")
    )


def ask_proxy(place: Place, commands: Iterable[str], *, port: int = RUNTIME_PORT) -> str:
    """The answer of the proxy's runtime API, or its master's, to commands; ToolError when it gives none."""
    asked = "; ".join(commands)
    code, said = run_in_container(place, place.named(PROXY), ["sh", "-c", ASK, str(port), asked])
    if code != 0:
        raise ToolError(f"the proxy {place.named(PROXY)} does not answer: {said.strip()}")
    return said


def _ask_gently(place: Place, commands: Iterable[str], *, port: int = RUNTIME_PORT) -> str:
    """The answer to commands, or "" when there is none at this moment."""
    try:
        return ask_proxy(place, commands, port=port)
    except ToolError:
        return ""


def ensure_proxy(place: Place, tell: Tell) -> None:
    """Have the proxy running as its manifest says, with the routes that the state volume holds."""
    specification = proxy_specification(place)
    _settle_former(place)
    found = find_containers(place, role=Role.PROXY.value)
    wanted = specification.labels[FINGERPRINT]
    if found and found[0].labels.get(FINGERPRINT) != wanted:
        tell(f"proxy: made anew, its settings changed ({LOOPBACK}:{place.environment.proxy_port})")
        _replace_proxy(place, specification, found[0], tell)
    elif not found:
        tell(f"proxy: started on {LOOPBACK}:{place.environment.proxy_port}")
        _create_proxy(place, specification)
    elif not found[0].is_running:
        tell("proxy: started again")
        start_proxy(place)
    apply_routes(place)


def write_routes(place: Place, product: str, routes: Iterable[Route]) -> None:
    """Make these the routes of a product, in the configuration and in what runs; others' stay as they are.

    A service that has moved to another product leaves the former one's routes in the same change.
    """
    new = tuple(routes)
    owners = {route.service: product for route in new} | {s.name: s.product for s in place.catalog}
    with held_shared_lock(place):
        tables = each_once({**_written_routes(place), product: new}, owners)
        kept = {name: table for name, table in tables.items() if table}
        write_revision(place, kept)
        _apply(place, kept)


def apply_routes(place: Place) -> None:
    """Make the running proxy do what its written configuration says; changes nothing when it does already.

    A configuration that another version of this program has written is written anew first.
    """
    state = read_state(place, place.named(PROXY))
    routes = routes_in(state)
    if state.links.get(CURRENT) != revision_of(routes)[0]:
        write_revision(place, routes)
    _apply(place, routes)


def _written_routes(place: Place) -> dict[str, tuple[Route, ...]]:
    return routes_in(read_state(place, place.named(PROXY)))


def _apply(place: Place, routes: Routes) -> None:
    """Shares change while it runs; a proxy of another structure is reloaded, which brings the shares too."""
    told = _ask_gently(place, ["show info", *share_commands(routes)])
    if parse_description(told) != structure_of(routes):
        _reload(place, structure_of(routes))


def start_proxy(place: Place) -> None:
    """Start the proxy's container and wait until it answers; ToolError when its port is taken."""
    with told_port_conflict(place):
        start_container(place, place.named(PROXY))
    deadline = time.monotonic() + START_WITHIN
    while not _running_structure(place):
        if time.monotonic() > deadline:
            said = read_last_lines(place, place.named(PROXY), LAST_LINES)
            raise StepFailed("proxy", f"does not start within {START_WITHIN:g} s", said)
        time.sleep(PAUSE)


def _create_proxy(place: Place, specification: Specification) -> None:
    """Make and start the proxy; what it leaves half made when its port is taken goes away again."""
    made = create_container(place, specification)
    try:
        write_first_revision(place, made.id)
        start_proxy(place)
    except BaseException:
        remove_container(place, made.id)
        raise


def _replace_proxy(place: Place, specification: Specification, former: Found, tell: Tell) -> None:
    """Put another proxy in the place of the one there is, which comes back when the other does not start."""
    rename_container(place, former.id, place.named(FORMER))
    try:
        stop_container(place, former.id, STOP_WITHIN)
        _create_proxy(place, specification)
    except BaseException:
        rename_container(place, former.id, specification.name)
        if former.is_running:
            start_container(place, former.id)
            tell("proxy: made as it was, the new one does not start")
        raise
    remove_container(place, former.id)


def _settle_former(place: Place) -> None:
    """End what a replacement of the proxy that was killed has left: one of the two goes, the one that answers stays."""
    found = {container.name: container.id for container in find_containers(place, role=Role.PROXY.value)}
    former = found.get(place.named(FORMER))
    if former is None:
        return
    if _running_structure(place):
        remove_container(place, former)
        return
    remove_container(place, place.named(PROXY))
    rename_container(place, former, place.named(PROXY))


def _running_structure(place: Place) -> str:
    """The structure that the proxy runs; "" when it does not answer."""
    return parse_description(_ask_gently(place, ["show info"]))


def _reload(place: Place, structure: str) -> None:
    """Have HAProxy's master start a new worker; the old one ends when its last request has."""
    signal_container(place, place.named(PROXY), "SIGUSR2")
    deadline = time.monotonic() + RELOAD_WITHIN
    while _running_structure(place) != structure:
        if time.monotonic() > deadline:
            said = read_last_lines(place, place.named(PROXY), LAST_LINES)
            raise StepFailed("proxy", f"does not take the new configuration within {RELOAD_WITHIN:g} s", said)
        time.sleep(PAUSE)
