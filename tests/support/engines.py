"""A Docker engine of a test's own: its disk, its sockets, its network. It can die or be full, and nobody notices.

Its network is a namespace of its own, so neither its addresses, nor its ports, nor its packet filter can meet those
of the machine's engine. What listens in there is reached through relays that stand out here.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support.hosts import run
from tests.support.relay import Relay, start

NETWORK = 0x40000000  # CLONE_NEWNET, setns(2)
WITHIN = 120.0
MEGABYTE = 2**20
# In a network namespace not even the loopback interface is up.
START = 'ip link set lo up && exec "$@"'


class OwnEngine:
    """An engine whose data is on a disk of `megabytes`, in memory; it runs between `start` and `stop`.

    `keeps_several` has containerd keep its images, with all their platforms, instead of the classic store.
    """

    def __init__(self, folder: Path, megabytes: int, *, keeps_several: bool = False) -> None:
        self.folder, self.name = folder, f"test-{uuid.uuid4().hex[:8]}"
        self.features = {"containerd-snapshotter": keeps_several}
        self.data = folder / "data"
        self.socket = folder / "sock"
        self.address = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None
        self.data.mkdir(parents=True)
        run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(self.data))

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = self.folder / "daemon.json"
        settings.write_text(json.dumps({"features": self.features}))
        options = {
            "config-file": settings,
            "data-root": self.data,
            "exec-root": self.folder / "exec",
            "pidfile": self.folder / "pid",
            "host": self.address,
            "containerd-namespace": self.name,
            "containerd-plugins-namespace": f"{self.name}-plugins",
        }
        argv = ["dockerd", *(f"--{name}={value}" for name, value in options.items())]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(("unshare", "--net", "sh", "-c", START, "sh", *argv), stderr=log)
        self.wait()

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End it: asked to, it stops its containers; killed, it leaves them as they are."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(WITHIN)
        (self.folder / "pid").unlink(missing_ok=True)

    def remove(self) -> None:
        """End it with all that it holds."""
        if self.process is not None and self.process.poll() is None:
            self.end()
        run("umount", "-l", str(self.data))

    def answers(self) -> bool:
        """Whether it can be asked."""
        return not subprocess.run(("docker", "-H", self.address, "info"), capture_output=True).returncode

    def wait(self) -> None:
        """Wait until it answers."""
        deadline = time.monotonic() + WITHIN
        while not self.answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.1)

    def docker(self, *arguments: str) -> str:
        """Run the docker command on it and return what it prints."""
        return run("docker", "-H", self.address, *arguments)

    def bring(self, *images: str) -> None:
        """Bring images of the machine's engine to it."""
        with subprocess.Popen(("docker", "save", *images), stdout=subprocess.PIPE) as saved:
            subprocess.run(
                ("docker", "-H", self.address, "load", "-q"),
                stdin=saved.stdout,
                check=True,
                capture_output=True,
            )
        assert saved.returncode == 0

    def listen(self, port: int) -> socket.socket:
        """A socket out here that listens on a port of loopback in there; the thread that opens it stays in there."""
        opened: list[socket.socket] = []
        start(lambda: opened.append(self._opened(port))).join()
        return opened[0]

    def _opened(self, port: int) -> socket.socket:
        self._enter()
        return socket.create_server(("127.0.0.1", port))

    @contextmanager
    def let_in(self, port: int) -> Iterator[None]:
        """What comes to a port of loopback out here goes to the same port in there."""
        listener = socket.create_server(("127.0.0.1", port))
        with Relay(listener, lambda: self.dial(port)):
            yield

    def dial(self, port: int) -> socket.socket:
        """A connection to a port of its own loopback; the thread that asks stays in there."""
        self._enter()
        return socket.create_connection(("127.0.0.1", port), 5)

    def _enter(self) -> None:
        """Have this thread's sockets be of the engine's network from now on."""
        assert self.process is not None
        with Path(f"/proc/{self.process.pid}/ns/net").open("rb") as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), NETWORK):
                raise OSError(ctypes.get_errno(), "the engine's network cannot be entered")

    @contextmanager
    def filled(self, leaving: int) -> Iterator[None]:
        """Its disk has no more than so many bytes left, until the block ends."""
        full = self.data / "full"
        with full.open("wb") as file:
            size = 0
            with suppress(OSError):  # others write to it meanwhile
                while (spare := self.room() - leaving) > 0:
                    os.posix_fallocate(file.fileno(), size, min(spare, MEGABYTE))
                    size += min(spare, MEGABYTE)
        try:
            yield
        finally:
            full.unlink()

    def room(self) -> int:
        """The bytes that are left on its disk."""
        told = os.statvfs(self.data)
        return told.f_bavail * told.f_frsize
