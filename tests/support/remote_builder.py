"""BuildKit elsewhere, as buildx's driver `remote` reaches it: the one inside of an engine, on a socket of its own.

An engine gives a connection to its BuildKit to whoever asks `POST /grpc` to upgrade to HTTP/2 (moby's API, as
buildx's driver `docker` does); behind that socket nobody can tell that it is an engine's.
"""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.relay import Relay

UPGRADE = b"POST /grpc HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"


@contextmanager
def remote_builder(engine: Path, folder: Path, name: str) -> Iterator[Mapping[str, str]]:
    """A builder of the driver `remote`, built by the engine at a socket; the variables of who knows it."""
    folder.mkdir()
    place = folder / "buildkit.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place))
    env = {"BUILDX_CONFIG": str(folder / "buildx")}
    with Relay(listener, lambda: dial_buildkit(engine)):
        make = ("docker", "buildx", "create", "--name", name, "--driver", "remote", f"unix://{place}")
        subprocess.run(make, check=True, capture_output=True, env={**os.environ, **env})
        yield env


def dial_buildkit(engine: Path) -> socket.socket:
    """A connection to the BuildKit of the engine at a socket."""
    line = socket.socket(socket.AF_UNIX)
    line.connect(str(engine))
    line.sendall(UPGRADE)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += line.recv(1)
    assert b" 101 " in head, head
    return line
