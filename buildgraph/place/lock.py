"""Locks of an environment: a named container whose process reads a stream that the deployer holds open.

The engine gives exclusion (a name exists once) and notices death: when the holder's process ends, however
it ends, the stream ends, `cat` ends, and the engine removes the container.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import Any, Final

from buildgraph.errors import StepFailed
from buildgraph.image.engine import told_plainly
from buildgraph.place.containers import remove_container
from buildgraph.place.holding import KEPT, Holding, spare_name
from buildgraph.place.images import ensure_image
from buildgraph.place.lock_container import begin_spare, close, let_go, make_lock, read_holder, rename
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import PRODUCT, REASON

SHARED_WITHIN: Final = 60.0  # seconds to wait for the short lock on what products share
# Seconds to wait for that of databases: longer than two of them may take to get ready.
BACKING_WITHIN: Final = 300.0
MOMENT: Final = 2.0
STUCK: Final = (
    60.0  # seconds after which a lock that nobody holds has gone, unless its engine cannot remove it
)
PAUSE: Final = 0.2
WAIT: Final = "wait until it is done, then run the same again; `buildgraph lock` tells more"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that this process holds."""

    place: Place
    name: str
    container: str

    def confirm(self) -> None:
        """Raise StepFailed when the lock is not ours any more: nothing may be changed without it."""
        if not self.is_held():
            raise StepFailed(self.name, "the lock was lost; nothing more is changed", "run the same again")

    def is_held(self) -> bool:
        """Whether the lock is still ours."""
        import docker.errors

        with told_plainly():
            try:
                told = self.place.engine.client.api.inspect_container(self.container)
            except docker.errors.NotFound:
                return False
        return bool(told["State"]["Running"])


@contextmanager
def held_product_lock(place: Place, product: str, reason: str = "") -> Iterator[Lock]:
    """Hold the deploy lock of a product; StepFailed that names the holder when somebody else deploys it.

    The lock of a holder that has just died needs a moment to go.
    """
    labels = {PRODUCT: product, REASON: reason}
    with (
        _held(place, product_lock(place, product), labels, within=MOMENT) as lock,
        _with_spare(place, product),
    ):
        yield lock


def keep_lock(place: Place, product: str, reason: str, tell: Tell) -> None:
    """Take the deploy lock of a product until `release_lock`, whatever becomes of this process.

    The reason is kept without any secret. StepFailed that names the holder when somebody has it.
    """
    name = product_lock(place, product)
    labels = {PRODUCT: product, REASON: place.redact(reason), KEPT: "yes"}
    ensure_image(place, place.image(place.environment.proxy_image), tell)
    deadline = time.monotonic() + MOMENT
    while (taken := make_lock(place, name, labels)) is None:
        _wait_for(place, name, deadline)
    close(taken[1])


def release_lock(place: Place, held: Holding) -> None:
    """Take a lock from its holder, who notices before changing anything more; done when it is gone."""
    remove_container(place, held.handle)


@contextmanager
def held_shared_lock(place: Place) -> Iterator[Lock]:
    """Hold the lock on what products share; it is held for seconds, so it is waited for."""
    with _held_shared(place, place.named("lock"), SHARED_WITHIN) as lock:
        yield lock


@contextmanager
def held_backing_lock(place: Place) -> Iterator[Lock]:
    """Hold the lock on the servers that products share; who begins one holds it until that is ready."""
    with _held_shared(place, place.named("lock-backing"), BACKING_WITHIN) as lock:
        yield lock


def product_lock(place: Place, product: str) -> str:
    """The name of a product's deploy lock."""
    return place.named(f"{product}-lock")


@contextmanager
def _held(place: Place, name: str, labels: Mapping[str, str], within: float) -> Iterator[Lock]:
    container, stream = _take(place, name, labels, time.monotonic() + within)
    try:
        yield Lock(place, name, container)
    finally:
        let_go(place, container, stream)


# A container takes tenths of a second to start and end, a name no time at all. Who deploys a product takes the shared
# locks several times, and has a container at hand that gets a lock's name meanwhile; it ends with its deployer.


@contextmanager
def _with_spare(place: Place, product: str) -> Iterator[None]:
    """Have such a container for this thread, made while we go on; who has a product's lock makes the product's own."""
    if get_ident() in place.spares:
        yield
        return
    spare = place.spares[get_ident()] = begin_spare(place, spare_name(place, product))
    try:
        yield
    finally:
        place.spares.pop(get_ident(), None)
        spare.end(place)


@contextmanager
def _held_shared(place: Place, name: str, within: float) -> Iterator[Lock]:
    spare = place.spares.pop(get_ident(), None)
    container = spare.wait() if spare else None
    if spare is None or not container or not _is_given(place, container, name, time.monotonic() + within):
        with _held(place, name, {}, within) as lock:
            yield lock
        return
    try:
        yield Lock(place, name, container)
    finally:
        if rename(place, container, spare.name):
            place.spares[get_ident()] = spare
        else:
            spare.end(place)  # and with it the lock, whose name it may still have


def _is_given(place: Place, container: str, name: str, deadline: float) -> bool:
    """Wait for a lock's name; False when the container is gone, or the time is over."""
    while (held := rename(place, container, name)) is False:
        _wait_for(place, name, deadline)
        if time.monotonic() > deadline + MOMENT:
            return False  # nobody has the name, and yet it is refused
    return bool(held)


def _take(place: Place, name: str, labels: Mapping[str, str], deadline: float) -> tuple[str, Any]:
    while True:
        taken = make_lock(place, name, labels)
        if taken is not None:
            return taken
        _wait_for(place, name, deadline)


def _wait_for(place: Place, name: str, deadline: float) -> None:
    """Wait a little for the holder of a lock; StepFailed that names it when the time is over."""
    holder, late = read_holder(place, name), time.monotonic() - deadline
    if holder and late >= 0:
        raise StepFailed(name, f"is held by {holder}", WAIT)
    if late >= STUCK:
        what = "is held by nobody, and yet the engine does not take its container away"
        raise StepFailed(name, what, f"`docker rm -f {name}` there, then run the same again")
    time.sleep(PAUSE)
