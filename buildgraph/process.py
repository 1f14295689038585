"""The one place that starts processes once the program is loaded: commands are values, a Runner runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from buildgraph.early import is_asked, taken
from buildgraph.errors import INTERRUPTED, ToolError, without_colours

OnLine = Callable[[str], None]

LAST_LINES = 40
MISSING = "install it; `buildgraph doctor` tells what else this machine lacks"
PATIENCE = 10  # seconds that an interrupted child has to end by itself


class Command(NamedTuple):
    """A process to start: exact argv, what it reads on standard input, and what its environment has more or lacks.

    The standard input of one that is `tied` is a pipe that this process holds open until it has ended: it finds out
    when this process dies. `within` is how many seconds it may take, 0 for as many as it wants; one that may not take
    for ever has no terminal: it could wait there for an answer that cannot reach it.
    What it is given besides its argv may be secret, and is not printed.
    """

    argv: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str] = {}
    stdin: bytes = b""
    without: tuple[str, ...] = ()
    tied: bool = False
    within: float = 0.0

    def __repr__(self) -> str:
        return f"Command({self.argv!r})"

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
        return "\n".join(without_colours(said.decode("utf-8", "replace")).splitlines()[-LAST_LINES:])


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
        """Run to the end and return the result whatever the exit code.

        ToolError when it cannot start, or takes longer than it may. Who hears its lines (`on_line`) waits as
        long as it takes.
        """
        ...


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
        child = self._begin(command)
        if not command.tied:
            return self._finish(child, command, on_line)
        assert child.stdin is not None
        held, child.stdin = child.stdin, None
        with held:
            return self._finish(child, command, on_line)

    def start(self, command: Command) -> Started:
        """Start `command`: it runs while we go on, until it has filled the pipe that its answer waits in."""
        if is_asked(str(command.cwd), command.argv):
            return Started(partial(self.run, command))
        return Started(partial(self._finish, self._begin(command), command, None))

    def _begin(self, command: Command) -> subprocess.Popen[bytes]:
        child = start_child(command)
        with self._turn:
            self._running.add(child)
        return child

    def _finish(self, child: subprocess.Popen[bytes], command: Command, on_line: OnLine | None) -> Result:
        try:
            with child:
                return self._attend(child, command, on_line)
        finally:
            with self._turn:
                self._running.discard(child)

    def _attend(self, child: subprocess.Popen[bytes], command: Command, on_line: OnLine | None) -> Result:
        """Wait for a child; an interrupt ends it while its streams are open, as it has something to say yet."""
        try:
            if self._stopped:
                _end(child)
            result = _collect(child, command, on_line)
            # one that was told to end has not done its work, whatever it says of itself
            return result._replace(code=INTERRUPTED) if self._stopped and result.code == 0 else result
        except subprocess.TimeoutExpired:
            _end(child)
            raise ToolError(f"{command.argv[0]} has not ended within {command.within:g} seconds") from None
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


def start_child(command: Command, *, shows: bool = False) -> subprocess.Popen[bytes]:
    """Start a process; it `shows` what it tells where we do, or we read it. ToolError when it cannot start."""
    try:
        return _start(command, None if shows else subprocess.PIPE)
    except FileNotFoundError as error:
        raise ToolError(f"{command.argv[0]} is not installed", MISSING) from error
    except OSError as error:
        raise ToolError(f"{command.argv[0]} cannot be started: {error.strerror}") from error


def _start(command: Command, stderr: int | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.argv,
        cwd=command.cwd,
        env={name: os.environ[name] for name in os.environ if name not in command.without} | {**command.env},
        stdin=subprocess.PIPE if command.stdin or command.tied else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        process_group=None if command.within else 0,
        start_new_session=bool(command.within),
    )


def _collect(child: subprocess.Popen[bytes], command: Command, on_line: OnLine | None) -> Result:
    stdin = command.stdin
    if on_line is None:
        stdout, stderr = child.communicate(stdin or None, timeout=command.within or None)
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
        close_quietly(stream)


def close_quietly(stream: IO[bytes]) -> None:
    """Close a pipe, whether or not somebody is at its other end."""
    try:
        stream.close()
    except BrokenPipeError:
        return


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ask the child to stop as Ctrl-C would, and insist after ten seconds: nothing may be left running."""
    if child.poll() is not None:
        return
    signal_group(child, signal.SIGINT)
    try:
        child.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        signal_group(child, signal.SIGKILL)


def signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a child with its own children, as a terminal does: `docker` starts its plugins as processes."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)
