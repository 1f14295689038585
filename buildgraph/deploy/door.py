"""The way in to an environment: requests to the proxy's public port; it knows no test."""

from __future__ import annotations

import http.client
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from buildgraph.deploy.containers import run_in_container
from buildgraph.deploy.model import Place
from buildgraph.deploy.names import PROXY
from buildgraph.deploy.ports import LOOPBACK
from buildgraph.deploy.proxy import PUBLIC_PORT

TIMEOUT: Final = 10.0  # seconds for one request
# What has no network path from here is asked from inside the proxy's container.
ASK: Final = """\
if command -v bash >/dev/null; then
  exec timeout "$2" \\
    bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0" && printf "%s" "$1" >&3 && exec cat <&3' "$0" "$1"
fi
printf '%s' "$1" | exec timeout "$2" nc 127.0.0.1 "$0"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status (0 when nothing did) and the body, or why nothing did."""

    status: int
    body: str


def send_request(place: Place, host: str, method: str, path: str, body: str) -> Answer:
    """Send one request through the public route, as a user of `host` would; any outcome is an Answer."""
    headers = {"Host": host, "User-Agent": "buildgraph", "Accept": "*/*", "Connection": "close"}
    if body:
        headers["Content-Type"] = "application/json"
    if is_near(place):
        return _send_near(place, method, path, body, headers)
    return _send_from_inside(place, method, path, body, headers)


def is_near(place: Place) -> bool:
    """Whether the engine runs on this machine, so that its published ports are here."""
    address = urlsplit(place.engine.client.api.base_url)
    return address.hostname in ("localhost", "localnpipe", LOOPBACK, "::1")


def _send_near(place: Place, method: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection(LOOPBACK, place.environment.proxy_port, timeout=TIMEOUT)
    try:
        connection.request(method, path, body.encode() if body else None, dict(headers))
        return _answer(connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"no answer: {error}")
    finally:
        connection.close()


def _send_from_inside(place: Place, method: str, path: str, body: str, headers: Mapping[str, str]) -> Answer:
    content = f"Content-Length: {len(body.encode())}\r\n" if body else ""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    request = f"{method} {path} HTTP/1.1\r\n{lines}{content}\r\n{body}"
    argv = ["sh", "-c", ASK, str(PUBLIC_PORT), request, f"{TIMEOUT:g}"]
    code, said = run_in_container(place, place.named(PROXY), argv)
    if not said.startswith("HTTP/"):
        return Answer(0, f"no answer: {said.strip() or f'exit code {code}'}")
    return _parsed(said.encode())


def _parsed(content: bytes) -> Answer:
    class Received:
        """The bytes received, in the one method that HTTPResponse wants of a socket."""

        def makefile(self, *_: Any) -> io.BytesIO:
            return io.BytesIO(content)

    response = http.client.HTTPResponse(Received())  # type: ignore[arg-type]
    try:
        response.begin()
        return _answer(response)
    except http.client.HTTPException as error:
        return Answer(0, f"no answer: {error}")


def _answer(response: http.client.HTTPResponse) -> Answer:
    return Answer(response.status, response.read().decode("utf-8", "replace"))
