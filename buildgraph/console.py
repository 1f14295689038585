"""Lines and tables for people: progress goes to standard error, answers to standard output."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from buildgraph.columns import render_columns
from buildgraph.errors import ToolError
from buildgraph.harmless import harmless, in_its_colours, on_one_line, printable

_turn = threading.Lock()
# GitHub: "Workflow commands for GitHub Actions"; it obeys those that stand in what any program prints.
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|##(?=\[)", re.MULTILINE)


if TYPE_CHECKING:  # a protocol is long in the making, and many commands only tell a line

    class Screen(Protocol):
        """How progress is shown; several threads may tell it at once."""

        def tell(self, line: str) -> None:
            """A line of no task."""
            ...

        def begin(self, task: str) -> None:
            """A task begins."""
            ...

        def say(self, task: str, line: str) -> None:
            """A line of a task."""
            ...

        def end(self, task: str, line: str) -> None:
            """A task has come to something; `line` says to what, and may have more lines below it."""
            ...

        def close(self) -> None:
            """Show what was not shown yet: others go on."""
            ...


class Plain:
    """Every line at once, and whose it is."""

    def tell(self, line: str) -> None:
        """A line of no task."""
        write(_as_text(line) + "\n")

    def begin(self, task: str) -> None:
        """A task begins."""
        write(_as_text(f".  {task}\n"))

    def say(self, task: str, line: str) -> None:
        """A line of a task."""
        write(_as_text(said(task, line)))

    def end(self, task: str, line: str) -> None:
        """A task has come to something."""
        write(_as_text(line) + "\n")

    def close(self) -> None:
        """Nothing is held back here."""


_screens: list[Screen] = [Plain()]  # a process has one standard error: the last one is in use


@contextmanager
def shown_on(screen: Screen) -> Iterator[None]:
    """Have another screen show all progress for a while."""
    _screens.append(screen)
    try:
        yield
    finally:
        screen.close()
        _screens.remove(screen)


def write(text: str) -> None:
    """Write to the process's own standard error, because doit lends tasks another while they run; whole lines."""
    stream = sys.__stderr__
    if stream is None:
        return
    with _turn:
        stream.write(printable(text))
        stream.flush()


def said(task: str, line: str) -> str:
    """A line of a task as it is written."""
    return f"   {task} | {line}\n"


def tell(line: str) -> None:
    """Tell one line of progress."""
    _screens[-1].tell(harmless(line))


def teller(name: str) -> Callable[[str], None]:
    """A `tell` for the lines of a task, which are its programs' as often as not: these keep their colours."""
    return lambda line: _screens[-1].say(on_one_line(name), in_its_colours(line))


def tell_begun(task: str) -> None:
    """Tell that a task begins."""
    _screens[-1].begin(on_one_line(task))


def tell_ended(task: str, line: str) -> None:
    """Tell what a task has come to; its name in the line stays on one line, too."""
    _screens[-1].end(on_one_line(task), harmless(line.replace(task, on_one_line(task))))


def is_on_actions(environ: Mapping[str, str]) -> bool:
    """Whether this is a job of GitHub Actions, which reads what it prints; GitHub: "Variables reference"."""
    return environ.get("GITHUB_ACTIONS") == "true"


def answer(text: str, *, is_log: bool = False) -> None:
    """Print an answer on standard output; a reader that went away (`| head`) is no failure.

    What programs have logged keeps its colours. Raises ToolError where nothing can be written, as on a full disk.
    """
    if not text:
        return
    if sys.stdout is None:  # Python's word for a stream that was closed before it began (`>&-`)
        raise ToolError("the answer cannot be written: standard output is closed")
    try:
        shown = _as_text((in_its_colours if is_log else harmless)(text))
        sys.stdout.write(printable(shown if shown.endswith("\n") else shown + "\n"))
        sys.stdout.flush()
    except OSError as error:
        # what is left in the buffer must not raise again when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise ToolError(f"the answer cannot be written: {error.strerror}") from error


def _as_text(text: str) -> str:
    """`text` that is no command to GitHub, where this is one of its jobs."""
    if not is_on_actions(os.environ):
        return text
    return _COMMAND.sub(lambda sign: f"{sign[1] or ''}\\x3a" if sign[0].endswith(":") else "#\\x23", text)


def table(rows: Sequence[Sequence[str]], header: Sequence[str] = ()) -> str:
    """Rows as aligned columns, no wider than who reads them can see; the last column is never padded."""
    return render_columns(rows, header, answer_width())


def answer_width() -> int | None:
    """How wide an answer may be: as COLUMNS or the terminal says; None for a file or another program."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except OSError:
        return None


def short_commit(commit: str) -> str:
    """A commit as people read it; `-dirty` says that edits were deployed with it."""
    name, dash, dirty = commit.partition("-")
    return name[:12] + dash + dirty
