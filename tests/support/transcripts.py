"""Console blocks of Markdown files: commands with what they print, run and compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
DURATION = re.compile(r"\b\d+(\.\d+)? s\b|\b\d+ min \d+ s\b")
SAVED = re.compile(r" \([^()]* of work saved\)")  # by what has run there before, which is another story
ANYTHING = "…"


@dataclass(frozen=True)
class Step:
    """A command line and the lines it should print; `…` stands for any lines."""

    command: str
    expected: tuple[str, ...]


def steps_of(markdown: str) -> Iterator[tuple[Step, ...]]:
    """The steps of every console block, block by block."""
    for block in BLOCK.findall(markdown):
        parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        yield tuple(Step(*_split(part.splitlines())) for part in parts)


def _split(lines: list[str]) -> tuple[str, tuple[str, ...]]:
    return lines[0], tuple(lines[1:])


def matches(expected: tuple[str, ...], printed: str) -> bool:
    """Whether the lines printed are those expected; durations may differ."""
    lines = [re.escape(_without_times(line)) if line != ANYTHING else ANYTHING for line in expected]
    pattern = "".join("(?:.*\n)*" if line == ANYTHING else f"{line}\n" for line in lines)
    return re.fullmatch(pattern, _without_times(printed)) is not None


def _without_times(text: str) -> str:
    return DURATION.sub("N s", SAVED.sub("", text))
