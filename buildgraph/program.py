"""A command line run: a verb goes to its file, everything else to doit, and errors become exit codes."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from buildgraph.commands import VERBS, run_verb
from buildgraph.console import is_on_actions, tell, write
from buildgraph.errors import DONE, INTERRUPTED, BuildgraphError, unforeseen

if TYPE_CHECKING:
    from buildgraph.project import Project

CHECK = "check"  # how the names of these tasks begin
HELP = frozenset(("--help", "-h"))


def run(argv: list[str]) -> int:
    """Run one command line and return its exit code (0, 1, 2, 3 or 130); nothing is raised."""
    return guarded(lambda: _run(argv))


def guarded(act: Callable[[], int]) -> int:
    """Do something and return its exit code; what it raises is told, and is an exit code, too."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return act()
    except BuildgraphError as error:
        return _explain(error)
    except KeyboardInterrupt:
        tell("interrupted")
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("BUILDGRAPH_DEBUG"):
            raise
        return _explain(unforeseen(error))


def _interrupt(number: int, frame: object) -> None:
    """A CI job that is cancelled (SIGTERM) ends as Ctrl-C does: children stop, nothing is left half done."""
    raise KeyboardInterrupt


def _run(argv: list[str]) -> int:
    if argv[:1] == ["--version"]:
        return _version()
    if argv == ["help"]:
        return _help()
    if argv and argv[0] in VERBS:
        gc.disable()  # one short answer: looking for garbage in what it reads takes longer than giving it
        return run_verb(argv[0], argv[1:])
    return _help() if HELP.intersection(argv) else _run_tasks(argv)


def _run_tasks(argv: list[str]) -> int:
    """Run tasks; doit is asked only where there is something to run, or something else than a run is wanted."""
    from buildgraph.project import open_project

    project = open_project(Path.cwd()).begin()
    fresh = _tell_fresh(argv, project)
    if fresh is not None:
        return fresh
    from buildgraph.tasks import run_tasks

    return run_tasks(argv, project)


def _tell_fresh(argv: list[str], project: Project) -> int | None:
    """The exit code where nothing is to be done and that was told; None where doit has to look."""
    if any(argument.startswith(CHECK) for argument in argv):
        from buildgraph.fresh_checks import tell_fresh_checks

        return tell_fresh_checks(argv, project)
    from buildgraph.fresh import tell_fresh

    return tell_fresh(argv, project)


def _explain(error: BuildgraphError) -> int:
    if os.environ.get("BUILDGRAPH_DEBUG"):
        raise error
    tell(f"error: {error}")
    if is_on_actions(os.environ):
        from buildgraph.runs.actions import Annotator

        write("".join(Annotator(os.environ, Path.cwd()).annotations(error)))
    return error.exit_code


def _version() -> int:
    from buildgraph import __version__
    from buildgraph.console import answer

    answer(f"buildgraph {__version__}")
    return DONE


def _help() -> int:
    from buildgraph.commands import overview
    from buildgraph.console import answer

    answer(overview())
    return DONE
