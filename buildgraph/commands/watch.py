"""The verb `watch`: tasks are run again whenever an edit affects what they bring up to date."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from buildgraph.commands.options import add_environment
from buildgraph.console import tell
from buildgraph.errors import INTERRUPTED, ConfigurationError
from buildgraph.loop.looping import Loop
from buildgraph.loop.senses import Hearing, Senses
from buildgraph.loop.turns import ReadyTurn
from buildgraph.project import open_project

WATCHED: Final = ("build", "push", "deploy", "check")
QUIET: Final = 0.05  # seconds; an editor that saves all its files leaves less between two of them
LONGEST: Final = 10.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `watch`."""
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="such as deploy:chat or build (the default)")
    add_environment(parser)
    parser.add_argument(
        "-n", dest="jobs", type=int, metavar="JOBS", help="how many tasks at once, as for a run"
    )
    parser.add_argument(
        "--debounce",
        type=float,
        default=QUIET,
        metavar="SECONDS",
        help=f"how long nothing must change before a run begins ({QUIET})",
    )
    parser.add_argument(
        "--poll",
        action="store_true",
        help="ask git once a second, for network drives, where nobody tells of edits",
    )


def run(options: argparse.Namespace) -> int:
    """Watch until Ctrl-C; returns the exit code."""
    gc.enable()  # no short answer
    arguments = _arguments(options)
    project = open_project(Path.cwd())
    senses = Senses(project.repository, _hearing(options), tell)
    tell(_beginning(options.tasks or ["build"]))
    loop = Loop(senses, partial(ReadyTurn, arguments, Path.cwd()), tell)
    try:
        return loop.go_on()
    except KeyboardInterrupt:
        if loop.is_at_work:  # the turn has told it
            return INTERRUPTED
        raise
    finally:
        senses.close()


def _arguments(options: argparse.Namespace) -> list[str]:
    """The command line of every run; ConfigurationError for tasks that no edit is a reason to do again."""
    tasks = [word for word in options.tasks if "=" not in word] or ["build"]
    unfit = [task for task in tasks if task.partition(":")[0] not in WATCHED]
    if unfit:
        raise ConfigurationError.of(
            "watch",
            f"{unfit[0]} is done once, not with every edit",
            f"what can be watched: {', '.join(WATCHED)}",
        )
    jobs = ["-n", str(options.jobs)] if options.jobs else []
    said = [word for word in options.tasks if "=" in word]
    return [*jobs, *tasks, *said, f"env={options.env}"]


def _hearing(options: argparse.Namespace) -> Hearing:
    if not 0 < options.debounce <= LONGEST:
        raise ConfigurationError.of(
            "--debounce", f"{options.debounce} is no time to wait", f"write seconds, up to {LONGEST:.0f}"
        )
    return Hearing(options.debounce, options.poll)


def _beginning(tasks: Sequence[str]) -> str:
    keys = "Enter runs again, Ctrl-C ends" if sys.stdin is not None and sys.stdin.isatty() else "Ctrl-C ends"
    return f"watching {' '.join(tasks)}; {keys}"
