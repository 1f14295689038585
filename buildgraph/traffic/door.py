"""The ways in to an environment: the proxy's public port, and straight to one container; it knows no test."""

from __future__ import annotations

import http.client
import io
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from buildgraph.manifests.model import Service
from buildgraph.place.containers import ask_in_container
from buildgraph.place.model import Place
from buildgraph.place.names import PROXY
from buildgraph.place.ports import LOOPBACK
from buildgraph.traffic.proxy import PUBLIC_PORT

TIMEOUT: Final = 10.0  # seconds for one request
# What has no network path from here is asked from inside the proxy's container.
ASK: Final = """\
if command -v bash >/dev/null; then
  exec timeout "$2" \\
    bash -c 'exec 3<>"/dev/tcp/$2/$0" && printf "%s" "$1" >&3 && exec cat <&3' "$0" "$1" "$3"
fi
printf '%s' "$1" | exec timeout "$2" nc "$3" "$0"
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: the headers stand with it, the length of the body does not."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status (0 when nothing did) and the body, or why nothing did."""

    status: int
    body: str


def send_request(place: Place, service: Service, method: str, path: str, body: str) -> Answer:
    """Send one request through a service's public route, as its users do; any outcome is an Answer.

    A service without public host is asked at the proxy's internal listener, as other services do.
    """
    host = place.environment.host_of(service)
    headers = usual_headers(_host_of(place, service), body)
    request = Request(method, path, headers, body.encode())
    if host and place.engine.is_here:
        return send_near(request, place.environment.proxy_port)
    return _send_from_inside(place, request, (LOOPBACK, PUBLIC_PORT if host else service.port))


def send_straight(place: Place, service: Service, container: str, request: Request) -> Answer:
    """Send one request to a container by its private name, as the proxy would; any outcome is an Answer.

    It goes out from the proxy's container, so it takes the way that requests will take. The headers of
    the request are filled in.
    """
    host = _host_of(place, service)
    headers = {**usual_headers(host, request.body.decode()), **forwarded_headers(host, "http")}
    return _send_from_inside(
        place, replace(request, headers=headers), (container, service.listens or service.port)
    )


def _host_of(place: Place, service: Service) -> str:
    return place.environment.host_of(service) or f"{PROXY}:{service.port}"


def usual_headers(host: str, body: str) -> dict[str, str]:
    """The headers of every request."""
    return {
        "Host": host,
        "User-Agent": "buildgraph",
        "Accept": "*/*",
        "Connection": "close",
        **({"Content-Type": "application/json"} if body else {}),
    }


def forwarded_headers(host: str, protocol: str) -> dict[str, str]:
    """What a proxy adds for services that ask whom they answer, and how they are reached: some answer nobody else."""
    return {"X-Forwarded-For": LOOPBACK, "X-Forwarded-Proto": protocol, "X-Forwarded-Host": host}


def send_near(request: Request, port: int) -> Answer:
    """Send one request to a port of this machine; any outcome is an Answer."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT)
    try:
        connection.request(request.method, request.path, request.body or None, dict(request.headers))
        return _answer(connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, f"no answer: {error}")
    finally:
        connection.close()


def _send_from_inside(place: Place, request: Request, address: tuple[str, int]) -> Answer:
    host, port = address
    argv = ["sh", "-c", ASK, str(port), render_request(request), f"{TIMEOUT:g}", host]
    code, said = ask_in_container(place, place.named(PROXY), argv)
    if not said.startswith("HTTP/"):
        return Answer(0, f"no answer: {said.strip() or f'exit code {code}'}")
    return _parsed(said.encode())


def render_request(request: Request) -> str:
    """A request as HTTP/1.1 writes it (RFC 9112)."""
    length = {"Content-Length": str(len(request.body))} if request.body else {}
    headers = "".join(f"{name}: {value}\r\n" for name, value in {**request.headers, **length}.items())
    return f"{request.method} {request.path} HTTP/1.1\r\n{headers}\r\n{request.body.decode()}"


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
