"""`buildgraph watch` as somebody at work has it: begun, waited for, interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.hamlet import Hamlet
from tests.support.system import ROOT

WITHIN = 90.0  # seconds: on a loaded machine, too


class Watched:
    """A hamlet in which a task is watched; `told` is all that `watch` has told so far."""

    def __init__(self, hamlet: Hamlet, task: str, log: Path) -> None:
        self.hamlet = hamlet
        self.log = log
        with log.open("w") as told:
            self.process = subprocess.Popen(
                (sys.executable, "-m", "buildgraph.main", "watch", task),
                cwd=hamlet.root,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stderr=told,
                start_new_session=True,
            )

    @property
    def told(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str, after: int = 0) -> int:
        """Wait until a text is told behind this place; the place behind it."""
        deadline = time.monotonic() + WITHIN
        while text not in self.told[after:]:
            assert time.monotonic() < deadline and self.process.poll() is None, (
                f"{text!r} not in\n{self.told}"
            )
            time.sleep(0.05)
        return self.told.index(text, after) + len(text)

    def interrupt(self) -> int:
        """End it as Ctrl-C does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@contextmanager
def watching(hamlet: Hamlet, task: str) -> Iterator[Watched]:
    """`buildgraph watch`, ended when the block ends."""
    watched = Watched(hamlet, task, hamlet.root.parent / "told")
    try:
        yield watched
    finally:
        watched.process.kill()
        watched.process.wait()
