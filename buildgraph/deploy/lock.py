"""Locks of an environment: a named container whose process reads a stream that the deployer holds open.

The engine gives exclusion (a name exists once) and notices death: when the holder's process ends, however
it ends, the stream ends, `cat` ends, and the engine removes the container.
"""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from buildgraph.deploy.model import Place
from buildgraph.deploy.names import HOLDER, Role
from buildgraph.errors import StepFailed
from buildgraph.image.engine import told_plainly

SHARED_WITHIN: Final = 60.0  # seconds to wait for the short lock on what products share
NEWBORN: Final = 5  # seconds after which a lock that was made but never started belongs to a dead deployer
GONE_WITHIN: Final = 5.0
MOMENT: Final = 2.0
PAUSE: Final = 0.2
CONFLICT: Final = 409


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
def held_product_lock(place: Place, product: str) -> Iterator[Lock]:
    """Hold the deploy lock of a product; StepFailed that names the holder when somebody else deploys it.

    The lock of a holder that has just died needs a moment to go.
    """
    with _held(place, product_lock(place, product), within=MOMENT) as lock:
        yield lock


@contextmanager
def held_shared_lock(place: Place) -> Iterator[Lock]:
    """Hold the lock on what products share; it is held for seconds, so it is waited for."""
    with _held(place, place.named("lock"), within=SHARED_WITHIN) as lock:
        yield lock


def product_lock(place: Place, product: str) -> str:
    """The name of a product's deploy lock."""
    return place.named(f"{product}-lock")


@contextmanager
def _held(place: Place, name: str, within: float) -> Iterator[Lock]:
    container, stream = _take(place, name, time.monotonic() + within)
    try:
        yield Lock(place, name, container)
    finally:
        _let_go(place, container, stream)


def _take(place: Place, name: str, deadline: float) -> tuple[str, Any]:
    while True:
        taken = _try(place, name)
        if taken is not None:
            return taken
        holder = _read_holder(place, name)
        if holder and time.monotonic() >= deadline:
            raise StepFailed(name, f"is held by {holder}", "wait until it is done, then run the same again")
        time.sleep(PAUSE)


def _try(place: Place, name: str) -> tuple[str, Any] | None:
    """The lock's container and the stream it reads; None when somebody else has the lock.

    The stream is there before the process: whenever we die from then on, the process ends at once.
    """
    import docker.errors

    api = place.engine.client.api
    with told_plainly():
        try:
            container = _create(place, name)
            stream = api.attach_socket(container, params={"stdin": 1, "stream": 1})
            api.start(container)
        except docker.errors.NotFound:
            return None  # taken for a dead deployer's, for it took us too long
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:
                raise
            return None
    return container, stream


def _create(place: Place, name: str) -> str:
    api = place.engine.client.api
    made = api.create_container(
        place.image(place.environment.proxy_image),
        name=name,
        entrypoint=["cat"],
        command=[],
        user="1001:1001",
        stdin_open=True,  # and not detached: the engine closes it when the attached stream ends
        labels={**place.labels(Role.LOCK), HOLDER: _me()},
        host_config=api.create_host_config(
            auto_remove=True, read_only=True, cap_drop=["ALL"], network_mode="none"
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
                return told["Config"]["Labels"].get(HOLDER) or "somebody"
            if _age(place, told["Created"]) > NEWBORN:
                api.remove_container(told["Id"], force=True)
        except docker.errors.NotFound:
            return ""
    return ""


def _age(place: Place, created: str) -> float:
    """Seconds since a time stamp of the engine, by the engine's own clock."""
    now = place.engine.client.api.info()["SystemTime"]
    return (_moment(now) - _moment(created)).total_seconds()


def _moment(stamp: str) -> datetime:
    """The moment of a stamp such as 2026-01-31T12:00:00.123456789Z, to the second."""
    return datetime.fromisoformat(stamp[:19])


def _let_go(place: Place, container: str, stream: Any) -> None:
    import docker.errors

    streams: list[Any] = [getattr(stream, "_sock", stream), stream]  # docker-py wraps a local engine's socket
    for opened in streams:
        with suppress(OSError):
            opened.close()
    api = place.engine.client.api
    with told_plainly(), suppress(docker.errors.NotFound):
        with suppress(docker.errors.APIError):  # the engine removes it already, for its stream has ended
            api.remove_container(container, force=True)
        deadline = time.monotonic() + GONE_WITHIN
        while time.monotonic() < deadline:
            api.inspect_container(container)
            time.sleep(PAUSE / 4)


def _me() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in many containers
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}, process {os.getpid()}"
