"""Console scripts started as copies of one process that has loaded the program: what a start costs is paid once.

Each is a process of its own all the same: its folder, environment, streams and exit code are those of a command line.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from select import select
from tempfile import TemporaryFile
from typing import IO

from tests.support.system import ROOT

# Python reads these when it starts, and never again.
READ_AT_START = ("PYTHON", "LC_", "LANG")
LONGEST = 1 << 20  # bytes of a request: its arguments and environment


@dataclass(frozen=True)
class Ran:
    """What a command line left behind; a code below 0 is the signal that ended it."""

    code: int
    out: str
    err: str


_seen: set[frozenset[tuple[str, str]]] = set()


def run_script(folder: Path, arguments: tuple[str, ...], env: Mapping[str, str]) -> Ran:
    """Run `buildgraph ARGUMENTS` in a folder, with this environment and nothing to read.

    What Python reads of the environment when it starts is what its copies have: where that is asked for the first
    time, a new Python is started.
    """
    env = {**env, "PYTHONPATH": str(ROOT)}
    at_start = frozenset(item for item in env.items() if item[0].startswith(READ_AT_START))
    if at_start not in _seen:
        _seen.add(at_start)
        return run_anew(folder, arguments, env)
    with TemporaryFile() as out, TemporaryFile() as err:
        code = _starter(at_start).run(folder, arguments, env, (out.fileno(), err.fileno()))
        return Ran(code, _text(_read(out)), _text(_read(err)))


def run_anew(folder: Path, arguments: tuple[str, ...], env: Mapping[str, str]) -> Ran:
    """The same by a Python that has loaded nothing yet."""
    argv = (sys.executable, "-m", "buildgraph.main", *arguments)
    ran = subprocess.run(
        argv, cwd=folder, capture_output=True, check=False, env=env, stdin=subprocess.DEVNULL
    )
    return Ran(ran.returncode, _text(ran.stdout), _text(ran.stderr))


def _read(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _text(content: bytes) -> str:
    """As `subprocess` gives text: line ends are \\n."""
    return content.decode().replace("\r\n", "\n").replace("\r", "\n")


@cache
def _starter(at_start: frozenset[tuple[str, str]]) -> Starter:
    others = {name: value for name, value in os.environ.items() if not name.startswith(READ_AT_START)}
    return Starter({**others, **dict(at_start)})


class Starter:
    """The process that has loaded the program, and the way to it; it ends with this one."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._here.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
        with there:
            ask = f"from tests.support.starting import serve; serve({there.fileno()})"
            self._process = subprocess.Popen(
                (sys.executable, "-c", ask),
                cwd=ROOT,
                env=env,
                pass_fds=[there.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        atexit.register(self.end)

    def run(
        self, folder: Path, arguments: tuple[str, ...], env: Mapping[str, str], streams: tuple[int, int]
    ) -> int:
        """The exit code of one command line, whose answer and messages go to these streams."""
        told, tell = os.pipe()
        with open(told, "rb") as answer:  # noqa: PTH123  # a descriptor
            try:
                request = json.dumps([os.fspath(folder), arguments, dict(env)]).encode()
                socket.send_fds(self._here, [request], [*streams, tell])
            finally:
                os.close(tell)
            return int(answer.read())

    def end(self) -> None:
        """End it, with all that it has started."""
        self._here.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def serve(place: int) -> None:
    """Load the program, and start a copy for each request that comes by the socket; ends when that is closed."""
    import buildgraph
    from buildgraph.main import __file__ as script

    for found in pkgutil.walk_packages(buildgraph.__path__, "buildgraph."):
        import_module(found.name)
    gc.freeze()  # no copy looks for garbage in what they share: it would have each page of that copied
    awoken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # one that ends wakes us
    running: dict[int, int] = {}  # by process: where its end is told
    with socket.socket(fileno=place) as asked:
        while True:
            ready, _, _ = select((place, awoken), (), ())
            if awoken in ready:
                os.read(awoken, LONGEST)
                _tell_ends(running)
            if place in ready:
                request, descriptors, _, _ = socket.recv_fds(asked, LONGEST, 3)
                if not request:
                    return
                out, err, tell = descriptors
                process = os.fork()
                if process == 0:
                    _forget(asked.detach(), awoken, wake, tell, *running.values())
                    _become(script, request, out, err)
                running[process] = tell
                os.close(out)
                os.close(err)


def _tell_ends(running: dict[int, int]) -> None:
    """Tell the exit codes of those that have ended; who has asked may be gone, and others still ask."""
    for process in tuple(running):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            told_to = running.pop(process)
            with suppress(BrokenPipeError), open(told_to, "wb") as told:  # noqa: PTH123  # a descriptor
                told.write(str(os.waitstatus_to_exitcode(status)).encode())


def _forget(*descriptors: int) -> None:
    """Let go, in a copy, of what the process has that starts copies."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor in descriptors:
        os.close(descriptor)


def _become(script: str, request: bytes, out: int, err: int) -> None:
    """Be that command line, to its end."""
    from buildgraph.main import main

    folder, arguments, env = json.loads(request)
    for descriptor, stream in ((out, 1), (err, 2)):
        os.dup2(descriptor, stream)
        os.close(descriptor)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv[:] = [script, *arguments]
    code = 1
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
