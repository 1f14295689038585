"""The one place that starts processes: commands are values, a Runner runs them and nothing else does."""

from __future__ import annotations

import os
import shlex
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from buildgraph.errors import ToolError

LAST_LINES = 40


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start: exact argv, environment additions and what it reads on standard input."""

    argv: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""

    def __str__(self) -> str:
        return shlex.join(self.argv)


@dataclass(frozen=True, slots=True)
class Result:
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


class Runner(Protocol):
    """Starts commands; the real one is SystemRunner, tests bring their own."""

    def run(self, command: Command, *, on_line: Callable[[str], None] | None = None) -> Result:
        """Run to the end and return the result whatever the exit code; ToolError when it cannot start."""
        ...


class SystemRunner:
    """Runs commands as child processes of this one; an interrupt ends the child before it travels on."""

    def run(self, command: Command, *, on_line: Callable[[str], None] | None = None) -> Result:
        """Run `command`; `on_line` is called with every line of standard error as it appears."""
        try:
            child = _start(command)
        except FileNotFoundError as error:
            raise ToolError(f"{command.argv[0]} is not installed", "run `buildgraph doctor`") from error
        with child:
            try:
                return _collect(child, command.stdin, on_line)
            except BaseException:
                _end(child)
                raise


def _start(command: Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.argv,
        cwd=command.cwd,
        env={**os.environ, **command.env},
        stdin=subprocess.PIPE if command.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _collect(child: subprocess.Popen[bytes], stdin: bytes, on_line: Callable[[str], None] | None) -> Result:
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


def _tell(stream: IO[bytes], on_line: Callable[[str], None]) -> Iterable[bytes]:
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
    """Ask the child to stop, and insist after five seconds: an interrupt must leave nothing running."""
    child.terminate()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
