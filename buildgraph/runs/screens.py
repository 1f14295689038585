"""Which screen fits where a run is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from buildgraph.ci import is_ci
from buildgraph.console import Plain, is_on_actions, write

if TYPE_CHECKING:
    from buildgraph.console import Screen

USUAL = os.terminal_size((80, 24))


def fitting_screen(environ: Mapping[str, str], *, is_terminal: bool) -> Screen:
    """Groups for GitHub Actions, a drawn screen for a terminal, and plain lines for everybody else.

    Who sets NO_COLOR (https://no-color.org) wants no control sequences, and CI jobs keep a log even on a terminal.
    """
    if is_on_actions(environ):
        from buildgraph.runs.actions import Groups

        return Groups(write)
    is_simple = environ.get("NO_COLOR") or environ.get("TERM", "dumb") == "dumb" or is_ci(environ)
    if not is_terminal or is_simple:
        return Plain()
    from buildgraph.runs.terminal import Live

    return Live(write, _size).keep_time()


def is_shown_on_terminal() -> bool:
    """Whether people look at what this process tells."""
    return sys.__stderr__ is not None and sys.__stderr__.isatty()


def _size() -> os.terminal_size:
    """How large the terminal is; one that does not say so counts as the usual one."""
    assert sys.__stderr__ is not None
    try:
        found = os.get_terminal_size(sys.__stderr__.fileno())
    except OSError:  # it was closed meanwhile
        return USUAL
    return os.terminal_size((found.columns or USUAL.columns, found.lines or USUAL.lines))
