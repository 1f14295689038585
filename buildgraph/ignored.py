"""What doit remembers between runs: the tasks that somebody told it to leave alone (`doit ignore`), and nothing else.

doit calls these methods by name. Its own store is written in place with every run, and one that is damaged, as by a
kill or a full disk, would stop all runs after it. The marks stand in git's own folder, where no commit can put any.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Final

from buildgraph.errors import ToolError
from buildgraph.wholeness import write_whole

MARK: Final = "ignore:"  # doit's word

FOLDER: Final = "ignored"


def marks_file(own: Path, checkout: Path) -> Path:
    """The file with the marks of one checkout: in our folder in git's (`own`), which worktrees share."""
    return own / FOLDER / hashlib.sha256(os.fsencode(checkout)).hexdigest()


class Ignored:
    """The marks in a file; all else that doit tells is forgotten with the process."""

    desc = "remembers ignored tasks only"

    def __init__(self, name: str, codec: object, *, module_name: object = None) -> None:
        self.name = name
        self._tasks: dict[str, dict[str, Any]] = {task: {MARK: "1"} for task in _read(Path(name))}
        self._before = self._marked()

    def set(self, task: str, dependency: str, value: object) -> None:
        """Remember something of a task."""
        self._tasks.setdefault(task, {})[dependency] = value

    def get(self, task: str, dependency: str) -> Any:
        """What is known of a task under this word, or None."""
        return self._tasks.get(task, {}).get(dependency)

    def in_(self, task: str) -> bool:
        """Whether anything is known of a task."""
        return task in self._tasks

    def remove(self, task: str) -> None:
        """Forget a task."""
        self._tasks.pop(task, None)

    def remove_all(self) -> None:
        """Forget all tasks."""
        self._tasks.clear()

    def dump(self) -> None:
        """Write down what was marked and unmarked here, beside what others have; ToolError where that cannot be."""
        now = self._marked()
        if now == self._before:
            return
        file = Path(self.name)
        marked = sorted((_read(file) - (self._before - now)) | now)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, json.dumps({task: {MARK: "1"} for task in marked}).encode())
        except OSError as error:
            what = f"what doit shall ignore cannot be written to {file}: {error.strerror}"
            raise ToolError(what, "make room, or move away what is there") from error

    def _marked(self) -> frozenset[str]:
        return frozenset(task for task, known in self._tasks.items() if known.get(MARK))


def _read(file: Path) -> frozenset[str]:
    """The tasks that are marked; none in a file that is not there, or is damaged."""
    try:
        told = json.loads(file.read_bytes())
        return frozenset(task for task, known in told.items() if isinstance(known, dict) and known.get(MARK))
    except (OSError, ValueError, AttributeError, RecursionError):
        return frozenset()
