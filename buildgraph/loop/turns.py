"""A turn as a process that has loaded the program already and waits for its call, so that an edit waits for nothing.

Each turn is a process of its own: what a run leaves in one (connections, locks, shells in containers) ends with it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from buildgraph.companion import start_companion
from buildgraph.loop.call import Call, Saw, parse_saw, render_call
from buildgraph.process import Command

# `-P` keeps the folder's own modules out of it.
PROGRAM: Final = (sys.executable, "-P", "-m", "buildgraph.turn")


class Ended(NamedTuple):
    """A turn that is over: what it saw, and its exit code."""

    saw: Saw
    code: int


class Turn(Protocol):
    """Looks at the working tree once, and runs what has to be run."""

    def take(self, call: Call) -> Ended:
        """Look, run, and tell what came of it."""
        ...

    def stop(self) -> None:
        """End it, and all that it has begun."""
        ...


class ReadyTurn:
    """A process that waits for its call."""

    def __init__(self, arguments: Sequence[str], folder: Path) -> None:
        self._process = start_companion(Command((*PROGRAM, *arguments), folder), shows=True)
        self._is_called = False

    def take(self, call: Call) -> Ended:
        """Call it, and wait until it is over."""
        self._is_called = True
        self._process.write_line(render_call(call))
        line = self._process.read_line()
        saw = parse_saw(line) if line else Saw()
        return Ended(saw, self._process.wait())

    def stop(self) -> None:
        """End it: one at work as Ctrl-C would, and waited for; a second Ctrl-C hurries it."""
        self._process.release()
        with suppress(KeyboardInterrupt):
            if self._is_called:
                self._process.wait()
        self._process.stop()
