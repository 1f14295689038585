"""The one place that starts processes: commands are values, a Runner runs them and nothing else does."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from buildgraph.early import is_asked, taken
from buildgraph.errors import INTERRUPTED, ToolError

OnLine = Callable[[str], None]

LAST_LINES = 40
PATIENCE = 10  # seconds that an interrupted child has to end by itself
PATIENCE_OF_COMPANIONS = 1.0  # they have nothing to finish


class Command(NamedTuple):
    """A process to start: exact argv, what it reads on standard input, and what its environment has more or lacks."""

    argv: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str] = {}
    stdin: bytes = b""
    without: tuple[str, ...] = ()

    def __str__(self) -> str:
        import shlex

        return shlex.join(self.argv)


class Result(NamedTuple):
    """What a finished process left behind: exit code and both streams as bytes."""

    code: int
    stdout: bytes = b""
    stderr: bytes = b""

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are no UTF-8 survive as surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def last_lines(self) -> str:
        """The end of what it said, standard error first, for an error message."""
        said = self.stderr if self.stderr.strip() else self.stdout
        return "\n".join(said.decode("utf-8", "replace").splitlines()[-LAST_LINES:])


class Started(NamedTuple):
    """A command on its way; its end is waited for once."""

    result: Callable[[], Result]


class Runner(Protocol):
    """Starts commands; the real one is SystemRunner, tests bring their own."""

    def start(self, command: Command) -> Started:
        """Start a command and go on; ToolError when it cannot start."""
        ...

    def stop(self) -> None:
        """End what is running."""
        ...

    def run(self, command: Command, *, on_line: OnLine | None = None) -> Result:
        """Run to the end and return the result whatever the exit code; ToolError when it cannot start."""
        ...


class Companion:
    """A process that runs beside this one, such as a connection, and ends with it, however this one ends.

    Its standard input is a pipe that only we hold open: whatever ends us closes it.
    """

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        self._child = child
        self._stdin, self._stdout, self._stderr = child.stdin, child.stdout, child.stderr
        self._unread = b""
        self._said: deque[str] = deque(maxlen=LAST_LINES)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def read_line(self, within: float) -> str | None:
        """The next line of its standard output, None at the end; TimeoutError after `within` seconds."""
        deadline = time.monotonic() + within
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))
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

    @property
    def last_words(self) -> str:
        """The end of what it has said on standard error."""
        if self.has_ended():
            self._listener.join(1)
        return "\n".join(self._said)

    def stop(self) -> None:
        """End it, with its own children; nothing happens when it has ended."""
        _close_quietly(self._stdin)
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.has_ended():
                _signal_group(self._child, number)
                self.has_ended(PATIENCE_OF_COMPANIONS)
        self._listener.join(1)
        _close_quietly(self._stdout)
        _close_quietly(self._stderr)

    def _listen(self) -> None:
        with suppress(ValueError):  # closed by `stop`
            for line in self._stderr:
                self._said.append(line.decode("utf-8", "replace").rstrip())


def start_companion(command: Command) -> Companion:
    """Start a command that runs beside this process; ToolError when it cannot start."""
    return Companion(_begin(command._replace(stdin=b"held open")))


class SystemRunner:
    """Runs commands as child processes; an interrupt ends every child before it travels on.

    Children stand in process groups of their own, so that Ctrl-C on a terminal reaches this process alone
    and each child is told exactly once: buildx takes a second signal as "drop everything", and then the
    step that it runs goes on inside the engine.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._turn = threading.Lock()
        self._stopped = False

    def run(self, command: Command, *, on_line: OnLine | None = None) -> Result:
        """Run `command`; `on_line` is called with every line of standard error as it appears."""
        answer = taken(str(command.cwd), command.argv)
        if answer is not None:
            return Result(0, answer)
        return self._finish(self._begin(command), command.stdin, on_line)

    def start(self, command: Command) -> Started:
        """Start `command`: it runs while we go on, until it has filled the pipe that its answer waits in."""
        if is_asked(str(command.cwd), command.argv):
            return Started(partial(self.run, command))
        return Started(partial(self._finish, self._begin(command), command.stdin, None))

    def _begin(self, command: Command) -> subprocess.Popen[bytes]:
        child = _begin(command)
        with self._turn:
            self._running.add(child)
        return child

    def _finish(self, child: subprocess.Popen[bytes], stdin: bytes, on_line: OnLine | None) -> Result:
        try:
            with child:
                return self._attend(child, stdin, on_line)
        finally:
            with self._turn:
                self._running.discard(child)

    def _attend(self, child: subprocess.Popen[bytes], stdin: bytes, on_line: OnLine | None) -> Result:
        """Wait for a child; an interrupt ends it while its streams are open, as it has something to say yet."""
        try:
            if self._stopped:
                _end(child)
            result = _collect(child, stdin, on_line)
            # one that was told to end has not done its work, whatever it says of itself
            return result._replace(code=INTERRUPTED) if self._stopped and result.code == 0 else result
        except BaseException:
            _end(child)
            raise

    def stop(self) -> None:
        """End every child, whichever thread waits for it; what is started afterwards ends at once."""
        self._stopped = True
        with self._turn:
            running = tuple(self._running)
        for child in running:
            _end(child)


def _begin(command: Command) -> subprocess.Popen[bytes]:
    try:
        return _start(command)
    except FileNotFoundError as error:
        raise ToolError(f"{command.argv[0]} is not installed", "run `buildgraph doctor`") from error


def _start(command: Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.argv,
        cwd=command.cwd,
        env={name: os.environ[name] for name in os.environ if name not in command.without} | {**command.env},
        stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )


def _collect(child: subprocess.Popen[bytes], stdin: bytes, on_line: OnLine | None) -> Result:
    if on_line is None:
        stdout, stderr = child.communicate(stdin or None)
        return Result(child.returncode, stdout, stderr)
    assert child.stdout is not None and child.stderr is not None
    stdout_parts: deque[bytes] = deque()
    helpers = [threading.Thread(target=_read_all, args=(child.stdout, stdout_parts), daemon=True)]
    if stdin:
        assert child.stdin is not None
        helpers.append(threading.Thread(target=_feed, args=(child.stdin, stdin), daemon=True))
    for helper in helpers:
        helper.start()
    lines = list(_tell(child.stderr, on_line))
    child.wait()
    for helper in helpers:
        helper.join()
    return Result(child.returncode, b"".join(stdout_parts), b"".join(lines))


def _tell(stream: IO[bytes], on_line: OnLine) -> Iterable[bytes]:
    for line in stream:
        on_line(line.decode("utf-8", "replace").rstrip("\n"))
        yield line


def _read_all(stream: IO[bytes], parts: deque[bytes]) -> None:
    parts.append(stream.read())


def _feed(stream: IO[bytes], content: bytes) -> None:
    try:
        stream.write(content)
    except BrokenPipeError:
        return  # the child ended early; its exit code tells the story
    finally:
        _close_quietly(stream)


def _close_quietly(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        return


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the child to stop as Ctrl-C would, and insist after ten seconds: nothing may be left running."""
    if child.poll() is not None:
        return
    _signal_group(child, signal.SIGINT)
    try:
        child.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        _signal_group(child, signal.SIGKILL)


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a child with its own children, as a terminal does: `docker` starts its plugins as processes."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
