"""A script of a package as a value: what is run where, what it leaves, and what else it depends on."""

from __future__ import annotations

from typing import NamedTuple

from buildgraph.harmless import on_one_line

TASK, BUILD = "check", "build"
FRESH = "the cache holds its result"
RESTORED = "restored"  # what a script left was brought back: its reason begins so


class Script(NamedTuple):
    """One script of one package.

    `name` is the task's; `folder` is the package's, seen from the workspace root. `outputs` are the patterns of what
    it leaves, `env` the variables that are declared for it (a `*` at the end stands for any rest). `after` are the
    names of scripts that come before it: what they leave it may read. `fingerprint` is the package's. `outside` are
    the places, seen from the workspace root or absolute, that no snapshot holds: where links of the package, or of one
    that it uses, lead, and repositories in their folders. Of the `submodules` among these a snapshot has the commit.
    """

    name: str
    folder: str
    script: str
    command: str
    outputs: tuple[str, ...]
    env: tuple[str, ...]
    after: tuple[str, ...]
    fingerprint: str
    outside: tuple[str, ...] = ()
    submodules: tuple[str, ...] = ()

    @property
    def package(self) -> str:
        """The package's name, as tasks have it."""
        return self.name.removeprefix(f"{TASK}:").removesuffix(f":{self.script}")

    @property
    def typed(self) -> str:
        """Its name as it is told, and typed."""
        return as_typed(self.name)


class Plan(NamedTuple):
    """All scripts, those that come before others first.

    `root` is the workspace's folder seen from the project's, `cache` the repository in which results are shared, and
    `packages` the names of all packages, with scripts or without.
    """

    root: str
    cache: str
    packages: tuple[str, ...]
    scripts: tuple[Script, ...]


def is_check(name: str) -> bool:
    """Whether a task's name is that of checks."""
    return name.partition(":")[0] == TASK


def task_name(package: str, script: str = "") -> str:
    """The name of the task that runs a script, or all those of a package."""
    return f"{TASK}:{package}:{script}" if script else f"{TASK}:{package}"


def as_typed(name: str) -> str:
    """A task's name as it is told, and typed: a package.json may call a package and its scripts anything.

    To doit `=` makes a variable of a word, and `*` a pattern.
    """
    return on_one_line(name).replace("=", "\\x3d").replace("*", "\\x2a")
