"""Plans as doit tasks; the only module that knows doit, which orders and reports and never decides freshness."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any, Final

from doit import get_var
from doit.cmd_base import TaskLoader2
from doit.cmd_completion import TabCompletion
from doit.cmd_dumpdb import DumpDB
from doit.cmd_run import Run as DoitRun
from doit.doit_cmd import DoitMain
from doit.exceptions import TaskFailed
from doit.task import Task

from buildgraph.asked import refuse_unknown, refuse_unplanned
from buildgraph.chain import Chain, open_chain
from buildgraph.checker import Checker, open_checker
from buildgraph.checks.script import is_check
from buildgraph.command_line import (
    DEFAULT_TASKS,
    TRACE,
    as_variable,
    check_options,
    check_variables,
    is_yes,
    options_first,
    take_trace,
)
from buildgraph.console import answer, shown_on, tell
from buildgraph.errors import DONE, INTERRUPTED, BuildgraphError, unforeseen
from buildgraph.harmless import on_one_line
from buildgraph.ignored import Ignored, marks_file
from buildgraph.inside import place_named
from buildgraph.manifests.kinds import DEFAULT_ENVIRONMENT
from buildgraph.missing import refuse_unready
from buildgraph.project import Project
from buildgraph.recovery import Wish
from buildgraph.refusals import Terms
from buildgraph.reporting import Reporter, Run
from buildgraph.runs.screens import fitting_screen, is_shown_on_terminal
from buildgraph.runs.shelf import trace_file
from buildgraph.work import Group, Work, checks_of, wanted_tasks, work_of

BACKEND: Final = "buildgraph"  # what doit remembers
BACKENDS: Final = {"BACKEND": {BACKEND: "buildgraph.tasks:Marks"}}
WRITTEN: Final = ("outfile", "dep_file")  # doit's words for files that it writes
OPTIONS: Final = (*DoitRun.base_options, *DoitRun.cmd_options)  # of a run, as doit declares them


def run_tasks(arguments: Sequence[str], project: Project, *, is_brief: bool = False) -> int:
    """Run a command line of tasks through doit; returns the exit code. A brief one does not tell what is fresh."""
    run = Run(arguments, is_brief=is_brief)
    arguments, trace = take_trace(arguments)
    if not any(argument in Main.COMMANDS for argument in arguments):
        _check_options(arguments)
        valued = [name for option in OPTIONS if option["type"] is not bool for name in _spellings(option)]
        arguments = options_first([as_variable(argument) for argument in arguments], valued)
    check_variables(arguments)
    file = trace_file(project.repository.root, trace) if trace else None
    try:
        with shown_on(fitting_screen(os.environ, is_terminal=is_shown_on_terminal())):
            code = _run(arguments, project, run)
    except KeyboardInterrupt:
        run.conclude(INTERRUPTED, project.cache_folder(), file)
        raise
    return run.conclude(run.exit_code(code), project.cache_folder(), file)


def _run(arguments: Sequence[str], project: Project, run: Run) -> int:
    """Have doit run a command line; doit's exit code."""
    loader = Loader(project, run)
    main = Main(task_loader=loader)
    main.BIN_NAME = Path(sys.argv[0]).name
    words = [as_variable(argument) for argument in arguments]
    try:
        with doit_s_words(is_run=not Main.COMMANDS.intersection(words)):
            return int(main.run(words) or DONE)
    except Stopped as stopped:
        raise stopped.error from None
    except KeyboardInterrupt:
        # other threads wait for children of theirs; these must end before this process can
        project.runner.stop()
        raise
    finally:
        loader.end()


@contextmanager
def doit_s_words(*, is_run: bool) -> Iterator[None]:
    """Tell what doit prints as our own answers and mistakes are told: names among it are strangers'.

    What a run prints is on its way already: no reporter of ours prints anything.
    """
    answers, mistakes = StringIO(), StringIO()
    try:
        with redirect_stderr(mistakes), nullcontext() if is_run else redirect_stdout(answers):
            yield
    finally:
        answer(answers.getvalue())
        if mistakes.getvalue():
            tell(mistakes.getvalue().removesuffix("\n"))


class Stopped(BaseException):
    """Carries an error of ours past doit, which would print a traceback for any Exception."""

    def __init__(self, error: BuildgraphError) -> None:
        super().__init__(str(error))
        self.error = error


class Main(DoitMain):  # type: ignore[misc]
    """doit's program with our loader; its own config files are not read, so a folder's settings cannot bend it.

    A shell would run what stands in the names that doit's completion offers: `buildgraph completion` has our own. Of
    what doit itself remembers there is nothing to dump.
    """

    DOIT_CMDS = tuple(command for command in DoitMain.DOIT_CMDS if command not in (TabCompletion, DumpDB))
    COMMANDS = frozenset(command.get_name() for command in DOIT_CMDS if command is not DoitRun)

    def __init__(self, task_loader: Loader) -> None:
        super().__init__(task_loader=task_loader, extra_config=BACKENDS, config_filenames=())


class Marks(Ignored):
    """What doit remembers, with an error that gets past it."""

    def dump(self) -> None:
        """Write it down."""
        try:
            super().dump()
        except BuildgraphError as error:
            raise Stopped(error) from error


