"""Runners for tests: implementations of the Runner protocol that start nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from buildgraph.process import Command, Result, Started


@dataclass
class AnsweringRunner:
    """Answers every command with the same exit code, output and lines of standard error, and keeps the commands.

    After its lines it does what there is to do `meanwhile`.
    """

    code: int = 0
    lines: Sequence[str] = ()
    commands: list[Command] = field(default_factory=list)
    printed: bytes = b""
    meanwhile: Callable[[], object] = bool

    def stop(self) -> None:
        """Nothing runs here."""

    def start(self, command: Command) -> Started:
        """Answer when asked."""
        return Started(partial(self.run, command))

    def run(self, command: Command, *, on_line: Callable[[str], None] | None = None) -> Result:
        """Keep the command, tell the lines and give the answer."""
        self.commands.append(command)
        for line in self.lines:
            if on_line:
                on_line(line)
        self.meanwhile()
        return Result(self.code, self.printed, "\n".join(self.lines).encode())
