"""Which scripts a task's name means, and what comes before them; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from buildgraph.checks.script import TASK, Script, as_typed, task_name
from buildgraph.errors import UnknownName
from buildgraph.order import closure

Scripts = Mapping[str, Script]  # by the names of their tasks, those that come before others first
Packages = Mapping[str, tuple[str, ...]]  # the names of every package's tasks


def tasks_of(packages: Collection[str], scripts: Scripts) -> Packages:
    """The names of every package's tasks, by its name; a package may have none."""
    found: dict[str, list[str]] = {package: [] for package in packages}
    for script in scripts.values():
        found[script.package].append(script.name)
    return {package: tuple(names) for package, names in found.items()}


class Names(NamedTuple):
    """What is meant by the names of tasks as they are typed: the task of a script, or those of a package."""

    scripts: Mapping[str, str]
    packages: Packages


def names_of(scripts: Scripts, packages: Packages) -> Names:
    """All names that mean checks, but for that of all of them."""
    return Names(
        {as_typed(script): script for script in scripts},
        {as_typed(task_name(package)): tasks for package, tasks in packages.items()},
    )


def asked_for(name: str, names: Names) -> tuple[str, ...]:
    """The tasks that a task's name, as it is typed, means; UnknownName for another name."""
    if name in names.scripts:
        return (names.scripts[name],)
    if name not in names.packages:
        is_of_package = name.rpartition(":")[0] in names.packages
        raise UnknownName("task or verb", name, names.scripts if is_of_package else [TASK, *names.packages])
    return names.packages[name]


def with_before(names: Collection[str], scripts: Scripts) -> list[str]:
    """Tasks, and all that come before them, in order."""
    if len(names) == len(scripts):
        return list(scripts)
    wanted = closure({name: script.after for name, script in scripts.items()}, names)
    return [name for name in scripts if name in wanted]
