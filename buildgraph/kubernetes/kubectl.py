"""Commands of kubectl as values, and what comes of them; it knows no object of Kubernetes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from buildgraph.errors import ToolError
from buildgraph.process import Command, Result, Runner

PATIENCE: Final = "--request-timeout=30s"  # of what is answered at once by a cluster that is well


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl in one namespace of one cluster; `kubeconfig` is None for its own files."""

    runner: Runner
    context: str
    namespace: str
    kubeconfig: Path | None = None

    def command(self, *words: str, stdin: bytes = b"") -> Command:
        """A command of kubectl; what is secret is in `stdin` alone."""
        file = ("--kubeconfig", str(self.kubeconfig)) if self.kubeconfig else ()
        where = ("--context", self.context, "--namespace", self.namespace)
        return Command(("kubectl", *file, *where, *words), stdin=stdin)

    def try_run(self, *words: str, stdin: bytes = b"") -> Result:
        """Run a command to its end, whatever comes of it."""
        return self.runner.run(self.command(*words, stdin=stdin))

    def run(self, *words: str, stdin: bytes = b"") -> str:
        """What a command prints; ToolError when it fails."""
        result = self.try_run(*words, PATIENCE, stdin=stdin)
        if result.code != 0:
            raise self.failure(words, result)
        return result.text

    def read(self, *words: str) -> list[Mapping[str, Any]]:
        """The objects that `get` finds: none of a name that is not there. ToolError when it fails."""
        text = self.run("get", *words, "--ignore-not-found", "--output=json")
        if not text.strip():
            return []
        told = json.loads(text)
        return list(told["items"]) if told.get("kind") == "List" else [told]

    def creates(self, content: str) -> bool:
        """Create an object; False when there is one of that name already. ToolError when it fails otherwise.

        A cluster takes a name once, so of two who try at the same time one gets False.
        """
        result = self.try_run("create", "--filename=-", PATIENCE, stdin=content.encode())
        if result.code == 0:
            return True
        told = json.loads(content)
        if self.read(str(told["kind"]).lower(), str(told["metadata"]["name"])):
            return False
        raise self.failure(("create",), result)

    def failure(self, words: tuple[str, ...], result: Result) -> ToolError:
        """What kubectl says when it fails, and where to look."""
        what = f"kubectl {words[0]} failed in {self.context}: {result.last_lines.strip()}"
        return ToolError(what, f"`kubectl --context {self.context} get nodes` must work on this machine")
