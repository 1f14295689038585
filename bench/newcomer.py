"""What a new user would do in a workspace, timed, and the tables of what came of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.tables import render_table
from bench.timing import Measured, Series, read_output, run_measured
from tests.support.system import ROOT

BAR: Final = 5.0  # seconds of each command
BASE: Final = "HEAD~10"
PROGRAM: Final = (sys.executable, "-m", "buildgraph.main")
PNPM: Final = str(Path(sys.executable).with_name("pnpm"))
GIT: Final = (
    "git",
    "-c",
    "user.name=bench",
    "-c",
    "user.email=bench@example.org",
    "-c",
    "commit.gpgsign=false",
)


@dataclass(frozen=True, slots=True)
class Compared:
    """Folders of the packages that are affected since `base`, by buildgraph and by the oracle."""

    base: str
    found: frozenset[str]
    expected: frozenset[str]


def ask(base: str, root: Path) -> Measured:
    """Ask buildgraph what is affected."""
    return run(("affected", "--base", base, "--format", "json"), root)


def times_of_init(folder: Path, root: Path, runs: int) -> Iterator[float]:
    """Seconds of each init, what it wrote taken away after each."""
    for _ in range(runs):
        yield run(("init",), root).seconds
        read_output("git", "clean", "-qfd", cwd=folder)


def run(words: Sequence[str], root: Path) -> Measured:
    """Run buildgraph in a workspace."""
    return run_measured((*PROGRAM, *words), root, {**os.environ, "PYTHONPATH": str(ROOT)})


def series(measured: Sequence[Measured]) -> Series:
    """The seconds of some runs."""
    return Series(tuple(each.seconds for each in measured))


def packages(answer: Measured) -> frozenset[str]:
    """The folders of the packages in an answer."""
    nodes = json.loads(answer.output)["nodes"]
    return frozenset(
        node["path"] for node in nodes if node["kind"] == "package" and node.get("change") != "removed"
    )


def lock(root: Path, pnpm: str = PNPM) -> None:
    """Have pnpm write the lockfile, and install nothing."""
    read_output(pnpm, "install", "--lockfile-only", "--ignore-scripts", cwd=root)


def commit(folder: Path, subject: str) -> None:
    """Commit all there is."""
    read_output(*GIT, "add", "--all", cwd=folder)
    read_output(*GIT, "commit", "-qm", subject, cwd=folder)


def render_compared(compared: Iterable[Compared]) -> str:
    """A table of answers beside the oracle's."""
    rows = [
        (
            each.base,
            str(len(each.expected)),
            listed(each.expected - each.found),
            listed(each.found - each.expected),
            verdict(each.found == each.expected),
        )
        for each in compared
    ]
    return render_table(("base", "packages affected", "missing", "too many", "verdict"), rows)


def render_seconds(workspaces: Iterable[tuple[str, Mapping[str, Series]]]) -> str:
    """A table of the seconds of each command, by workspace."""
    rows = [
        (name, command, spread(values), "met" if values.most < BAR else "**missed**")
        for name, commands in workspaces
        for command, values in commands.items()
    ]
    return render_table(("workspace", "command", "s", f"under {BAR:.0f} s"), rows)


def spread(values: Series) -> str:
    """Median, least and most."""
    return f"{values.median:.2f} ({values.least:.2f}–{values.most:.2f})"


def verdict(is_right: bool) -> str:
    """A word for it."""
    return "right" if is_right else "**wrong**"


def listed(folders: Iterable[str]) -> str:
    """Folders in a sentence."""
    return ", ".join(f"`{folder}`" for folder in sorted(folders)) or "none"
