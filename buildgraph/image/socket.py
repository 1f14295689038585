"""Short questions to the machine's own engine, over its socket: its library takes longer to load than the answers."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote

DEFAULT_ADDRESS = "unix:///var/run/docker.sock"
UNIX = "unix://"
TIMEOUT = 120  # seconds for one answer
ENOUGH = 1 << 16


def socket_of(address: str) -> str:
    """The path of the socket that `address` means (`""`: as the docker command would choose), or "" for none."""
    wanted = address or os.environ.get("DOCKER_HOST") or ("" if _has_context() else DEFAULT_ADDRESS)
    return wanted.removeprefix(UNIX) if wanted.startswith(UNIX) else ""


def ask(path: str, *question: str) -> tuple[int, Any]:
    """The status and the JSON that the engine at a socket answers to GET; OSError when it does not answer.

    A question is the parts of its path. It is asked by HTTP 1.0: the engine then sends all in one piece and
    hangs up.
    """
    target = "/" + "/".join(quote(part, safe="?=") for part in question)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(TIMEOUT)
        line.connect(path)
        line.sendall(f"GET {target} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        return _parsed(b"".join(iter(lambda: line.recv(ENOUGH), b"")))


def _parsed(told: bytes) -> tuple[int, Any]:
    head, blank, body = told.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if not blank or len(words) < 2:
        raise OSError("the engine hung up before its answer was complete")
    try:
        return int(words[1]), json.loads(body or b"null")
    except ValueError as error:
        raise OSError("the engine's answer cannot be read") from error


def _has_context() -> bool:
    """Whether the docker command follows a context (`docker context use`): only its library knows where that leads."""
    if os.environ.get("DOCKER_CONTEXT"):
        return True
    folder = os.environ.get("DOCKER_CONFIG") or str(Path.home() / ".docker")
    try:
        told = json.loads((Path(folder) / "config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("currentContext", "default") not in ("", "default")
