"""A terminal as far as the product uses one: what stands on it after some output."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

from tests.support.system import ROOT

SEQUENCE = re.compile(r"\x1b\[(\??)(\d*)([A-Za-z])")


class Terminal:
    """Lines of text and a place to write at; `wraps` tells its mode, and every line that ever stood is in `history`."""

    def __init__(self) -> None:
        self.lines = [""]
        self.row = 0
        self.wraps = True
        self.history: list[str] = []

    def write(self, text: str) -> None:
        """Take output: text, line ends and control sequences; an unknown one is an error."""
        place = 0
        for found in SEQUENCE.finditer(text):
            self._print(text[place : found.start()])
            self._control(found[1] + found[3], int(found[2] or 1))
            place = found.end()
        self._print(text[place:])

    @property
    def shown(self) -> list[str]:
        """The lines that stand there, without the empty one at the end."""
        return self.lines[:-1] if not self.lines[-1] else list(self.lines)

    def _print(self, text: str) -> None:
        assert "\x1b" not in text, text
        first, *others = text.replace("\r\n", "\n").split("\n")
        self._put(first)
        for line in others:
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
            self._put(line)

    def _put(self, text: str) -> None:
        self.lines[self.row] += text
        if self.lines[self.row]:
            self.history.append(self.lines[self.row])

    def _control(self, sequence: str, number: int) -> None:
        if sequence == "F":
            self.row -= number
            assert self.row >= 0
        elif sequence == "J":
            self.lines[self.row :] = [""]
        else:
            assert sequence in ("?l", "?h") and number == 7, (sequence, number)
            self.wraps = sequence == "?h"


def on_terminal(folder: Path, *arguments: str, until: str = "") -> tuple[int, Terminal]:
    """Run a command line on a terminal, interrupted as soon as `until` stands there; its exit code and the terminal."""
    terminal, place = Terminal(), pty.openpty()
    with subprocess.Popen(
        (sys.executable, "-m", "buildgraph.main", *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stderr=place[1],
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:
        os.close(place[1])
        while text := _read(place[0]):
            terminal.write(text)
            if until and any(until in line for line in terminal.shown):
                os.killpg(running.pid, signal.SIGINT)
                until = ""
    os.close(place[0])
    return running.returncode, terminal


def _read(place: int) -> str:
    """What has been written meanwhile; nothing at the end, which Linux tells as an error."""
    try:
        return os.read(place, 1 << 16).decode()
    except OSError:
        return ""
