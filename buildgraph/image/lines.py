"""The line to an engine: a socket of this machine, one that ssh brings here, or TLS to another host."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from buildgraph.errors import ToolError
from buildgraph.image.contexts import own_engine, usual_certificates
from buildgraph.manifests.engines import EngineAddress, parse_engine

NO_ENGINE = "start Docker, then `buildgraph doctor`"
# The files of a folder of certificates, as the docker command names them.
CA, CERTIFICATE, KEY = "ca.pem", "cert.pem", "key.pem"
CONNECT_WITHIN = 10.0  # seconds to reach a host
# Those of the user's own would lead the docker command elsewhere than the address.
OTHERS = {"DOCKER_TLS_VERIFY": "", "DOCKER_TLS": "", "DOCKER_CERT_PATH": ""}


class Line(Protocol):
    """A way to an engine that can be gone again and again.

    `where` tells where it leads ("on this machine"), `base_url` is the same for the engine's library,
    `command_env` for the docker command. `is_here` tells that the engine's published ports are this machine's.
    """

    where: str
    base_url: str
    command_env: Mapping[str, str]
    is_here: bool
    certificates: Path | None

    def dial(self) -> socket.socket:
        """A new connection to the engine; OSError when there is none."""
        ...

    def explain(self, error: Exception) -> ToolError:
        """What a connection that failed means here, and the way out."""
        ...

    def close(self) -> None:
        """End what the line itself holds open."""
        ...


class NearLine:
    """The line to a socket of this machine."""

    is_here = True
    certificates: Path | None = None

    def __init__(self, path: str, *, is_named: bool, named_by: str = "") -> None:
        self.path = path
        self.named_by = named_by
        self.base_url = f"unix://{path}"
        self.command_env: Mapping[str, str] = {"DOCKER_HOST": self.base_url, **OTHERS} if is_named else {}
        self.where = f"at {self.base_url}" if is_named else "on this machine"

    def dial(self) -> socket.socket:
        """A connection to the socket."""
        return dial_socket(self.path)

    def explain(self, error: Exception) -> ToolError:
        """An engine that does not run, or that this user may not use."""
        if isinstance(error, PermissionError):
            return ToolError(
                f"you may not use the Docker engine {self.where}",
                f"have yourself put into the group of {self.path} (`docker`), and log in again",
            )
        return _silent(self.base_url, self.named_by)

    def close(self) -> None:
        """Nothing is held open."""


class PlainLine:
    """The line to an engine without TLS: only where the machine's own settings say so, never a manifest."""

    is_here = False
    certificates: Path | None = None

    def __init__(self, address: EngineAddress, named_by: str) -> None:
        self.address = address
        self.named_by = named_by
        self.where = f"at {address}"
        self.base_url = str(address)
        self.command_env: Mapping[str, str] = {}

    def dial(self) -> socket.socket:
        """A connection to the port."""
        return dial_host(self.address)

    def explain(self, error: Exception) -> ToolError:
        """A host that is not reached, or an engine that is not there."""
        return _silent(self.base_url, self.named_by)

    def close(self) -> None:
        """Nothing is held open."""


def _silent(address: str, named_by: str) -> ToolError:
    """That nothing answers at an address, and who has chosen it: it may be another engine that runs well."""
    return ToolError(
        f"no Docker engine answers at {address}{f' ({named_by})' if named_by else ''}", NO_ENGINE
    )


def open_line(written: str) -> Line:
    """The line to the engine at an address (`""`: this machine's own); ToolError when it cannot be had."""
    own = own_engine() if not written else None
    address, named_by = parse_engine(own.address if own else written), own.named_by if own else ""
    if address is None:
        raise ToolError(
            f"{own.address if own else written!r} is no address of a Docker engine",
            "write it as unix:///PATH, ssh://USER@HOST or tcp://HOST:PORT",
        )
    if address.scheme == "unix":
        return NearLine(address.path, is_named=own is None, named_by=named_by)
    if address.scheme == "ssh":
        from buildgraph.image.ssh import open_ssh

        return open_ssh(address)
    if own and own.certificates is None:
        return PlainLine(address, named_by)
    from buildgraph.image.tls import open_tls

    return open_tls(address, (own.certificates if own else None) or _certificates_for(address))


def _certificates_for(address: EngineAddress) -> Path:
    """The folder of this machine's key to an engine: its own settings say, else it is the docker command's."""
    from buildgraph.manifests.site import read_site

    folders = read_site().certificates
    host = address.host
    return folders.get(f"{host}:{address.port}") or folders.get(host) or usual_certificates()


def dial_socket(path: str) -> socket.socket:
    """A connection to a socket of this machine."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        line.settimeout(CONNECT_WITHIN)
        line.connect(path)
    except BaseException:
        line.close()
        raise
    return line


def dial_host(address: EngineAddress) -> socket.socket:
    """A connection to a host, which is found to be lost after half a minute of silence."""
    line = socket.create_connection((address.host.strip("[]"), address.port), CONNECT_WITHIN)
    for level, option, value in watched():
        line.setsockopt(level, option, value)
    return line


def watched() -> list[tuple[int, int, int]]:
    """The options of a TCP connection whose other end is asked whether it is there, when nothing is to be said."""
    named = (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
    options = [(socket.IPPROTO_TCP, getattr(socket, n), v) for n, v in named if hasattr(socket, n)]
    return [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        *options,
    ]


def cause_of(error: BaseException) -> BaseException:
    """The failure of the connection itself, below what libraries have made of it."""
    found: BaseException | None = error
    while found is not None:
        below = [found.__cause__, found.__context__, getattr(found, "reason", None), *found.args]
        deeper = next((other for other in below if isinstance(other, BaseException)), None)
        if deeper is None:
            return found
        found = deeper
    return error
