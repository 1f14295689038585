"""The end of an environment: its containers and network go; its volumes stay unless they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import Final

from buildgraph.errors import StepFailed
from buildgraph.place.containers import Found, find_containers, remove_container, stop_container
from buildgraph.place.holding import STOPPING, read_locks
from buildgraph.place.lock import held_product_lock, held_shared_lock
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import PRODUCT, ROLE, Role
from buildgraph.place.network import remove_network, remove_volumes

STOP_WITHIN: Final = 60  # seconds: a database writes what it holds
# Those that use others stop first.
ORDER: Final = (Role.PROXY, Role.MIGRATION, Role.SERVICE, Role.BACKING)


def stop_environment(place: Place, *, volumes: bool, tell: Tell) -> tuple[str, ...]:
    """Stop and remove what runs in an environment; returns the names of what went away.

    With `volumes` the data of its backing services and its routes are removed too. StepFailed when a
    deployment is going on; one that begins meanwhile is refused, or waits for what products share.
    """
    _refuse_while_locked(place)
    with ExitStack() as held:
        ours = _hold(place, held)
        _refuse_while_locked(place, ours)
        return _stop(place, volumes=volumes, tell=tell)


def _hold(place: Place, held: ExitStack) -> tuple[str, ...]:
    """Hold the locks of all that runs here, and that of what products share; their containers.

    None where the engine lacks the image that locks are made of: a registry that is out of reach keeps nobody from
    stopping an environment.
    """
    found = _standing(place)
    if not found or not place.engine.has_image(place.image(place.environment.proxy_image)):
        return ()
    products = sorted({container.labels[PRODUCT] for container in found if PRODUCT in container.labels})
    locks = [held.enter_context(held_product_lock(place, product, STOPPING)) for product in products]
    locks.append(held.enter_context(held_shared_lock(place)))
    return tuple(lock.container for lock in locks)


def _standing(place: Place) -> list[Found]:
    """What is stopped, in order."""
    found = find_containers(place)
    return [container for role in ORDER for container in found if container.labels.get(ROLE) == role.value]


def _stop(place: Place, *, volumes: bool, tell: Tell) -> tuple[str, ...]:
    gone = _standing(place)
    for container in gone:
        if container.is_running:
            stop_container(place, container.id, STOP_WITHIN)
        remove_container(place, container.id)
        tell(f"{container.name}: removed")
    if guests := remove_network(place):
        tell(f"the network stays, for {', '.join(guests)}")
    names = [container.name for container in gone]
    if volumes:
        removed = remove_volumes(place)
        for name in removed:
            tell(f"{name}: volume removed")
        names += removed
    if not names:
        tell(f"nothing runs in {place.environment.name}")
    return tuple(names)


def _refuse_while_locked(place: Place, ours: Iterable[str] = ()) -> None:
    others = [held for held in read_locks(place) if held.handle not in ours]
    if others:
        what = f"{place.prefix} is being deployed by {others[0].holder}"
        raise StepFailed("down", what, "wait until that is done")
