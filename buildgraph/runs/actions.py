"""A run as GitHub Actions shows it: folded groups, annotations, and the job's summary.

GitHub: "Workflow commands for GitHub Actions". A line that begins with `::` or holds `##[` is a command there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from buildgraph.console import said
from buildgraph.durations import seconds
from buildgraph.errors import MOST_TOLD, BuildgraphError, ConfigurationError
from buildgraph.harmless import harmless
from buildgraph.runs.record import Outcome, RunRecord, TaskRecord

SUMMARY = "GITHUB_STEP_SUMMARY"
WORKSPACE = "GITHUB_WORKSPACE"
LONGEST = 4000  # signs of an annotation: it points, the log tells all
# Where a mistake stands: `PATH`, `PATH:LINE` or `PATH: line LINE`, and perhaps a key after it.
PLACE = re.compile(r"(?P<path>.+?)(?::(?: line )?(?P<line>\d+))?(?:: .*)?", re.DOTALL)


class Groups:
    """A screen that keeps the lines of each task together, folded below what it came to; failures stay open."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.write = write
        self._lines: dict[str, list[str]] = {}

    def tell(self, line: str) -> None:
        """A line of no task."""
        self.write(_as_text(line.splitlines()))

    def begin(self, task: str) -> None:
        """A task begins: what it says is kept from now on."""
        self._lines[task] = []
        self.write(_as_text([f".  {task}"]))

    def say(self, task: str, line: str) -> None:
        """A line of a task."""
        kept = self._lines.get(task)
        if kept is None:
            self.write(_as_text([said(task, line).rstrip("\n")]))
        else:
            kept.append(said(task, line).rstrip("\n"))

    def end(self, task: str, line: str) -> None:
        """A task has come to something: its group is written."""
        title, *more = line.splitlines()
        self.write(render_group(title, self._lines.pop(task, [])) + _as_text(more))

    def close(self) -> None:
        """The run is interrupted, or over: what is kept yet is written."""
        for task in list(self._lines):
            self.end(task, f"!! {task}  interrupted")


def render_group(title: str, lines: Sequence[str]) -> str:
    """Lines below a title that unfolds them; without lines the title alone."""
    if not lines:
        return _as_text([title])
    return f"::group::{_as_title(title)}\n{_as_text(lines)}::endgroup::\n"


def _as_title(title: str) -> str:
    """A title in which nothing is taken for a command, either: names of tasks are strangers'."""
    return title.replace("##[", "#\\x23[")


def _as_text(lines: Sequence[str]) -> str:
    """Lines that are not taken for commands, whatever a program has printed."""
    text = "".join(f"{line}\n" for line in lines)
    if "##[" not in text and not any(line.lstrip().startswith("::") for line in lines):
        return text
    import secrets

    token = secrets.token_hex(16)
    return f"::stop-commands::{token}\n{text}::{token}::\n"


class Spot(NamedTuple):
    """Where an annotation points: a file as it is found from the project's folder, and a line."""

    path: str = ""
    line: str = ""


NOWHERE = Spot()


class Annotator:
    """Makes annotations of errors; files are looked for around the folder that the command was started in."""

    def __init__(self, environ: Mapping[str, str], folder: Path) -> None:
        self.top = Path(environ.get(WORKSPACE) or folder).resolve()
        self.folder = folder.resolve()

    def annotations(self, error: BuildgraphError, title: str = "", spot: Spot = NOWHERE) -> Iterator[str]:
        """One line for each mistake, or for the failure of a task, which may point to a file of it."""
        if isinstance(error, ConfigurationError):
            for mistake in error.mistakes[:MOST_TOLD]:
                yield self._annotation(str(mistake), title, _spot_of(mistake.where))
        else:
            yield self._annotation(str(error), title, spot)

    def _annotation(self, message: str, title: str, spot: Spot) -> str:
        file = self._found(spot.path)
        told = {"file": file, "line": spot.line if file else "", "title": title}
        properties = ",".join(f"{name}={_escaped_property(value)}" for name, value in told.items() if value)
        return f"::error {properties}".rstrip() + f"::{_escaped(harmless(message[:LONGEST]))}\n"

    def _found(self, path: str) -> str:
        """The file as GitHub names it, from the top of the checkout; nothing when there is none."""
        if not path:
            return ""
        for folder in (self.folder, *self.folder.parents):
            if folder.is_relative_to(self.top) and (folder / path).is_file():
                file = (folder / path).resolve()
                return file.relative_to(self.top).as_posix() if file.is_relative_to(self.top) else ""
        return ""


def _spot_of(where: str) -> Spot:
    found = PLACE.fullmatch(where[:LONGEST])
    return Spot(found["path"], found["line"] or "") if found else NOWHERE


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escaped_property(text: str) -> str:
    return _escaped(harmless(text)).replace(":", "%3A").replace(",", "%2C")


def render_summary(record: RunRecord) -> str:
    """The run as a table in Markdown, and what was fresh in one line below it."""
    rows = [_row(task) for task in record.tasks if task.outcome is not Outcome.FRESH]
    fresh = ", ".join(_cell(name) for name in record.names(Outcome.FRESH))
    command = " ".join(("buildgraph", *record.arguments))
    table = ["| task | result | time | why |", "|---|---|---|---|", *rows, ""] if rows else []
    parts = [f"### {_cell(command)}", "", *table]
    if fresh:
        parts += [f"Fresh, so nothing to do: {fresh}", ""]
    result = "done" if record.exit_code == 0 else f"exit code {record.exit_code}"
    return "\n".join([*parts, f"{result} in {seconds(record.seconds)}", "", ""])


def _row(task: TaskRecord) -> str:
    took = seconds(task.seconds) if task.seconds is not None else ""
    return f"| {_cell(task.name)} | {task.outcome} | {took} | {_cell(task.why)} |"


def _cell(text: str) -> str:
    """Text that Markdown takes as it is, on one line."""
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", " ".join(text.split()))
