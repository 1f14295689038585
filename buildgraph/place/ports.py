"""The public port of an environment on its engine, and who else has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from buildgraph.errors import ToolError
from buildgraph.image.engine import told_plainly
from buildgraph.place.model import Place

LOOPBACK: Final = "127.0.0.1"
# How engines say that a port is taken: by another container, by a program, on Docker Desktop.
TAKEN: Final = ("port is already allocated", "address already in use", "ports are not available")


@contextmanager
def told_port_conflict(place: Place) -> Iterator[None]:
    """Turn the engine's refusal of the public port into an error that names who has it, and the way out."""
    try:
        yield
    except ToolError as error:
        if not any(words in error.what.lower() for words in TAKEN):
            raise
        environment = place.environment
        raise ToolError(
            f"port {environment.proxy_port} on {LOOPBACK} is taken by {_holder(place)}",
            f"change proxy_port in manifests/environments/{environment.name}.toml, or stop what has the port",
        ) from error


def _holder(place: Place) -> str:
    """The container that publishes the port, if it is one."""
    wanted = place.environment.proxy_port
    with told_plainly():
        containers = place.engine.client.api.containers()
    for container in containers:
        if any(port.get("PublicPort") == wanted for port in container["Ports"] or ()):
            return f"the container {container['Names'][0].lstrip('/')}"
    return "another program"
