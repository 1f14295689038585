"""Every step of a deployment, as its engine hears it; and the end of a deployer just before or after one of them.

A deployer reaches its engine through the witness alone. So no step can be missed, whatever part of the program
takes it and by whatever library: one that is added tomorrow is seen tomorrow.
"""

from __future__ import annotations

import io
import re
import shlex
import socket
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

from buildgraph.image.socket import ask
from buildgraph.place.shell import SHELL
from tests.support.relay import PIECE, Relay, pump

BEFORE, AFTER = "before", "after"
ASKING = ("GET", "HEAD", "OPTIONS")
# A command that is made ready and never started changes nothing; nor does waiting for a container's end.
IDLE = re.compile(r"POST /containers/[^/]+/(exec|wait)\b")
STARTED = re.compile(rb"POST (?:/v[\d.]+)?/exec/(\w+)/start ")
# What a shell is told: a command, and then to tell its exit code behind random signs.
SPOKEN = re.compile(rb"(.+?) </dev/null 2>&1; printf '%s %d\\n' [0-9a-f]{32} \$\?\n", re.DOTALL)
# What a command finds in its environment stands before it: passwords.
ASSIGNED = re.compile(r"\w+=")
# What HAProxy is only asked is asked again until an answer pleases: how often, nobody can foretell.
SHOWS = re.compile(r"(@!\d+ )?(show \w+[^;]*|quit)(; (show \w+[^;]*|quit))*")
# What differs from run to run: digests and random names, addresses, process ids, numbers of releases; and who it was.
CHANCE = re.compile(r"(?<=\"who\": \")[^\"]+|\b[0-9a-f]{16,64}\b|\b\d+\.\d+\.\d+\.\d+\b|\b\d{4,}\b")
IDENTIFIER = re.compile(r"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Point:
    """A moment in a deployment: `when` (before or after) the step of this number, counted from 1."""

    number: int
    when: str

    def __str__(self) -> str:
        return f"{self.when} step {self.number}"


class Witness(Relay):
    """Stands between a deployer and its engine and writes down each step; at `fatal` it ends the deployer.

    "After" means that the engine has begun to answer: the deployer never hears of it.
    """

    def __init__(self, folder: Path, dial: Callable[[], socket.socket], prefix: str) -> None:
        path = folder / "engine.sock"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        super().__init__(listener, dial)
        self.address = f"unix://{path}"
        self.prefix = prefix
        self.steps: list[str] = []
        self.fatal: Point | None = None
        self.deployer: subprocess.Popen[str] | None = None
        self.doomed: set[socket.socket] = set()

    def send_on(self, near: socket.socket, far: socket.socket) -> None:
        with near.makefile("rb", buffering=0) as said:
            for head, body in read_requests(said):
                if not self.passes(self.step_of(head, body), near):
                    return self.kill()
                far.sendall(head + body)
                if b"\r\nupgrade:" in head.lower():
                    spoken = STARTED.match(head)
                    return self.listen(near, far, spoken[1].decode()) if spoken else pump(near, far)
        return None

    def listen(self, near: socket.socket, far: socket.socket, exec_id: str) -> None:
        """Hand on what a shell is told that stays open in a container; each command is a step like one by itself."""
        _, told = ask(self.dial(), "exec", exec_id, "json")
        said = b""
        while piece := near.recv(PIECE):
            said += piece
            while command := SPOKEN.match(said):
                said = said[command.end() :]
                if not self.passes(self.words(told["ContainerID"], shlex.split(command[1].decode())), near):
                    return self.kill()
                far.sendall(command[0])
        return None

    def passes(self, step: str, near: socket.socket) -> bool:
        """Note a step; whether it may be taken. The deployer ends at its answer where that is the fatal moment."""
        self.note(step)
        if step and self.fatal == Point(len(self.steps), AFTER):
            self.doomed.add(near)
        return not (step and self.fatal == Point(len(self.steps), BEFORE))

    def answer(self, far: socket.socket, near: socket.socket) -> None:
        while piece := far.recv(PIECE):
            if near in self.doomed:
                return self.kill()
            near.sendall(piece)
        return None

    def note(self, step: str) -> None:
        """Write a step down, unless it is the last one tried again."""
        if step and self.steps[-1:] != [step]:
            self.steps.append(step)

    def kill(self) -> None:
        """End the deployer without warning."""
        assert self.deployer is not None
        self.deployer.kill()
        self.deployer.wait()

    def step_of(self, head: bytes, body: bytes) -> str:
        """What a request does, in words that are the same in each run; "" when it changes nothing."""
        method, target, _ = head.split(b" ", 2)
        path = re.sub(r"^/v[\d.]+", "", target.decode())
        if method.decode() in ASKING or IDLE.match(f"{method.decode()} {path}"):
            return ""
        if command := re.match(r"/exec/(\w+)/start", path):
            return self.command(command[1])
        named = IDENTIFIER.sub(lambda found: self.name_of(found[0]), path)
        return self.plain(
            f"{method.decode()} {named} {' '.join(names_in(body)) if '/archive?' in path else ''}"
        )

    def command(self, exec_id: str) -> str:
        """What a command in a container does; "" when it asks HAProxy only."""
        _, told = ask(self.dial(), "exec", exec_id, "json")
        process = told["ProcessConfig"]
        return self.words(told["ContainerID"], [process["entrypoint"], *process["arguments"]])

    def words(self, container: str, words: list[str]) -> str:
        """The same of its words; a shell by itself does nothing yet."""
        if words == [SHELL] or SHOWS.fullmatch(words[-1]):
            return ""
        words = list(dropwhile(ASSIGNED.match, words))
        shown = (words[3:] or words[2:]) if words[:2] == ["sh", "-c"] else words
        return self.plain(f"RUN in {self.name_of(container)}: {' '.join(shown)}")

    def name_of(self, container: str) -> str:
        """The name of a container; whatever else has such an id is only that."""
        status, told = ask(self.dial(), "containers", container, "json")
        return str(told["Name"]).lstrip("/") if status == 200 else "ID"

    def plain(self, text: str) -> str:
        """A step without what differs from run to run, on one line."""
        known = text.replace(f"{self.prefix}-", "").replace(self.prefix, "NETWORK")
        return CHANCE.sub("…", " ".join(known.split()))


def read_requests(said: io.RawIOBase) -> Iterator[tuple[bytes, bytes]]:
    """The head and the body of each request that comes over a connection (RFC 9112)."""
    while first := said.readline():
        lines = [first]
        while lines[-1] not in (b"\r\n", b""):
            lines.append(said.readline())
        head = b"".join(lines)
        yield head, read_body(said, head)


def read_body(said: io.RawIOBase, head: bytes) -> bytes:
    """The body of a request as it was sent."""
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        return b"".join(read_chunks(said))
    length = re.search(rb"\r\ncontent-length: *(\d+)", head.lower())
    return read_exactly(said, int(length[1])) if length else b""


def read_chunks(said: io.RawIOBase) -> Iterator[bytes]:
    """The chunks of a body, each with its size, to the last one."""
    while True:
        size = said.readline()
        yield size
        yield read_exactly(said, int(size, 16) + 2)
        if int(size, 16) == 0:
            return


def read_exactly(said: io.RawIOBase, length: int) -> bytes:
    """So many bytes; fewer when the connection ends."""
    pieces: list[bytes] = []
    while length and (piece := said.read(length)):
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def names_in(archive: bytes) -> list[str]:
    """The files and links of a tar archive."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return [member.name for member in opened if not member.isdir()]
