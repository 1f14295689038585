"""Commands of one's own around a push: one that may refuse an image, and one that signs what was published.

That a digest was signed is remembered by a tag beside its own, which is set when the command has done its work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from buildgraph.errors import StepFailed, ToolError
from buildgraph.image.copying import way_to_name
from buildgraph.image.engine import Engine
from buildgraph.image.registry import find_published
from buildgraph.image.surplus import MARK
from buildgraph.process import LAST_LINES, Command, Result, Runner

TRUSTED: Final = (
    "run it again; where the engine alone trusts the registry's CA, "
    "name that to this process, too (REQUESTS_CA_BUNDLE=FILE)"
)


@dataclass(frozen=True, slots=True)
class Vetting:
    """What runs such commands for a task (`step`); `hide` takes out of what they say that nobody may read."""

    runner: Runner
    step: str
    hide: Callable[[str], str]

    def run(self, command: Command, what: str) -> None:
        """Run a command to its end; StepFailed with `what` it means that it failed, and what it said."""
        result = self.runner.run(command)
        if result.code != 0:
            name = command.argv[0]
            raise StepFailed(
                self.step, f"{what} ({name} ended with code {result.code})", self.hide(_said(result))
            )


def is_signed(engine: Engine, reference: str, digest: str) -> bool:
    """Whether the mark beside a fingerprint tag names the digest."""
    marked = find_published(engine, f"{reference}{MARK}")
    return marked is not None and marked.digest == digest


def way_to_mark(engine: Engine, runner: Runner, reference: str, digest: str) -> Callable[[], None]:
    """How the mark beside a fingerprint tag is set, one more tag of the same manifest; it is asked for before.

    Setting it raises StepFailed or ToolError when the registry does not take it, or shows another digest then.
    """
    name, _, tag = reference.rpartition(":")
    give = way_to_name(engine, runner, f"{name}@{digest}")

    def mark() -> None:
        give(f"{tag}{MARK}")
        if not is_signed(engine, reference, digest):
            raise ToolError(f"the registry does not show {name}@{digest} under {tag}{MARK}", TRUSTED)

    return mark


def _said(result: Result) -> str:
    """The end of both streams: reports are printed, and progress is told beside."""
    lines = [
        part.decode("utf-8", "replace").splitlines()[-LAST_LINES:] for part in (result.stdout, result.stderr)
    ]
    return "\n".join(line for part in lines for line in part)
