"""One HTTP request to a Coolify server and what came back; it knows no address of its API, and tries once."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

TIMEOUT: Final = 30.0  # seconds for one request


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: the status (0 when nothing came: `text` says why) and the headers that matter.

    `is_unsent` tells that the server cannot have got the request: nobody listened.
    """

    status: int
    text: str
    date: str = ""
    retry_after: str = ""
    is_unsent: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """The way to one server; printing it shows no token.

    `url` is the server's own, `ca` a file of CA certificates that is trusted besides the machine's own.
    """

    url: str
    token: str = field(repr=False)
    ca: Path | None = None

    def send(self, method: str, path: str, body: bytes | None = None, *, within: float = TIMEOUT) -> Reply:
        """Send one request with the token, and wait so many seconds; any outcome is a Reply."""
        request = urllib.request.Request(f"{self.url}{path}", body, self._headers(body), method=method)
        try:
            with _opener(self.ca).open(request, timeout=within) as answer:
                return _reply(answer.status, answer)
        except urllib.error.HTTPError as error:
            return _refused(error)
        except urllib.error.URLError as error:
            return Reply(0, str(error.reason), is_unsent=isinstance(error.reason, ConnectionRefusedError))
        except (OSError, http.client.HTTPException) as error:
            return Reply(0, str(error) or type(error).__name__)

    def _headers(self, body: bytes | None) -> dict[str, str]:
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json",
            "User-Agent": "buildgraph",
        }
        return sent if body is None else {**sent, "Content-Type": "application/json"}


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the token goes nowhere but where it was meant to."""

    def redirect_request(self, *_: Any) -> None:
        return None


@cache
def _opener(ca: Path | None) -> urllib.request.OpenerDirector:
    """What opens connections; a deploy sends hundreds of requests, and making one takes as long as some of them."""
    return urllib.request.build_opener(_StayHere(), urllib.request.HTTPSHandler(context=trusting(ca)))


@cache
def trusting(ca: Path | None) -> ssl.SSLContext:
    """What decides whom TLS trusts: the machine's CAs, and those of a file besides; reading them takes a while."""
    context = ssl.create_default_context()
    if ca:
        context.load_verify_locations(ca)
    return context


def _refused(error: urllib.error.HTTPError) -> Reply:
    """What a server refuses, also when its words break off."""
    with error:
        try:
            return _reply(error.code, error)
        except (OSError, http.client.HTTPException) as broken:
            return _told(error.code, error, f"its answer broke off: {broken}")


def _reply(status: int, answer: Any) -> Reply:
    return _told(status, answer, answer.read().decode("utf-8", "replace"))


def _told(status: int, answer: Any, text: str) -> Reply:
    headers: Mapping[str, str] = answer.headers
    return Reply(status, text, headers.get("Date", ""), headers.get("Retry-After", ""))
