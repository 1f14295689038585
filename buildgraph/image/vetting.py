"""Commands of one's own around a push: one that may refuse an image, and one that signs what was published.

That a digest was signed is remembered by a tag beside its own, which is set when the command has done its work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from buildgraph.errors import StepFailed
from buildgraph.image.engine import Engine
from buildgraph.image.naming import give_name
from buildgraph.image.registry import find_published
from buildgraph.image.surplus import MARK
from buildgraph.process import LAST_LINES, Command, Result, Runner


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


def mark_signed(reference: str, digest: str) -> None:
    """Set the mark beside a fingerprint tag: one more tag of the same manifest, byte for byte.

    StepFailed when the registry does not hold the digest, ToolError when it does not take the mark.
    """
    name, _, tag = reference.rpartition(":")
    give_name(f"{name}@{digest}", f"{tag}{MARK}")


def _said(result: Result) -> str:
    """The end of both streams: reports are printed, and progress is told beside."""
    lines = [
        part.decode("utf-8", "replace").splitlines()[-LAST_LINES:] for part in (result.stdout, result.stderr)
    ]
    return "\n".join(line for part in lines for line in part)
