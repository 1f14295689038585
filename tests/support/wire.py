"""The wire between an engine and a registry: what is asked over it, and how many bytes are answered."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.relay import PIECE, Relay

REQUEST = re.compile(rb"^(?:GET|HEAD|PUT|POST|PATCH|DELETE) /v2/\S*(?= HTTP/1)", re.MULTILINE)


class Wire(Relay):
    """A relay to a registry that counts."""

    def __init__(self, listener: socket.socket, port: int) -> None:
        super().__init__(listener, lambda: socket.create_connection(("127.0.0.1", port)))
        self.requests: list[str] = []
        self.answered = 0
        self._hear: Callable[[str], object] = str

    def send_on(self, near: socket.socket, far: socket.socket) -> None:
        """Hand on what is asked, and keep it."""
        while piece := near.recv(PIECE):
            for found in REQUEST.findall(piece):
                self.requests.append(found.decode())
                self._hear(found.decode())
            far.sendall(piece)

    def answer(self, far: socket.socket, near: socket.socket) -> None:
        """Hand back what is answered, and count it."""
        while piece := far.recv(PIECE):
            self.answered += len(piece)
            near.sendall(piece)

    def asked(self, pattern: str) -> list[str]:
        """The requests in which a pattern is found."""
        return [request for request in self.requests if re.search(pattern, request)]

    def forget(self) -> None:
        """Count from here."""
        self.requests.clear()
        self.answered = 0

    @contextmanager
    def heard_by(self, hear: Callable[[str], object]) -> Iterator[None]:
        """`hear` is told every request before it goes on, until the block ends."""
        self._hear = hear
        try:
            yield
        finally:
            self._hear = str


class Meeting:
    """A point that so many requests wait at for one another, the first time."""

    def __init__(self, pattern: str, parties: int) -> None:
        self.pattern = re.compile(pattern)
        self.barrier = threading.Barrier(parties, action=self._end)
        self.is_over = False

    def __call__(self, request: str) -> None:
        if not self.is_over and self.pattern.search(request):
            self.barrier.wait(200)

    def _end(self) -> None:
        self.is_over = True
