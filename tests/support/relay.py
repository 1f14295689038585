"""A socket in front of another one: whatever is said to it goes on to there, and the answers come back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Self

PIECE = 1 << 16


class Relay:
    """Carries every connection that `listener` takes to a new one that `dial` makes, until the block ends."""

    def __init__(self, listener: socket.socket, dial: Callable[[], socket.socket]) -> None:
        self.listener, self.dial = listener, dial
        self.opened: set[socket.socket] = set()

    def __enter__(self) -> Self:
        self.listener.listen(128)
        start(self.serve)
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self.listener, *self.opened):
            hang_up(each)
        self.listener.close()

    def serve(self) -> None:
        """Take connections; each is carried by threads of its own."""
        with suppress(OSError):  # the listener is closed at the end
            while True:
                near, _ = self.listener.accept()
                start(self.carry, near)

    def carry(self, near: socket.socket) -> None:
        """Carry one connection until either side ends it; where there is no way on, it ends at once."""
        with near, suppress(OSError), self.dial() as far:
            self.opened |= {near, far}
            far.settimeout(None)  # who made it may have been in a hurry; silence is none of our business
            back = start(self.bring_back, far, near)
            with suppress(OSError):
                self.send_on(near, far)
            hang_up(far)
            back.join()
            self.opened -= {near, far}

    def send_on(self, near: socket.socket, far: socket.socket) -> None:
        """Hand on what is said, until its end."""
        pump(near, far)

    def bring_back(self, far: socket.socket, near: socket.socket) -> None:
        """Hand back what is answered; when that ends, all ends."""
        with suppress(OSError):
            self.answer(far, near)
        hang_up(near)

    def answer(self, far: socket.socket, near: socket.socket) -> None:
        """Hand back what is answered, until its end."""
        pump(far, near)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Hand on all that comes, as it comes."""
    while piece := source.recv(PIECE):
        target.sendall(piece)


def hang_up(line: socket.socket) -> None:
    """End a connection for both sides."""
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def start(work: Callable[..., object], *arguments: object) -> threading.Thread:
    """Have something done in a thread that holds nobody up."""
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread
