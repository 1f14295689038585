"""The health gate: new containers get requests only after the proxy's own checks, or their command, pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from buildgraph.deploy.evidence import read_last_words
from buildgraph.errors import StepFailed
from buildgraph.manifests.model import Service
from buildgraph.place.containers import Condition, read_condition, run_in_container
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import Colour, server_name
from buildgraph.traffic.answers import Server
from buildgraph.traffic.directing import ask_proxy, find_servers, read_route, read_servers
from buildgraph.traffic.proxy import enable_commands

PAUSE: Final = 0.1
STAY: Final = 2.0  # seconds
SHORTEST: Final = 1.0  # seconds that a health command has at the least
HEALTHY: Final = 200  # what a health check answers
CRASHES: Final = 3  # a container that ended this often will not get healthy by waiting
LONG: Final = 10.0  # seconds, after which people would like to know what is waited for


@dataclass(slots=True)
class _Wait:
    """How long a service has been waited for; that it takes long is told once."""

    place: Place
    service: Service
    tell: Tell
    began: float = field(default_factory=time.monotonic)
    is_told: bool = False

    @property
    def took(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.place.environment.health_within - self.took

    @property
    def until_long(self) -> float:
        """Seconds after which it has taken long; below 0 when it has."""
        return min(LONG, self.place.environment.health_within / 3) - self.took

    @property
    def within(self) -> str:
        """How long it may take, in words."""
        return f"within {self.place.environment.health_within:g} s (`health_within`)"

    def confirm(self, container: str, said: str) -> None:
        """StepFailed when a container will not get healthy any more, with what its checks `said`."""
        condition = read_condition(self.place, container)
        if self.left < 0:
            raise unhealthy(self.place, self.service, container, f"not healthy {self.within}; {said}")
        if condition.restarts >= CRASHES and not condition.is_running:  # then it tells how it ended
            raise unhealthy(self.place, self.service, container, "ends again and again", condition)
        if self.until_long < 0:
            self.tell_lacking(said)

    def tell_lacking(self, said: str) -> None:
        """Tell what is lacking, if nobody has yet."""
        if not self.is_told:
            self.is_told = True
            with suppress(OSError):  # nobody reads what is told any more
                self.tell(f"{self.service.name}: not healthy yet, and has to be {self.within}: {said}")

    @contextmanager
    def telling(self, said: str) -> Iterator[None]:
        """Have it told when something that is asked meanwhile takes long: it says nothing before it ends."""
        teller = threading.Timer(max(SHORTEST, self.until_long), self.tell_lacking, [said])
        teller.daemon = True
        teller.start()
        try:
            yield
        finally:
            teller.cancel()
            teller.join()


def wait_until_healthy(
    place: Place, service: Service, colour: Colour, containers: Mapping[int, str], tell: Tell
) -> None:
    """Wait until every container of a colour can serve: the proxy's checks and its command, if any, pass.

    `containers` maps their numbers to names. Raises StepFailed after the environment's `health_within`,
    or when one ends again and again, with what the checks said and the container's last lines.
    """
    wait = _Wait(place, service, tell)
    if service.port:
        _wait_for_proxy(wait, colour, containers)
    if service.health_command:
        _wait_for_command(wait, containers)
    elif not service.port:
        _wait_for_stay(place, service, containers)
    tell(f"{service.name}: healthy after {wait.took:.1f} s")


def _wait_for_proxy(wait: _Wait, colour: Colour, containers: Mapping[int, str]) -> None:
    """The proxy is the prober: what it finds healthy, it can reach. What has served goes on being checked."""
    place, service = wait.place, wait.service
    enabled = _find_kept(place, service, colour)
    while True:
        addresses = {number: read_condition(place, name).address for number, name in containers.items()}
        enabled = _enable_moved(place, service, colour, addresses, enabled)
        unhealthy = _find_unhealthy(place, service, colour, addresses)
        if not unhealthy:
            return
        for number, said in unhealthy.items():
            wait.confirm(containers[number], said)
        time.sleep(PAUSE)


def _find_kept(place: Place, service: Service, colour: Colour) -> dict[int, str]:
    """The addresses, by number, at which the proxy has checked a colour that is kept since it served."""
    route = read_route(place, service.name)
    if route is None or not route.side(colour).is_kept:
        return {}
    servers = find_servers(place, service.name, colour)
    return {s.number: s.address.rpartition(":")[0] for s in servers}


def _enable_moved(
    place: Place, service: Service, colour: Colour, addresses: Mapping[int, str], enabled: dict[int, str]
) -> dict[int, str]:
    """Have containers checked that were not yet, or that have got another address by being started again."""
    moved = {number: a for number, a in addresses.items() if a and enabled.get(number) != a}
    if moved:
        port = service.listens or service.port
        ask_proxy(place, enable_commands(service.name, colour, moved, port))
    return {**enabled, **moved}


def _find_unhealthy(
    place: Place, service: Service, colour: Colour, addresses: Mapping[int, str]
) -> dict[int, str]:
    """What the proxy's checks say of each container that they do not find healthy, by number."""
    port = service.listens or service.port
    servers = {server.name: server for server in read_servers(place) if server.backend == service.name}
    found = {number: servers.get(server_name(colour, number)) for number in addresses}
    return {
        number: _said(service, server)
        for number, server in found.items()
        if not _serves(server, f"{addresses[number]}:{port}")
    }


def _serves(server: Server | None, address: str) -> bool:
    """Whether a server is up at the container's own address, and not at one that it had before."""
    return server is not None and server.is_up and server.address == address


def _said(service: Service, server: Server | None) -> str:
    """What the proxy asks in vain, in words of HTTP, and HAProxy's own."""
    if server is None:
        return "the proxy does not know it"
    port = service.listens or service.port
    asked = f"GET {service.health} on port {port} is not answered with {HEALTHY}"
    lacking = asked if service.health else f"port {port} takes no connection"
    return f"{lacking} (the proxy's check says: {server.said or server.status})"


def _wait_for_command(wait: _Wait, containers: Mapping[int, str]) -> None:
    place, waiting = wait.place, list(containers.values())
    while waiting:
        container = waiting[0]
        said = "its container does not run"
        if read_condition(place, container).is_running:
            left = max(SHORTEST, wait.left)
            with wait.telling("its health command has not ended"):
                code, output = run_in_container(place, container, wait.service.health_command, within=left)
            if code == 0:
                waiting.remove(container)
                continue
            said = f"its health command says (exit code {code}): {place.redact(output.strip())}"
        wait.confirm(container, said)
        time.sleep(PAUSE)


def _wait_for_stay(place: Place, service: Service, containers: Mapping[int, str]) -> None:
    """Nothing can be asked: it has to stay up for a few seconds."""
    for _ in range(round(STAY / PAUSE)):
        time.sleep(PAUSE)
        for container in containers.values():
            condition = read_condition(place, container)
            if condition.restarts or not condition.is_running:
                raise unhealthy(place, service, container, "its container does not stay up")


def unhealthy(
    place: Place, service: Service, container: str, what: str, seen: Condition | None = None
) -> StepFailed:
    """What is said of a container that did not get healthy: why, how it is (or was `seen`), and its last lines."""
    told = f"{what}; the container is {seen or read_condition(place, container)}; its last lines:"
    return StepFailed(f"deploy:{service.name}", told, read_last_words(place, container))
