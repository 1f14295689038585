"""What BuildKit tells while it builds (`--progress=rawjson`): steps, what they print, which one failed."""

from __future__ import annotations

import base64
import json
import re
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LAST_LINES = 30


SHOWN = 100  # characters of a step's name on a line of progress
FLAG = re.compile(r"--\w+=\S+\s+")


def short_step(name: str) -> str:
    """A step's name for one line of progress: without flags, cut where it gets long."""
    plain = " ".join(FLAG.sub("", name).split())
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"


@dataclass(slots=True)
class BuildLog:
    """Gathers BuildKit's messages of one build; `tell` gets one short line per step that really runs."""

    tell: Callable[[str], None]
    names: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    printed: dict[str, deque[str]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=LAST_LINES))
    )
    other: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    started: set[str] = field(default_factory=set)
    unfinished: list[str] = field(default_factory=list)

    def read_line(self, line: str) -> None:
        """Take one line of standard error; a line that is no message is kept for the error text.

        A message stands on one line, or (buildx before 0.14) on several from `{` to `}`.
        """
        if not self.unfinished and line != "{":
            self._read_message(line)
            return
        self.unfinished.append(line)
        if line == "}":
            text, self.unfinished = "\n".join(self.unfinished), []
            self._read_message(text)

    def _read_message(self, text: str) -> None:
        try:
            message = json.loads(text)
        except ValueError:
            message = text
        if not isinstance(message, dict):
            self.other.append(str(message))
            return
        for vertex in message.get("vertexes") or ():
            self._read_vertex(vertex)
        for log in message.get("logs") or ():
            self._read_log(log)

    @property
    def failed_step(self) -> str:
        """The name of the step that failed, or "" when BuildKit named none."""
        real = [digest for digest, error in self.errors.items() if "context canceled" not in error]
        return self.names[real[0]] if real else ""

    @property
    def detail(self) -> str:
        """The last lines of the failed step, or what was said outside of any."""
        real = [digest for digest, error in self.errors.items() if "context canceled" not in error]
        lines = [*self.printed[real[0]], self.errors[real[0]]] if real else list(self.other)
        return "\n".join(line for line in lines if line.strip())

    def _read_vertex(self, vertex: dict[str, Any]) -> None:
        digest = vertex["digest"]
        self.names[digest] = vertex.get("name", "")
        if vertex.get("error"):
            self.errors[digest] = vertex["error"]
        if vertex.get("started") and not vertex.get("cached") and digest not in self.started:
            self.started.add(digest)
            self._tell_step(self.names[digest])

    def _tell_step(self, name: str) -> None:
        if name.startswith("[") and not name.startswith(("[internal]", "[context ")):
            self.tell(short_step(name))

    def _read_log(self, log: dict[str, Any]) -> None:
        text = base64.b64decode(log.get("data", "")).decode("utf-8", "replace")
        self.printed[log["vertex"]].extend(text.rstrip("\n").splitlines())
