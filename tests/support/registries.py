"""Real registries on loopback."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.system import docker, fetch, free_port, substitute


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
    deadline = time.monotonic() + 30
    while True:
        with suppress(OSError):
            if fetch(f"http://127.0.0.1:{port}/v2/")[0] == 200:
                return
        assert time.monotonic() < deadline, "the registry does not get ready"
        time.sleep(0.05)
