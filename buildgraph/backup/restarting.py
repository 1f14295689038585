"""The services that know data which was brought back, started anew."""

from __future__ import annotations

from collections.abc import Iterable

from buildgraph.backup.restoring import Restoring
from buildgraph.deploy.health import wait_until_healthy
from buildgraph.deploy.live import LiveService, read_live
from buildgraph.image.engine import told_plainly
from buildgraph.manifests.model import Service
from buildgraph.place.model import Place, silently
from buildgraph.place.names import Colour, slot_name
from buildgraph.render.limits import stop_seconds


def users_of(restoring: Restoring) -> list[LiveService]:
    """The services that run and know the data: they are to begin anew."""
    databases = {dump.database for dump in restoring.record.databases}
    names = {
        service.name
        for service in restoring.place.catalog
        if service.database in databases or (service.redis and service.product == restoring.request.product)
    }
    running = sorted(read_live(restoring.place).services.items())
    return [live for name, live in running if name in names and live.colour]


def restart(restoring: Restoring, users: Iterable[LiveService]) -> None:
    """Start the services' containers anew, one after the other: what they remember of other data is gone then."""
    declared = {service.name: service for service in restoring.place.catalog}
    for live in users:
        for container in live.containers:
            restoring.lock.confirm()
            _restart_container(restoring.place, declared[live.name], live, container.name)
        restoring.tell(f"{live.name}: started anew, healthy")


def _restart_container(place: Place, service: Service, live: LiveService, container: str) -> None:
    colour = live.colour or Colour.BLUE
    numbers = {place.named(slot_name(service.name, colour, n)): n for n in range(1, len(live.containers) + 1)}
    with told_plainly():
        place.engine.client.api.restart(container, timeout=stop_seconds(place.environment))
    wait_until_healthy(place, service, colour, {numbers.get(container, 1): container}, silently)
