"""One turn of `watch`, as a process: it loads what its tasks need, waits to be called, looks, and runs.

What calls it holds its standard input open: when that ends, so does the turn.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from buildgraph.console import tell
from buildgraph.errors import DONE, BuildgraphError, UnknownName
from buildgraph.loop.call import Call, Known, Saw, parse_call, render_saw
from buildgraph.loop.edits import render_edits
from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT

if TYPE_CHECKING:
    from buildgraph.project import Project

# What a run imports when it comes to need it, by what the watched tasks are.
ALWAYS: Final = ("tasks", "concern", "layout", "image.archive", "image.build", "image.progress")
TO_DEPLOY: Final = ("deployer", "deploy.on_engine", "deploy.releasing", "place.sources")
ENVIRONMENT: Final = "env="
INPUT, OUTPUT, ERRORS = 0, 1, 2  # descriptors


def main(arguments: Sequence[str]) -> int:
    """Wait for the call and take the turn; returns its exit code."""
    signal.signal(
        signal.SIGTTOU, signal.SIG_IGN
    )  # in a group of its own, it tells on a terminal all the same
    _load(arguments)
    line = _heard()
    if not line:
        return DONE
    from buildgraph.program import guarded

    threading.Thread(target=_mind_caller, daemon=True).start()
    return guarded(partial(take, arguments, parse_call(line)))


def take(arguments: Sequence[str], call: Call) -> int:
    """Look at the working tree as it is now, and run the tasks when that brings them anything new."""
    from buildgraph.project import open_project
    from buildgraph.tasks import run_tasks

    project = open_project(Path.cwd()).begin()
    saw = look(project, arguments, call.known)
    _answer(saw)
    edited = render_edits(call.files)
    if saw.runs:
        if edited:
            tell(f"\n{edited} changed")
        return run_tasks(arguments, project, is_brief=bool(call.known.identity))
    if edited and saw.known.identity != call.known.identity:
        tell(f"{edited} changed: nothing to do")
    return DONE


def look(project: Project, arguments: Sequence[str], known: Known) -> Saw:
    """What is in the working tree now, beside what was known; UnknownName is answered before it is raised."""
    identity = project.working_picture().snapshot.identity
    if identity == known.identity:
        return Saw(known)
    try:
        concern = _concern(project, arguments)
    except UnknownName:
        _answer(Saw(is_unknown=True))
        raise
    except BuildgraphError:
        concern = ""  # the run meets it again, and tells it
    return Saw(Known(identity, concern), runs=not concern or concern != known.concern)


def _concern(project: Project, arguments: Sequence[str]) -> str:
    """One digest of all that the tasks concern; "" where it does not tell."""
    from buildgraph.checks.script import is_check

    named = [word for word in arguments if "=" not in word and not word.startswith("-")]
    checks = [name for name in named if is_check(name)]
    others = [name for name in named if not is_check(name)]
    told = [_concern_of_checks(project, checks)] if checks else []
    if others or not checks:
        told.append(_concern_of_chain(project, arguments, others))
    return " ".join(told) if all(told) else ""


def _concern_of_checks(project: Project, names: Sequence[str]) -> str:
    from buildgraph.checker import open_checker
    from buildgraph.concern import concern_of_checks

    return concern_of_checks(open_checker(project), names)


def _concern_of_chain(project: Project, arguments: Sequence[str], names: Sequence[str]) -> str:
    from buildgraph.chain import open_chain
    from buildgraph.concern import concern_of

    said = [word.removeprefix(ENVIRONMENT) for word in arguments if word.startswith(ENVIRONMENT)]
    return concern_of(open_chain(project, said[-1] if said else DEFAULT_ENVIRONMENT), names)


def _load(arguments: Sequence[str]) -> None:
    """Import now what would be imported on the way."""
    deploys = any(word.startswith("deploy") for word in arguments)
    for room in (*ALWAYS, *(TO_DEPLOY if deploys else ())):
        import_module(f"buildgraph.{room}")
    if deploys:
        import_module("docker")


def _heard() -> str:
    """The line of whoever calls; "" when nobody does any more. Not through `sys.stdin`, which a thread may hold."""
    heard = b""
    while not heard.endswith(b"\n"):
        more = os.read(INPUT, 1 << 16)
        if not more:
            return ""
        heard += more
    return heard.decode()


def _mind_caller() -> None:
    """End this turn as Ctrl-C would, once nobody waits for it any more."""
    while os.read(INPUT, 1 << 10):
        continue
    os.kill(os.getpid(), signal.SIGINT)


def _answer(saw: Saw) -> None:
    """Say what was seen; whatever is printed afterwards is no answer, and goes where all else is told."""
    os.write(OUTPUT, f"{render_saw(saw)}\n".encode())
    os.dup2(ERRORS, OUTPUT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
