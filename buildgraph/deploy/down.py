"""The end of an environment: its containers and network go; its volumes stay unless they are asked for."""

from __future__ import annotations

from typing import Final

from buildgraph.errors import StepFailed
from buildgraph.place.containers import Found, find_containers, remove_container, stop_container
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import HOLDER, ROLE, Role
from buildgraph.place.network import remove_network, remove_volumes

STOP_WITHIN: Final = 60  # seconds: a database writes what it holds
# Those that use others stop first.
ORDER: Final = (Role.PROXY, Role.MIGRATION, Role.SERVICE, Role.BACKING)


def stop_environment(place: Place, *, volumes: bool, tell: Tell) -> tuple[str, ...]:
    """Stop and remove what runs in an environment; returns the names of what went away.

    With `volumes` the data of its backing services and its routes are removed too. StepFailed when a
    deployment is going on.
    """
    found = find_containers(place)
    _refuse_while_locked(place, found)
    gone = [container for role in ORDER for container in found if container.labels.get(ROLE) == role.value]
    for container in gone:
        if container.is_running:
            stop_container(place, container.id, STOP_WITHIN)
        remove_container(place, container.id)
        tell(f"{container.name}: removed")
    remove_network(place)
    names = [container.name for container in gone]
    if volumes:
        removed = remove_volumes(place)
        for name in removed:
            tell(f"{name}: volume removed")
        names += removed
    return tuple(names)


def _refuse_while_locked(place: Place, found: tuple[Found, ...]) -> None:
    # One that was made and never started is only being taken, or was left by the dead (see `place/lock.py`).
    holders = [c for c in found if c.labels.get(ROLE) == Role.LOCK.value and c.state != "created"]
    if holders:
        who = holders[0].labels.get(HOLDER, "somebody")
        raise StepFailed("down", f"{place.prefix} is being deployed by {who}", "wait until that is done")
