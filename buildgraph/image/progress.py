"""What BuildKit tells while it builds (`--progress=rawjson`): steps, what they print, which one failed."""

from __future__ import annotations

import base64
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from buildgraph.durations import seconds
from buildgraph.image.moments import parse_moment

LAST_LINES = 30

SHOWN = 100  # characters of a step's name on a line of progress
# So BuildKit tells of an image by the name that the Dockerfile has; of one that it is given, `[context …]`.
BY_NAME = re.compile(r"\[(?:\S+ )?internal\] load metadata for (\S+)")
FLAG = re.compile(r"--\w+=\S+\s+")

# What a step is told first, and does nothing by itself: every template's installs begin with such certificates.
SETTING = re.compile(r"(?<=RUN )if \[[^]]*\]; then export [^;&|]*; fi && ")


def short_step(name: str) -> str:
    """A step's name for one line of progress: without flags and settings, cut where it gets long."""
    plain = SETTING.sub("", " ".join(FLAG.sub("", name).split()))
    return plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"


class BuildStep(NamedTuple):
    """A step of a build and when it ran, by this process's own clock in seconds; `ended` is None when nobody said."""

    name: str
    began: float
    ended: float | None = None
    is_cached: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it stands in the Dockerfile, and is not what BuildKit does around it."""
        return self.name.startswith("[") and not self.name.startswith(("[internal]", "[context "))


@dataclass(slots=True)
class BuildLog:
    """Gathers BuildKit's messages of one build; `tell` gets one short line per step that really runs.

    `hide` takes out of what steps print that nobody may read. Times are told by the clock of the engine, which may be
    another machine's: its first word counts as told at once. What goes on is told of `every` so many seconds.
    `by_name` is an image that the build looked up by itself, "" as long as it took what it was given.
    """

    tell: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    hide: Callable[[str], str] = str
    every: float = 60.0
    ahead: float | None = None
    timed: dict[str, BuildStep] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    printed: dict[str, deque[str]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=LAST_LINES))
    )
    unended: dict[tuple[str, int], bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    other: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    started: set[str] = field(default_factory=set)
    unfinished: list[str] = field(default_factory=list)
    by_name: str = ""

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
            for vertex in message.get("vertexes") or ():
                self._read_vertex(vertex)
            for log in message.get("logs") or ():
                self._read_log(log)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            self.other.append(text)  # no message of BuildKit's

    @property
    def failed_step(self) -> str:
        """The name of the step that failed, or "" when BuildKit named none."""
        real = [digest for digest, error in self.errors.items() if "context canceled" not in error]
        return self.names[real[0]] if real else ""

    @property
    def detail(self) -> str:
        """The last lines of the failed step, or what was said outside of any."""
        real = [digest for digest, error in self.errors.items() if "context canceled" not in error]
        lines = [*self._said_by(real[0]), self.errors[real[0]]] if real else list(self.other)
        return self.hide("\n".join(line for line in lines if line.strip()))

    @property
    def steps(self) -> tuple[BuildStep, ...]:
        """What has begun so far, in that order."""
        return tuple(sorted(self.timed.values(), key=lambda step: step.began))

    def tell_running(self) -> None:
        """Tell of the steps that go on, and for how long they have."""
        now = self.clock()
        for step in self.steps:
            if step.is_own and step.ended is None:
                self.tell(f"{step.name} goes on after {seconds(now - step.began)}")

    def _read_vertex(self, vertex: dict[str, Any]) -> None:
        digest = vertex["digest"]
        self.names[digest] = vertex.get("name", "")
        if found := BY_NAME.fullmatch(self.names[digest]):
            self.by_name = found[1]
        if vertex.get("error"):
            self.errors[digest] = vertex["error"]
        if vertex.get("started"):
            self._time(vertex)
        if vertex.get("started") and not vertex.get("cached") and digest not in self.started:
            self.started.add(digest)
            self._tell_step(self.timed[digest])

    def _time(self, vertex: dict[str, Any]) -> None:
        """Keep when a step ran; one that is begun more than once has its first beginning and last end."""
        digest, ended = vertex["digest"], vertex.get("completed")
        began = self._moment(vertex["started"])
        known = self.timed.get(digest)
        self.timed[digest] = BuildStep(
            short_step(self.names[digest]),
            min(began, known.began) if known else began,
            self._moment(ended) if ended else None,
            bool(vertex.get("cached")),
        )

    def _moment(self, told: str) -> float:
        """A moment of the engine's clock (RFC 3339) by ours."""
        now = self.clock()
        try:
            moment = parse_moment(told)
        except ValueError:
            return now
        if self.ahead is None:
            self.ahead = moment - now
        return moment - self.ahead

    def _tell_step(self, step: BuildStep) -> None:
        if step.is_own:
            self.tell(step.name)

    def _read_log(self, log: dict[str, Any]) -> None:
        """Take a piece of what a step prints; BuildKit cuts it anywhere, so a line's beginning waits for its end."""
        data = base64.b64decode(log.get("data", ""))
        waiting = self.unended[log["vertex"], log.get("stream", 0)]
        waiting += data
        if b"\n" in data:
            whole, _, waiting[:] = waiting.rpartition(b"\n")
            self.printed[log["vertex"]].extend(_lines(whole))

    def _said_by(self, digest: str) -> list[str]:
        """The last lines that a step printed, with those that it never ended."""
        begun = [line for (step, _), text in self.unended.items() if step == digest for line in _lines(text)]
        return [*self.printed[digest], *begun][-LAST_LINES:]


def _lines(printed: bytes | bytearray) -> list[str]:
    return printed.decode("utf-8", "replace").splitlines()
