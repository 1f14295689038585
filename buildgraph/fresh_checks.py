"""Answers a command line of checks that finds everything fresh: doit is loaded only where there is something to run."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from buildgraph.checker import open_checker
from buildgraph.checks.script import as_typed, is_check
from buildgraph.command_line import JOBS
from buildgraph.console import tell
from buildgraph.errors import DONE, BuildgraphError
from buildgraph.project import Project
from buildgraph.reporting import Run, fresh_line


def tell_fresh_checks(arguments: Sequence[str], project: Project) -> int | None:
    """Tell that nothing is to be run, and return the exit code; None where doit has to look.

    What scripts left is brought back where it is not there any more. doit looks where something else is asked for,
    where a script is to be run, and where anything is wrong: its run tells it beside what goes on.
    """
    gc.disable()  # thousands of results: looking for garbage in them takes longer than reading them
    try:
        asked = _parsed(arguments)
        return None if asked is None else _tell(asked, Run(arguments), project)
    except BuildgraphError:
        return None
    finally:
        gc.enable()


def _tell(asked: Sequence[str], run: Run, project: Project) -> int | None:
    checker = open_checker(project)
    names = checker.with_before({name for word in asked for name in checker.asked(word)})
    checker.settle(names)
    fresh = {as_typed(name): checker.found(name) for name in names}
    if not all(fresh.values()):
        return None
    run.stand_on_tree(checker.picture.snapshot)
    for name, why in fresh.items():
        run.give_reason(name, why)
    if fresh:
        tell("\n".join([fresh_line(run, name) for name in fresh]))
    checker.end()
    run.reports = True
    return run.conclude(DONE, project.cache_folder())


def _parsed(arguments: Sequence[str]) -> list[str] | None:
    """The tasks of a command line that asks for checks alone; None for one that says more."""
    names: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if is_check(argument) and "*" not in argument:
            names.append(argument)
        elif argument != JOBS or not next(rest, "").isdecimal():
            return None
    return names
