"""A workspace whose scripts are played: git and the disk are real, and a script is a function of the test."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from buildgraph.checker import Checker
from buildgraph.console import shown_on
from buildgraph.process import Command, OnLine, Result, Started, SystemRunner
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo, bare

BUILD, TEST = "check:core:build", "check:web:test"
GIT = ("rev-parse", "status", "ls-files", "hash-object", "ls-tree", "cat-file")  # what it may be asked for
MEANWHILE = "meanwhile"  # the deed that is done before git is asked what was edited
Deed = Callable[[Path], object]


class Killed(BaseException):
    """A run ends at once, as by SIGKILL: nothing is written down any more."""


@dataclass
class Played:
    """Runs git; a script of a package is the deed of that name, done in the package's folder."""

    deeds: dict[str, Deed]
    runner: SystemRunner = field(default_factory=SystemRunner)
    asked: list[str] = field(default_factory=list)

    def stop(self) -> None:
        """Nothing of ours goes on."""

    def start(self, command: Command) -> Started:
        """Start git; do anything else when asked."""
        if command.argv[0] != "git":
            return Started(partial(self.run, command))
        if "status" in command.argv and MEANWHILE in self.deeds:
            self.deeds[MEANWHILE](command.cwd or Path())
        self.asked += [word for word in command.argv if word in GIT]
        return self.runner.start(command)

    def run(self, command: Command, *, on_line: OnLine | None = None) -> Result:
        """Run git, tell a program's version, or do a deed."""
        if command.argv[0] == "git":
            self.asked += [word for word in command.argv if word in GIT]
            return self.runner.run(command, on_line=on_line)
        if command.argv[-1] != "--version":
            place = command.cwd or Path()
            self.deeds[f"check:{place.name}:{command.argv[-1]}"](place)
        return Result(0, b"done\n")


class Heard(list[str]):
    """A screen that keeps what scripts have told."""

    def tell(self, line: str) -> None:
        """Keep a line of no task."""
        self.append(line)

    def begin(self, task: str) -> None:
        """Whoever asks here knows."""

    def say(self, task: str, line: str) -> None:
        """Keep a line with its task."""
        self.append(f"{task} | {line}")

    def end(self, task: str, line: str) -> None:
        """Whoever asks here knows."""

    def close(self) -> None:
        """Nothing is held back."""


class Shop:
    """`web` is tested after `core` is built; both in one checkout, whose results go to a store beside it."""

    def __init__(self, repo: Monorepo) -> None:
        self.repo = repo
        self.deeds: dict[str, Deed] = {BUILD: compiled, TEST: lambda _: None}
        self.told = Heard()
        self.asked: list[str] = []

    @property
    def core(self) -> Path:
        """The folder of `core`."""
        return self.repo.root / "packages/core"

    def check(self, *options: str) -> list[str]:
        """Check all (`-a`: what is fresh, too); returns the names of what was run, and `told` has what was said."""
        played = Played(self.deeds)
        project = open_project(self.repo.root, played)
        checker = Checker(project, project.working_picture())
        checker.settle(checker.scripts)
        ran = [name for name in checker.scripts if not checker.found(name) or "-a" in options]
        self.told = Heard()
        with shown_on(self.told), ExitStack() as at_last:
            at_last.callback(checker.end)
            try:
                for name in ran:
                    checker.run(name)
            except Killed:
                at_last.pop_all()
                raise
        self.asked = played.asked
        return ran

    def clone(self) -> Shop:
        """Another clone of what is committed."""
        place = self.repo.root.parent / "clone"
        subprocess.run(("git", "clone", "-q", str(self.repo.root), str(place)), check=True)
        return Shop(bare(place))

    def built(self) -> Iterable[str]:
        """What lies in `dist` of `core`."""
        return sorted(path.name for path in (self.core / "dist").iterdir())


def compiled(folder: Path) -> None:
    """As a compiler does: every source gives a file, and nothing is taken away."""
    (folder / "dist").mkdir(exist_ok=True)
    for source in (folder / "src").iterdir():
        (folder / "dist" / f"{source.stem}.js").write_bytes(source.read_bytes())


def noting(folder: Path) -> None:
    """As an incremental compiler does: what its notes hold as it is is not written."""
    note_in(folder / "tsconfig.tsbuildinfo", folder)


def note_in(notes: Path, folder: Path) -> None:
    """The same, where its notes lie elsewhere."""
    known = json.loads(notes.read_text())["program"] if notes.exists() else {}
    sources = {source.stem: source.read_text() for source in (folder / "src").iterdir()}
    (folder / "dist").mkdir(exist_ok=True)
    for name, text in sources.items():
        if known.get(name) != text:
            (folder / "dist" / f"{name}.js").write_text(text)
    notes.parent.mkdir(parents=True, exist_ok=True)
    notes.write_text(json.dumps({"program": sources}))
