"""What a command line of tasks says besides its tasks, checked before doit reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from buildgraph.errors import ConfigurationError, UnknownName

# The variables (`NAME=VALUE`), and the tasks that hear them.
VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "env": (),  # all
    "builder": ("build", "scan", "push", "migrate", "deploy"),
    "to": ("rollback", "backup", "restore", "scale"),
    "service": ("scale",),
    "from": ("promote", "restore"),
    "redis": ("restore",),
    "beside": ("restore",),
    "plan": ("deploy", "promote", "migrate"),
    "force": ("deploy", "rollback", "promote", "restore", "migrate", "scan"),
    "reason": ("deploy", "rollback", "promote", "scale", "migrate"),
}
DEFAULT_TASKS: Final = ("build",)  # what is run where no task is named
TRACE: Final = "--trace"
JOBS: Final = "-n"  # how many tasks at once
YES, NO = ("yes", "true", "1"), ("no", "false", "0", "")


def as_variable(argument: str) -> str:
    """`--env=staging`, as verbs take it, means `env=staging` to a task; so does `--builder=`, as buildx takes it."""
    return argument.removeprefix("--") if argument.startswith(("--env=", "--builder=")) else argument


def take_trace(arguments: Sequence[str]) -> tuple[list[str], str]:
    """A command line without `--trace FILE`, and that file; ConfigurationError when no file is named."""
    rest: list[str] = []
    trace = ""
    waiting = iter(arguments)
    for argument in waiting:
        option, is_joined, named = argument.partition("=")
        if option != TRACE:
            rest.append(argument)
            continue
        trace = named if is_joined else next(waiting, "")
        if not trace or trace.startswith("-"):
            raise ConfigurationError.of(TRACE, "names no file", f"write `{TRACE} FILE`")
    return rest, trace


def options_first(arguments: Sequence[str], valued: Collection[str]) -> list[str]:
    """A command line with its options before its tasks, where doit looks for them; `valued` go with the next word."""
    options: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        is_option = word.startswith("-")
        (options if is_option else rest).append(word)
        if is_option and word in valued:
            options.extend(islice(words, 1))
    return [*options, *rest]


def check_variables(arguments: Iterable[str]) -> None:
    """Refuse a misspelt `env=`, and what no task hears: the run would do something else than was meant."""
    asked = [argument for argument in arguments if not argument.startswith("-")]
    phases = {argument.partition(":")[0] for argument in asked if "=" not in argument} or set(DEFAULT_TASKS)
    for name in (argument.partition("=")[0] for argument in asked if "=" in argument):
        if name not in VARIABLES:
            raise UnknownName("variable", f"{name}=", [f"{known}=" for known in VARIABLES])
        hearing = VARIABLES[name]
        if hearing and not phases & set(hearing):
            tasks = " and ".join(f"{task}:PRODUCT" for task in hearing)
            raise ConfigurationError.of(f"{name}=", f"is for {tasks}; no such task is named")


def check_options(arguments: Sequence[str], known: Collection[str]) -> None:
    """Refuse an option that a run has not; `known` are their long names."""
    for argument in arguments:
        option = argument.removeprefix("--").partition("=")[0]
        if argument.startswith("--") and option and option not in known:
            raise UnknownName("option", f"--{option}", [f"--{name}" for name in known])


def is_yes(name: str, said: str) -> bool:
    """Whether a variable says yes; ConfigurationError when it says neither yes nor no."""
    if said.lower() not in (*YES, *NO):
        raise ConfigurationError.of(f"{name}={said}", "says neither yes nor no", f"write {name}=yes")
    return said.lower() in YES
