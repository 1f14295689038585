"""What the containers of a service say."""

from __future__ import annotations

from buildgraph.deploy.containers import Found, find_containers, read_last_lines
from buildgraph.deploy.model import Place
from buildgraph.deploy.names import BACKING, PROXY, ROLE, SERVICE, Role
from buildgraph.errors import UnknownName


def read_logs(place: Place, service: str, tail: int = 100) -> tuple[tuple[str, str], ...]:
    """The last lines of each container of a service, as (container, line); UnknownName when none is there.

    Backing services and the proxy go by their kinds: postgres, redis, proxy.
    """
    running = find_containers(place)
    found = [container for container in running if _spoken_for(container) == service]
    if not found:
        raise UnknownName("running service", service, filter(None, map(_spoken_for, running)))
    return tuple(
        (container.name, line)
        for container in found
        for line in read_last_lines(place, container.id, tail).splitlines()
    )


def _spoken_for(container: Found) -> str:
    """The name a user knows a container by; "" for those nobody asks about."""
    if container.labels.get(ROLE) == Role.PROXY.value:
        return PROXY
    return container.labels.get(SERVICE) or container.labels.get(BACKING, "")
