"""The containers that locks are: their name exists once, and they go with the process that holds their stream."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any, Final

from buildgraph.image.engine import told_plainly
from buildgraph.place.actor import read_actor, read_process
from buildgraph.place.arguments import RESTARTS
from buildgraph.place.containers import remove_container
from buildgraph.place.holding import CREATED, KEPT, SPARE, age_of, holder_name, holds
from buildgraph.place.model import Place
from buildgraph.place.names import HOLDER, REASON, Role

NEWBORN: Final = 5  # seconds after which a lock that was made but never started belongs to a dead deployer
GONE_WITHIN: Final = 5.0
PAUSE: Final = 0.05
CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class Spare:
    """A container that waits for a lock's name, or is still on its way; it may never come."""

    name: str
    thread: Thread
    made: list[tuple[str, Any]]

    def wait(self) -> str | None:
        """Its id, once it is there; None when it could not be made."""
        self.thread.join()
        return self.made[0][0] if self.made else None

    def end(self, place: Place) -> None:
        """Let it go, once."""
        self.thread.join()
        while self.made:
            let_go(place, *self.made.pop())


def begin_spare(place: Place, name: str) -> Spare:
    """Have such a container made by another thread, in place of one that a killed deployer has left."""
    made: list[tuple[str, Any]] = []

    def make() -> None:
        with suppress(Exception):  # then locks are taken without one, and what is wrong is told there
            remove_container(place, name)
            made.extend(filter(None, [make_lock(place, name, {SPARE: "yes"})]))

    thread = Thread(target=make, daemon=True)
    thread.start()
    return Spare(name, thread, made)


def make_lock(place: Place, name: str, labels: Mapping[str, str]) -> tuple[str, Any] | None:
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


def rename(place: Place, container: str, name: str) -> bool | None:
    """Whether a container has a name now: False when another one has it, None when there is no such container."""
    import docker.errors

    with told_plainly():
        try:
            place.engine.client.api.rename(container, name)
        except docker.errors.NotFound:
            return None
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:
                raise
            return False
    return True


def read_holder(place: Place, name: str) -> str:
    """Who holds the lock; "" when nobody does: it has just been let go, or is only being taken.

    One that has ended is removed, if the engine has not done so yet; one that was made and never started,
    after a while: its deployer has died in between.
    """
    import docker.errors

    api = place.engine.client.api
    with told_plainly():
        try:
            told = api.inspect_container(name)
            state, labels = told["State"]["Status"], told["Config"]["Labels"]
            if holds(state, labels):
                return holder_name(labels.get(HOLDER) or "somebody", labels.get(REASON, ""))
            if state != CREATED or age_of(place, told["Created"]) > NEWBORN:
                api.remove_container(told["Id"])  # not by force: its deployer may have started it just now
        except docker.errors.NotFound:
            return ""
        except docker.errors.APIError as error:
            if error.status_code != CONFLICT:
                raise
    return ""


def let_go(place: Place, container: str, stream: Any) -> None:
    """End a lock's container by its stream, and wait until its name is free."""
    import docker.errors

    close(stream)
    api = place.engine.client.api
    with told_plainly(), suppress(docker.errors.NotFound):
        with suppress(docker.errors.APIError):  # the engine removes it already, for its stream has ended
            api.remove_container(container, force=True)
        deadline = time.monotonic() + GONE_WITHIN
        while time.monotonic() < deadline:
            api.inspect_container(container)
            time.sleep(PAUSE)


def close(stream: Any) -> None:
    """Close a stream that `make_lock` has opened."""
    streams: list[Any] = [getattr(stream, "_sock", stream), stream]  # docker-py wraps a local engine's socket
    for opened in streams:
        with suppress(OSError):
            opened.close()


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
        labels={**place.labels(Role.LOCK), HOLDER: read_actor() if kept else read_process(), **labels},
        host_config=api.create_host_config(
            auto_remove=not kept,
            restart_policy=dict(RESTARTS) if kept else None,
            read_only=True,
            cap_drop=["ALL"],
            network_mode="none",
        ),
    )
    return str(made["Id"])
