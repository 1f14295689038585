"""Locks of an environment: a named container whose process reads a stream that the deployer holds open.

The engine gives exclusion (a name exists once) and notices death: when the holder's process ends, however
it ends, the stream ends, `cat` ends, and the engine removes the container.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from buildgraph.errors import StepFailed
from buildgraph.image.engine import told_plainly
from buildgraph.place.actor import read_actor
from buildgraph.place.containers import RESTARTS, Found, find_containers, remove_container
from buildgraph.place.images import ensure_image
from buildgraph.place.model import Place, Tell
from buildgraph.place.names import HOLDER, PRODUCT, REASON, Role

SHARED_WITHIN: Final = 60.0  # seconds to wait for the short lock on what products share
# Seconds to wait for that of databases: longer than two of them may take to get ready.
BACKING_WITHIN: Final = 300.0
NEWBORN: Final = 5  # seconds after which a lock that was made but never started belongs to a dead deployer
GONE_WITHIN: Final = 5.0
MOMENT: Final = 2.0
PAUSE: Final = 0.2
CONFLICT: Final = 409
WAIT: Final = "wait until it is done, then run the same again; `buildgraph lock` tells more"
KEPT: Final = "buildgraph.kept"
ZONE: Final = re.compile(r"[+-]\d\d:\d\d$")


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


@dataclass(frozen=True, slots=True)
class Holding:
    """A lock that somebody holds: of a product, or ("") of what products share; `age` is in seconds.

    `is_kept` tells that no process holds it: it was taken by hand and stays until it is released.
    """

    product: str
    holder: str
    reason: str
    age: float
    container: str
    is_kept: bool = False

    @property
    def whose(self) -> str:
        """The holder with what it holds the lock for."""
        return _named(self.holder, self.reason)


@contextmanager
def held_product_lock(place: Place, product: str, reason: str = "") -> Iterator[Lock]:
    """Hold the deploy lock of a product; StepFailed that names the holder when somebody else deploys it.

    The lock of a holder that has just died needs a moment to go.
    """
    labels = {PRODUCT: product, REASON: reason}
    with _held(place, product_lock(place, product), labels, within=MOMENT) as lock:
        yield lock


def read_locks(place: Place) -> tuple[Holding, ...]:
    """The locks that are held here now, sorted by product; none is taken or waited for by asking."""
    found = [_holding(place, container) for container in find_containers(place, role=Role.LOCK.value)]
    return tuple(sorted((held for held in found if held), key=lambda held: held.product))


def keep_lock(place: Place, product: str, reason: str, tell: Tell) -> None:
    """Take the deploy lock of a product until `release_lock`, whatever becomes of this process.

    StepFailed that names the holder when somebody has it.
    """
    name = product_lock(place, product)
    labels = {PRODUCT: product, REASON: reason, KEPT: "yes"}
    ensure_image(place, place.image(place.environment.proxy_image), tell)
    deadline = time.monotonic() + MOMENT
    while (taken := _try(place, name, labels)) is None:
        _wait_for(place, name, deadline)
    _close(taken[1])


def release_lock(place: Place, held: Holding) -> None:
    """Take a lock from its holder, who notices before changing anything more; done when it is gone."""
    remove_container(place, held.container)


@contextmanager
def held_shared_lock(place: Place) -> Iterator[Lock]:
    """Hold the lock on what products share; it is held for seconds, so it is waited for."""
    with _held(place, place.named("lock"), {}, within=SHARED_WITHIN) as lock:
        yield lock


@contextmanager
def held_backing_lock(place: Place) -> Iterator[Lock]:
    """Hold the lock on the servers that products share; who begins one holds it until that is ready."""
    with _held(place, place.named("lock-backing"), {}, within=BACKING_WITHIN) as lock:
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
        _let_go(place, container, stream)


def _take(place: Place, name: str, labels: Mapping[str, str], deadline: float) -> tuple[str, Any]:
    while True:
        taken = _try(place, name, labels)
        if taken is not None:
            return taken
        _wait_for(place, name, deadline)


def _wait_for(place: Place, name: str, deadline: float) -> None:
    """Wait a little for the holder of a lock; StepFailed that names it when the time is over."""
    holder = _read_holder(place, name)
    if holder and time.monotonic() >= deadline:
        raise StepFailed(name, f"is held by {holder}", WAIT)
    time.sleep(PAUSE)


def _try(place: Place, name: str, labels: Mapping[str, str]) -> tuple[str, Any] | None:
    """The lock's container and the stream it reads; None when somebody else has the lock.

    The stream is there before the process: whenever we die from then on, the process ends at once.
    """
    import docker.errors

    api = place.engine.client.api
    with told_plainly():
        try:
            container = _create(place, name, labels)
            stream = api.attach_socket(container, params={"stdin": 1, "stream": 1})
            api.start(container)
        except docker.errors.NotFound:
            return None  # taken for a dead deployer's, for it took us too long
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:
                raise
            return None
    return container, stream


def _create(place: Place, name: str, labels: Mapping[str, str]) -> str:
    api = place.engine.client.api
    kept = KEPT in labels
    made = api.create_container(
        place.image(place.environment.proxy_image),
        name=name,
        # a kept one does not read the stream; the first process of a container needs a trap to be stopped
        entrypoint=["sh", "-c", "trap exit TERM; while :; do sleep 3600 & wait; done"] if kept else ["cat"],
        command=[],
        user="1001:1001",
        stdin_open=True,  # and not detached: the engine closes it when the attached stream ends
        labels={**place.labels(Role.LOCK), HOLDER: read_actor() if kept else _me(), **labels},
        host_config=api.create_host_config(
            auto_remove=not kept,
            restart_policy=dict(RESTARTS) if kept else None,
            read_only=True,
            cap_drop=["ALL"],
            network_mode="none",
        ),
    )
    return str(made["Id"])


def _read_holder(place: Place, name: str) -> str:
    """Who holds the lock; "" when nobody does: it has just been let go, or is only being taken.

    One that was made and never started is removed after a while: its deployer has died in between.
    """
    import docker.errors

    api = place.engine.client.api
    with told_plainly():
        try:
            told = api.inspect_container(name)
            if told["State"]["Status"] != "created":
                labels = told["Config"]["Labels"]
                return _named(labels.get(HOLDER) or "somebody", labels.get(REASON, ""))
            if _age(place, told["Created"]) > NEWBORN:
                api.remove_container(told["Id"])  # not by force: its deployer may have started it just now
        except docker.errors.NotFound:
            return ""
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:
                raise
    return ""


def _named(holder: str, reason: str) -> str:
    """A holder with what it holds the lock for."""
    return f"{holder} ({reason})" if reason else holder


def _holding(place: Place, container: Found) -> Holding | None:
    """What a lock's container tells; None for one that is not held: only being taken, or left by the dead."""
    if container.state == "created":
        return None
    labels = container.labels
    return Holding(
        product=labels.get(PRODUCT, ""),
        holder=labels.get(HOLDER, "somebody"),
        reason=labels.get(REASON, ""),
        age=max(0.0, _engine_time(place) - container.created),
        container=container.id,
        is_kept=KEPT in labels,
    )


