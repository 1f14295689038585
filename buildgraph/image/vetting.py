"""Commands of one's own around a push: one that may refuse an image, and one that signs what was published.

That a digest was signed is remembered by a tag beside its own, which is set when the command has done its work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from buildgraph.errors import StepFailed, ToolError
from buildgraph.image.engine import Engine
from buildgraph.image.registry import find_published
from buildgraph.image.registry_content import ACCEPTED, Registry
from buildgraph.image.surplus import MARK
from buildgraph.process import LAST_LINES, Command, Result, Runner

NOT_FOUND: Final = 404


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

    ToolError when the registry does not take it, or shows another digest.
    """
    name, _, tag = reference.rpartition(":")
    above, _, image = name.rpartition("/")
    registry = Registry(above)
    place = f"{registry.repository(image)}/manifests"
    answer = registry.ask("GET", f"{place}/{digest}", headers={"Accept": ACCEPTED})
    kind = {"Content-Type": answer.headers.get("Content-Type", "")}
    if answer.status_code != NOT_FOUND:
        answer = registry.ask("PUT", f"{place}/{tag}{MARK}", body=answer.content, headers=kind)
    found = answer.headers.get("Docker-Content-Digest", digest)
    if answer.status_code == NOT_FOUND or found != digest:
        raise ToolError(f"the registry does not show {name}@{digest}, which was just signed", "run it again")


def _said(result: Result) -> str:
    """The end of both streams: reports are printed, and progress is told beside."""
    lines = [
        part.decode("utf-8", "replace").splitlines()[-LAST_LINES:] for part in (result.stdout, result.stderr)
    ]
    return "\n".join(line for part in lines for line in part)
