"""A small registry in this process that can be unwell: slow, out of order every n-th time, or no registry at all."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

HTML: Final = b"<!doctype html><title>Sign in</title><p>Accept our terms to use this network."
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
Ill = Callable[["Answering"], bool]  # answers a request in its own way, or not (False)


class Answering(BaseHTTPRequestHandler):
    """Answers one connection; what is pushed is held by the server (OCI distribution specification 1.1)."""

    protocol_version = "HTTP/1.1"
    server: Unwell

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer so; a length that is given is told instead of the true one."""
        self.send_response(status)
        told = {"Content-Length": str(len(body)), "Content-Type": "application/json"}
        for name, value in (told | {key.replace("_", "-"): value for key, value in headers.items()}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The date that answers bear, by the server's clock."""
        return super().date_time_string(timestamp or time.time() + self.server.ahead)

    def handle_one(self) -> None:
        """Answer one request, unwell or well."""
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.server.turn:
            self.server.asked += 1
        self.number = self.server.asked
        if not self.server.ill(self):
            self.answer_well()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_one

    def answer_well(self) -> None:
        """Answer as a registry does."""
        held, place = self.server.held, urlsplit(self.path)
        if self.command == "POST":
            self.answer(202, Location=f"{place.path}1?state=begun")
        elif self.command == "PUT":
            digest = parse_qs(place.query).get("digest", [""])[0]
            repository = place.path.partition("/manifests/")[0]
            if digest:
                held[f"{place.path.partition('/uploads/')[0]}/{digest}"] = self.body
            elif missing := [name for name in named(self.body) if f"{repository}/blobs/{name}" not in held]:
                self.answer(
                    400,
                    json.dumps({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "detail": missing}]}).encode(),
                )
                return
            else:
                held[place.path] = held[f"{repository}/manifests/{digest_of(self.body)}"] = self.body
            self.answer(201)
        elif place.path.endswith("/tags/list"):
            repository = place.path.removesuffix("/tags/list")
            names = (path.removeprefix(f"{repository}/manifests/") for path in held if "/manifests/" in path)
            self.answer(200, json.dumps({"tags": [name for name in names if ":" not in name]}).encode())
        elif place.path in held:
            self.answer(200, held[place.path], Docker_Content_Digest=digest_of(held[place.path]))
        else:
            self.answer(200 if place.path == "/v2/" else 404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Unwell(ThreadingHTTPServer):
    """The server: what it holds by path, how often it was asked, what it suffers from, how far its clock is ahead."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.held: dict[str, bytes] = {}
        self.asked = 0
        self.ahead = 0.0
        self.turn = threading.Lock()
        self.ill: Ill = well

    @property
    def address(self) -> str:
        """Where it is."""
        return f"127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asks may go away."""


@contextmanager
def served() -> Iterator[Unwell]:
    """A registry, well as yet, for as long as the block runs."""
    with Unwell() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def named(manifest: bytes) -> list[str]:
    """The blobs that a manifest names."""
    told = json.loads(manifest)
    return [blob["digest"] for blob in (told.get("config"), *told.get("layers", ())) if blob]


def well(asked: Answering) -> bool:
    """In good health."""
    return False


def answers(status: int, body: bytes = b"", **headers: str) -> Ill:
    """Always the same answer."""

    def ill(asked: Answering) -> bool:
        asked.answer(status, body, **headers)
        return True

    return ill


def goes_in_circles(asked: Answering) -> bool:
    """Sends whoever asks to where they were."""
    asked.answer(307, Location=asked.path)
    return True


def hangs_up(asked: Answering) -> bool:
    """Ends each connection without a word."""
    asked.close_connection = True
    asked.wfile.close()
    return True


def is_cut_off(asked: Answering) -> bool:
    """Hangs up in the middle of every answer."""
    asked.answer(200, b'{"schemaVersion": 2, "tags": ["a', Content_Length="4096")
    asked.close_connection = True
    return True


def every(nth: int, ill: Ill) -> Ill:
    """Unwell in every n-th answer alone."""
    return lambda asked: asked.number % nth == 0 and ill(asked)


def slow(seconds: float) -> Ill:
    """Takes so long before each answer."""

    def ill(asked: Answering) -> bool:
        time.sleep(seconds)
        return False

    return ill


ILLS: Final[dict[str, Ill]] = {
    "asks for patience": answers(429, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}', Retry_After="60"),
    "fails": answers(500, b"Internal Server Error", Content_Type="text/plain"),
    "is down for repairs": answers(503),
    "refuses": answers(403, b'{"errors":[{"code":"DENIED"}]}'),
    "is a page to sign in": answers(200, HTML, Content_Type="text/html"),
    "says nothing": answers(200),
    "says something else": answers(200, b'["of another shape"]'),
    "speaks JSON of its own": answers(200, b'{"message": "down for maintenance"}'),
    "has no error to tell": answers(200, b'{"errors": []}'),
    "says too much": answers(200, b"[" * 100_000),
    "is no text": answers(200, b"\xff\xfe\0" * 99),
    "goes in circles": goes_in_circles,
    "hangs up": hangs_up,
    "is cut off": is_cut_off,
}
ALL_ILLS = pytest.mark.parametrize("ill", ILLS.values(), ids=ILLS.keys())
