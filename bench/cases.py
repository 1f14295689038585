"""The edits after which tools are asked what is affected, and the right answer to each."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.layout import CORE, LEAF, Layout
from bench.lockfile import repoint
from bench.registry import TARGETS
from bench.timing import read_output

LOCKFILE: Final = "pnpm-lock.yaml"
MODULES: Final = "node_modules"
# What git itself keeps in its folder.
OF_GIT: Final = frozenset(
    [
        "branches",
        "COMMIT_EDITMSG",
        "config",
        "description",
        "HEAD",
        "hooks",
        "index",
        "info",
        "logs",
        "objects",
        "packed-refs",
        "refs",
    ]
)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of change: the file that it edits (`""` for none), how, and the names that are then affected.

    `change` takes the file's text and the turn's number: no two turns of a run give the same text.
    """

    name: str
    path: str
    change: Callable[[str, int], str]
    affected: Callable[[Layout], frozenset[str]]

    @contextmanager
    def applied(self, folders: tuple[Path, ...], turn: int) -> Iterator[None]:
        """The change made in these folders; it is taken back at the end."""
        kept = {folder / self.path: (folder / self.path).read_text() for folder in folders if self.path}
        try:
            for file, text in kept.items():
                file.write_text(self.change(text, turn))
            yield
        finally:
            for file, text in kept.items():
                file.write_text(text)
            for folder in folders:
                refresh(folder)


def refresh(folder: Path) -> None:
    """Let git see that a file is again what it was."""
    subprocess.run(("git", "update-index", "-q", "--refresh"), cwd=folder, check=True)


def forget(folder: Path) -> None:
    """Remove all that a tool may have kept: what git ignores in the folder, and what is not git's in git's own."""
    ignored = read_output("git", "ls-files", "-oi", "--exclude-standard", "--directory", cwd=folder)
    for name in ignored.splitlines():
        if name.rstrip("/") != MODULES:
            _remove(folder / name)
    for entry in (folder / ".git").iterdir():
        if entry.name not in OF_GIT:
            _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Make the index younger than every file: git looks into files that are as young as it again and again."""
    time.sleep(1.1)
    command = ("git", "update-index", "-q", "--refresh", "--force-write-index")
    subprocess.run(command, cwd=folder, check=True)


def _with_line(text: str, turn: int) -> str:
    return f"{text}export const turn{turn} = {time.time_ns()}\n"


def _repointed(text: str, turn: int) -> str:
    return repoint(text, TARGETS[1 + turn % (len(TARGETS) - 1)])


LEAF_EDIT: Final = Case(
    "leaf edit", "packages/leaf/src/index.ts", _with_line, lambda layout: layout.with_dependents(LEAF)
)
NOTHING: Final = Case("nothing changed", "", lambda text, _: text, lambda _: frozenset())
CASES: Final = (
    LEAF_EDIT,
    Case("core edit", "packages/core/src/index.ts", _with_line, lambda layout: layout.with_dependents(CORE)),
    Case("lockfile edit", LOCKFILE, _repointed, lambda layout: frozenset({layout.apps[1].name})),
    NOTHING,
)
