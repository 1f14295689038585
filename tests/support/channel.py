"""A channel of a chat that takes what is posted to its webhook, as Slack does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Channel(ThreadingHTTPServer):
    """What was posted, in the order of its coming."""

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), Posting)
        self.posted: list[Any] = []

    @property
    def webhook(self) -> str:
        """Where to post."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}/services/T/B/x"


class Posting(BaseHTTPRequestHandler):
    server: Channel

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append(json.loads(body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def opened_channel(address: str) -> Iterator[Channel]:
    """A channel at an address of this machine."""
    with Channel(address) as channel:
        threading.Thread(target=channel.serve_forever, daemon=True).start()
        yield channel
        channel.shutdown()
