"""Processes that run beside this one for as long as it wants, such as a connection; whatever ends it ends them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from contextlib import suppress

from buildgraph.process import LAST_LINES, Command, close_quietly, signal_group, start_child

PATIENCE = 1.0  # seconds that one has to end by itself: it has nothing to finish


class Companion:
    """A process that runs beside this one, such as a connection, and ends with it, however this one ends.

    Its standard input is a pipe that only we hold open: whatever ends us closes it.
    """

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdin is not None and child.stdout is not None
        self._child = child
        self._stdin, self._stdout, self._stderr = child.stdin, child.stdout, child.stderr
        self._unread = b""
        self._said: deque[str] = deque(maxlen=LAST_LINES)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def write_line(self, line: str) -> None:
        """Tell it a line; one that has ended hears nothing."""
        with suppress(BrokenPipeError):
            self._stdin.write(f"{line}\n".encode())
            self._stdin.flush()

    def read_line(self, within: float | None = None) -> str | None:
        """The next line of its standard output, None at the end; TimeoutError after `within` seconds."""
        deadline = None if within is None else time.monotonic() + within
        while b"\n" not in self._unread:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._stdout], [], [], left)
            if not ready:
                raise TimeoutError
            more = os.read(self._stdout.fileno(), 1 << 12)
            if not more:
                return None
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    def has_ended(self, within: float = 0.0) -> bool:
        """Whether it has ended, or does so within some seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(within)
            return True
        return False

    def wait(self) -> int:
        """Wait until it has ended; its exit code."""
        return self._child.wait()

    @property
    def last_words(self) -> str:
        """The end of what it has said on standard error."""
        if self.has_ended():
            self._listener.join(1)
        return "\n".join(self._said)

    def release(self) -> None:
        """Tell it that nobody has anything to say to it any more."""
        close_quietly(self._stdin)

    def stop(self) -> None:
        """End it, with its own children; nothing happens when it has ended."""
        self.release()
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.has_ended():
                signal_group(self._child, number)
                self.has_ended(PATIENCE)
        self._listener.join(1)
        close_quietly(self._stdout)
        if self._stderr is not None:
            close_quietly(self._stderr)

    def _listen(self) -> None:
        if self._stderr is None:  # what it says is shown, not kept
            return
        with suppress(ValueError):  # closed by `stop`
            for line in self._stderr:
                self._said.append(line.decode("utf-8", "replace").rstrip())


def start_companion(command: Command, *, shows: bool = False) -> Companion:
    """Start a command that runs beside this process; ToolError when it cannot start.

    What it tells on standard error is kept, or `shows` where we tell ours.
    """
    return Companion(start_child(command._replace(tied=True), shows=shows))
