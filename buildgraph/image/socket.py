"""Short questions to an engine, and what a command in a container prints: over a socket, without the engine's library.

Its library takes longer to load than these answers, and it loses what a command prints in the same moment in which
the engine begins to answer: the nearer to a slow network, the more often.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import IO, Any, NamedTuple
from urllib.parse import quote

from buildgraph.errors import ToolError

TIMEOUT = 120  # seconds for one answer
SILENCE = 30  # seconds that a shell may say nothing: it is told what answers soon, and not that its container has ended
ENOUGH = 1 << 16
SHORTEST = 0.001  # seconds: a socket takes 0 for something else
REFUSED = 400
FRAME = 8  # bytes before each piece of output: which stream, and how long (Docker Engine API, "attach")

Question = tuple[str, ...]  # the parts of a path


class Piece(NamedTuple):
    """A piece of what a command printed, and whether it is from its standard error."""

    content: bytes
    is_error: bool


class HungUp(OSError):
    """The engine has ended the connection before its answer was complete."""


class Unended(Exception):
    """A command that was given a time has not ended in it; it goes on."""


class EngineRefused(ToolError):
    """The engine has answered and will not; `status` is the HTTP status."""

    def __init__(self, status: int, said: str) -> None:
        self.status = status
        super().__init__(f"the Docker engine refused: {said or status}")


def ask(line: socket.socket, *question: str) -> tuple[int, Any]:
    """The status and the JSON that the engine at a socket answers to GET; OSError when it does not answer.

    A question is the parts of its path. It is asked by HTTP 1.0: the engine then sends all in one piece and
    hangs up.
    """
    [answer] = ask_all(lambda: line, [question])
    return answer


def ask_all(dial: Callable[[], socket.socket], questions: Iterable[Question]) -> list[tuple[int, Any]]:
    """The same of several questions, each over a socket of its own: all are asked before any answer is read."""
    with ExitStack() as open_lines:
        lines = [_asked(open_lines.enter_context(dial()), question) for question in questions]
        return [_parsed(b"".join(iter(partial(line.recv, ENOUGH), b""))) for line in lines]


def _asked(line: socket.socket, question: Question) -> socket.socket:
    target = "/" + "/".join(quote(part, safe="?=") for part in question)
    line.settimeout(TIMEOUT)
    line.sendall(f"GET {target} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
    return line


def listen_to(line: socket.socket, command: str, within: float | None = None) -> Iterator[Piece]:
    """Start a command that the engine holds ready (`exec`), and give what it prints, until it has ended.

    OSError when the engine hangs up within a piece, EngineRefused when it does not start the command, Unended when
    that has not ended `within` seconds.
    """
    with line:
        line.settimeout(TIMEOUT)
        line.sendall(_start(command, "1.0"))
        with line.makefile("rb") as answer:
            _expect_success(answer)
            # it may be silent for long; whether the way still stands is the line's to tell
            line.settimeout(within)
            yield from _pieces(answer) if within is None else _timed(line, answer, within)


class Talk:
    """A command in a container that is spoken with: it reads what is said, and what it prints is heard."""

    def __init__(self, line: socket.socket, answer: IO[bytes]) -> None:
        self._line = line
        self._answer = answer

    def say(self, words: bytes) -> None:
        """Have the command read these; OSError when it cannot any more."""
        self._line.sendall(words)

    def hear(self) -> bytes:
        """What it prints next; OSError when it has ended, or says nothing for long."""
        for piece in _pieces(self._answer):
            return piece.content
        raise HungUp("the command has ended")

    def close(self) -> None:
        """Hang up: the command has nothing more to read."""
        self._answer.close()
        self._line.close()


def talk_to(line: socket.socket, command: str) -> Talk:
    """Start a command that the engine holds ready with an open input (`exec`), to be spoken with.

    OSError when the engine hangs up, EngineRefused when it does not start the command.
    """
    line.settimeout(TIMEOUT)
    line.sendall(_start(command, "1.1", "Connection: Upgrade\r\nUpgrade: tcp\r\n"))
    answer = line.makefile("rb")
    try:
        _expect_success(answer)
    except BaseException:
        answer.close()
        line.close()
        raise
    line.settimeout(SILENCE)
    return Talk(line, answer)


def _start(command: str, version: str, headers: str = "") -> bytes:
    """The request that starts a command; its answer is what the command prints, in pieces."""
    body = json.dumps({"Detach": False, "Tty": False})
    head = f"Host: docker\r\n{headers}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"POST /exec/{quote(command)}/start HTTP/{version}\r\n{head}\r\n{body}".encode()


def _expect_success(answer: IO[bytes]) -> None:
    words = answer.readline().split(b" ", 2)
    if len(words) < 2 or not words[1].isdigit():
        raise HungUp("the engine hung up without an answer")
    while answer.readline().strip():
        pass
    status = int(words[1])
    if status >= REFUSED:
        raise EngineRefused(status, _message(answer.read()))


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return body.decode("utf-8", "replace").strip()


def _timed(line: socket.socket, answer: IO[bytes], within: float) -> Iterator[Piece]:
    """The pieces that come until the time is over, however many there are."""
    deadline = time.monotonic() + within
    try:
        for piece in _pieces(answer):
            yield piece
            line.settimeout(max(SHORTEST, deadline - time.monotonic()))
            if time.monotonic() > deadline:
                raise Unended
    except TimeoutError as error:
        raise Unended from error


def _pieces(answer: IO[bytes]) -> Iterator[Piece]:
    while head := answer.read(FRAME):
        length = int.from_bytes(head[4:], "big")
        content = answer.read(length)
        if len(head) < FRAME or len(content) < length:
            raise HungUp("the engine hung up in the middle of what a command printed")
        yield Piece(content, head[0] == 2)


def _parsed(told: bytes) -> tuple[int, Any]:
    head, blank, body = told.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if not blank or len(words) < 2:
        raise HungUp("the engine hung up before its answer was complete")
    try:
        return int(words[1]), json.loads(body or b"null")
    except (ValueError, RecursionError) as error:
        raise HungUp("the engine's answer cannot be read") from error
