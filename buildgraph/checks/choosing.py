"""Which scripts a task's name means, and what comes before them; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from buildgraph.checks.script import TASK, Script
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


def asked_for(name: str, scripts: Scripts, packages: Packages) -> tuple[str, ...]:
    """The tasks that a task's name means: all, those of a package, or itself; UnknownName for another name."""
    if name == TASK:
        return tuple(scripts)
    if name in scripts:
        return (name,)
    package = name.removeprefix(f"{TASK}:")
    if package not in packages:
        others = [f"{TASK}:{other}" for other in packages]
        known = scripts if package.rpartition(":")[0] in packages else [TASK, *others]
        raise UnknownName("task or verb", name, known)
    return packages[package]


def with_before(names: Collection[str], scripts: Scripts) -> list[str]:
    """Tasks, and all that come before them, in order."""
    if len(names) == len(scripts):
        return list(scripts)
    wanted = closure({name: script.after for name, script in scripts.items()}, names)
    return [name for name in scripts if name in wanted]
