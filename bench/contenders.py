"""Who takes part: each tool's commands as values, how to read its answers, and where it keeps caches."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.layout import SCOPE

OURS: Final = "buildgraph"
GIT_STATUS, PYTHON, PYTHON_DOIT = "git status", "python", "python, import doit"
TURBO, TURBO_BINARY, NX, NX_DAEMON, MOON = "turbo", "turbo's binary", "nx", "nx with daemon", "moon"
# Variables that would make a tool answer another question than on a laptop.
FOREIGN: Final = ("CI", "GITHUB_", "GITLAB_", "TURBO_", "NX_", "MOON_", "BUILDGRAPH_", "GIT_", "npm_")
QUIET: Final = {
    "DO_NOT_TRACK": "1",
    "TURBO_TELEMETRY_DISABLED": "1",
    "TURBO_NO_UPDATE_NOTIFIER": "1",
    "NX_NO_CLOUD": "true",
    "NX_TUI": "false",
    "NX_DAEMON": "false",
    "MOON_TELEMETRY": "false",
}
# Most projects for which a tool's build is measured: the first run, which fills its cache, takes a process each.
BUILT_UP_TO: Final = 400

Names = frozenset[str]


@dataclass(frozen=True)
class Contender:
    """A tool or a floor: what is run in which folder, how its answer is read, and what it keeps.

    `affected` prints what `read` turns into names of projects; after a `build` that found all there,
    `nothing_done` is found in what it printed. `kept` is where it is told to keep what it keeps outside.
    """

    name: str
    folder: Path
    kept: Path
    affected: tuple[str, ...] = ()
    read: Callable[[str], Names] = lambda _: frozenset()
    build: tuple[str, ...] = ()
    nothing_done: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    built_up_to: int = 10**6

    @property
    def is_floor(self) -> bool:
        """Whether it answers nothing, so that nothing can be faster."""
        return self.name in (GIT_STATUS, PYTHON, PYTHON_DOIT)

    @property
    def environment(self) -> Mapping[str, str]:
        """All variables that it is given."""
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return {**own, **QUIET, "XDG_CACHE_HOME": str(self.kept), **self.variables}


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are: the workspace, moon's copy of it, our programs, the peers' modules, settings, caches."""

    workspace: Path
    moon: Path
    ours: Path
    modules: Path
    settings: Path
    kept: Path


def floors(places: Places) -> tuple[Contender, ...]:
    """What any tool of ours must wait for: git's look at the tree, Python's start, doit's import."""
    python = str(places.ours / "python")
    looks = {
        GIT_STATUS: ("git", "status", "--porcelain=v2", "-z"),
        PYTHON: (python, "-c", "pass"),
        PYTHON_DOIT: (python, "-c", "import doit"),
    }
    return tuple(
        Contender(name, places.workspace, places.kept, affected=argv, build=argv)
        for name, argv in looks.items()
    )


def ours(places: Places) -> Contender:
    """buildgraph, as pip installs it; this machine's own settings are left out, as no peer has any."""
    program = str(places.ours / "buildgraph")
    return Contender(
        OURS,
        places.workspace,
        places.kept,
        affected=(program, "affected", "--format", "names"),
        read=read_ours,
        build=(program, "build"),
        nothing_done=r"(?s)\A(?!.*^ok )",
        variables={"XDG_CONFIG_HOME": str(places.settings)},
    )


def peers(places: Places) -> tuple[Contender, ...]:
    """The other tools, but for nx with its daemon, which would work in the background of the others' turns."""
    return (*_turbos(places), nx(places), moon(places))


def _turbos(places: Places) -> Iterable[Contender]:
    binary = next(places.modules.glob("@turbo/*/bin/turbo"))
    for name, program in ((TURBO, places.modules / ".bin/turbo"), (TURBO_BINARY, binary)):
        yield Contender(
            name,
            places.workspace,
            places.kept,
            affected=(str(program), "ls", "--affected", "--output=json"),
            read=read_turbo,
            build=(str(program), "run", "build"),
            nothing_done="FULL TURBO",
            variables={"PATH": _path_with(places.modules)},
        )


def nx(places: Places, *, daemon: bool = False) -> Contender:
    """nx, without or with the process that it keeps in the background."""
    program = str(places.modules / ".bin/nx")
    return Contender(
        NX_DAEMON if daemon else NX,
        places.workspace,
        places.kept,
        affected=(program, "show", "projects", "--affected", "--json"),
        read=read_nx,
        build=(program, "run-many", "-t", "build"),
        nothing_done=r"\(100%\)",
        variables={"PATH": _path_with(places.modules), "NX_DAEMON": str(daemon).lower()},
        built_up_to=BUILT_UP_TO,
    )


def moon(places: Places) -> Contender:
    """moon, in a copy with a file of its own beside each package.json."""
    program = str(places.modules / ".bin/moon")
    return Contender(
        MOON,
        places.moon,
        places.kept,
        affected=(program, "query", "projects", "--affected", "--downstream", "deep"),
        read=read_moon,
        build=(program, "run", ":build"),
        nothing_done=r"\((\d+) cached\)",
        variables={"PATH": _path_with(places.modules)},
        built_up_to=BUILT_UP_TO,
    )


def _path_with(modules: Path) -> str:
    """The programs' path with a stand-in for pnpm in front: the scripts it would run do nothing."""
    return f"{modules.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"


def read_ours(output: str) -> Names:
    """The packages among the affected nodes; images that do not go with them stand there too, as they are."""
    nodes = output.split()
    packages = {node.removeprefix("package:") for node in nodes if node.startswith("package:@")}
    images = {node for node in nodes if node.startswith("image:")}
    fitting = {f"image:{name.rpartition('/')[2]}" for name in packages if name.startswith(f"{SCOPE}/app-")}
    return frozenset(packages | (images ^ fitting))


def read_turbo(output: str) -> Names:
    """The packages; turbo's name for the root is none of ours."""
    return frozenset(item["name"] for item in _parse(output)["packages"]["items"] if item["name"] != "//")


def read_nx(output: str) -> Names:
    """The projects but for the root."""
    return frozenset(name for name in _parse(output) if name.startswith(SCOPE))


def read_moon(output: str) -> Names:
    """The projects, which moon calls by their folders."""
    return frozenset(f"{SCOPE}/{project['id']}" for project in _parse(output)["projects"])


def _parse(output: str) -> Any:
    return json.loads(output)