def _engine_time(place: Place) -> float:
    """Seconds since the epoch, by the engine's own clock."""
    with told_plainly():
        return _moment(place.engine.client.api.info()["SystemTime"]).timestamp()


def _age(place: Place, created: str) -> float:
    """Seconds since a time stamp of the engine, by the engine's own clock."""
    now = place.engine.client.api.info()["SystemTime"]
    return (_moment(now) - _moment(created)).total_seconds()


def _moment(stamp: str) -> datetime:
    """The moment of a stamp such as 2026-01-31T12:00:00.123456789Z or …+01:00, to the second."""
    zone = ZONE.search(stamp)
    return datetime.fromisoformat(stamp[:19] + (zone[0] if zone else "+00:00"))


def _close(stream: Any) -> None:
    streams: list[Any] = [getattr(stream, "_sock", stream), stream]  # docker-py wraps a local engine's socket
    for opened in streams:
        with suppress(OSError):
            opened.close()


def _let_go(place: Place, container: str, stream: Any) -> None:
    import docker.errors

    _close(stream)
    api = place.engine.client.api
    with told_plainly(), suppress(docker.errors.NotFound):
        with suppress(docker.errors.APIError):  # the engine removes it already, for its stream has ended
            api.remove_container(container, force=True)
        deadline = time.monotonic() + GONE_WITHIN
        while time.monotonic() < deadline:
            api.inspect_container(container)
            time.sleep(PAUSE / 4)


def _me() -> str:
    return f"{read_actor()}, process {os.getpid()}"
