"""Real registries on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.system import docker, fetch, free_port, substitute
from tests.support.waiting import until


@contextmanager
def started_registry() -> Iterator[str]:
    """The address of a registry that is there for as long as the block runs."""
    port = free_port()
    name = docker("run", "-d", "--rm", "-p", f"127.0.0.1:{port}:5000", substitute("registry:2")).strip()
    try:
        wait_until_ready(port)
        yield f"127.0.0.1:{port}"
    finally:
        docker("rm", "-f", "-v", name)


def wait_until_ready(port: int) -> None:
    """Wait until a registry answers; the engine takes connections to a port before anybody listens behind it."""
    until(lambda: fetch(f"http://127.0.0.1:{port}/v2/")[0] == 200)