class Loader(TaskLoader2):  # type: ignore[misc]
    """Gives doit our tasks: those that are asked for, and what they need."""

    def __init__(self, project: Project, run: Run) -> None:
        super().__init__()
        self.project = project
        self.run = run
        self.checker: Checker | None = None

    def setup(self, opt_values: Mapping[str, Any]) -> None:
        """The project is open already; what doit writes to names that the command line gives leads nowhere else."""
        try:
            for name in filter(None, map(opt_values.get, WRITTEN)):
                if isinstance(name, str):
                    place_named(self.project.repository.root, name)
        except BuildgraphError as error:
            raise Stopped(error) from error

    def load_doit_config(self) -> dict[str, Any]:
        """doit's settings: threads, independent tasks go on after a failure, our reporter."""
        return {
            "dep_file": str(marks_file(self.project.own_in_git, self.project.folder)),
            "backend": BACKEND,
            "continue": True,
            "par_type": "thread",
            "reporter": Reporter(self.run),
            "default_tasks": list(DEFAULT_TASKS),
            "verbosity": 0,
        }

    def load_tasks(self, cmd: Any, pos_args: Sequence[str]) -> list[Task]:
        """Those of packages where they are asked for, and of the chain for the environment that `env=` names."""
        try:
            checks = [name for name in pos_args if is_check(name)]
            works = self._checks(checks) if checks or not pos_args else []
            chain = None if checks and len(checks) == len(pos_args) else self._chain()
            if chain is not None:
                works += work_of(chain, _terms(), _wish())
            tasks = [_task(work, self.run) for work in works]
            refuse_unknown(pos_args, [task.name for task in tasks])
            if chain is not None:
                refuse_unplanned(chain, pos_args, _terms())
                if isinstance(cmd, DoitRun):
                    wanted = wanted_tasks(works, pos_args or DEFAULT_TASKS)
                    refuse_unready(chain, wanted, _terms())
            _load_ahead(pos_args)
        except BuildgraphError as error:
            raise Stopped(error) from error
        except Exception as error:
            raise Stopped(foreseen(error)) from error
        return tasks

    def _checks(self, names: Sequence[str]) -> list[Work | Group]:
        """The checks of packages that these names mean; all where there are none, or patterns."""
        self.checker = open_checker(self.project)
        self.run.stand_on_tree(self.checker.picture.snapshot)
        return list(checks_of(self.checker, () if any("*" in name for name in names) else names))

    def end(self) -> None:
        """The run is over."""
        if self.checker is not None:
            self.checker.end()

    def _chain(self) -> Chain:
        environment, builder = get_var("env", DEFAULT_ENVIRONMENT), get_var("builder", "")
        chain = open_chain(self.project, environment, self.run, builder)
        self.run.stand_on(chain)
        return chain


def _load_ahead(names: Sequence[str]) -> None:
    """Have the engine's library, which deploys need, loaded by a thread while images are built."""
    if any(name.startswith("deploy") for name in names):
        Thread(target=import_module, args=("docker",), daemon=True).start()


def _terms() -> Terms:
    """What the command line says besides its tasks."""
    said = {name: get_var(name, "") for name in ("reason", "to", "plan", "service")}
    return Terms(force=is_yes("force", get_var("force", "")), source=get_var("from", ""), **said)


def _wish() -> Wish:
    """What it says of how a backup is brought back."""
    return Wish(**{name: is_yes(name, get_var(name, "")) for name in ("redis", "beside")})


def _task(work: Work | Group, run: Run) -> Task:
    if isinstance(work, Group):
        return _group(work)
    attempt = Attempt(run, work)
    task = Task(
        work.name,
        [attempt.do],
        task_dep=list(work.after),
        doc=on_one_line(work.says),
        uptodate=(attempt.is_fresh,),
    )
    task.subtask_of = work.name.partition(":")[0]
    return task


def _group(group: Group) -> Task:
    task = Task(group.name, None, task_dep=list(group.members), doc=f"all of: {', '.join(group.members)}")
    task.has_subtask = not group.part_of
    task.subtask_of = group.part_of or None
    return task


def foreseen(error: Exception) -> BuildgraphError:
    """`error` as one of ours: what nobody foresaw is told as a bug, with its traceback when that is asked for."""
    if isinstance(error, BuildgraphError):
        return error
    if os.environ.get("BUILDGRAPH_DEBUG"):
        traceback.print_exception(error, file=sys.__stderr__)
    return unforeseen(error)


@dataclass(slots=True)
class Attempt:
    """Work as doit asks and does it; a question that cannot be answered fails the task with that answer."""

    run: Run
    work: Work
    problem: BuildgraphError | None = None

    def is_fresh(self) -> bool:
        """Whether there is nothing to do; a problem is kept for the action, where doit takes failures."""
        try:
            why = self.work.ask() if self.work.ask is not None else ""
        except Exception as error:
            self.problem = foreseen(error)
            return False
        self.run.give_reason(self.work.name, why or self.work.why)
        return bool(why)

    def do(self) -> TaskFailed | None:
        """Act; an error becomes a failed task, and is kept for the exit code."""
        if self.problem is not None:
            return self._failed(self.problem)
        try:
            self.work.act()
        except Exception as error:
            return self._failed(foreseen(error))
        finally:
            self.run.end(self.work.name)
        return None

    def _failed(self, error: BuildgraphError) -> TaskFailed:
        """Keep an error for the exit code, and give it as doit wants it."""
        self.run.errors[self.work.name] = error
        return TaskFailed(str(error))


def _check_options(arguments: Sequence[str]) -> None:
    """Refuse an option that doit's run has not; its other commands check their own."""
    names = {option.get(key) for option in OPTIONS for key in ("long", "inverse")}
    known = sorted(name for name in (*names, TRACE.removeprefix("--")) if name)
    check_options([as_variable(argument) for argument in arguments], known)


def _spellings(option: Mapping[str, Any]) -> list[str]:
    """How an option of doit is written: `-n` and `--process`."""
    found = ((sign, option.get(name)) for sign, name in (("-", "short"), ("--", "long")))
    return [f"{sign}{name}" for sign, name in found if name]
