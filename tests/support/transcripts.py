"""Command blocks of Markdown files: commands with what they print, run and compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BLOCK = re.compile(r"((?:^<!--(?:(?!-->).)*-->\n)?)^```([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\n", re.DOTALL)
COMMANDS = ("console", "sh")
DURATION = re.compile(r"\b\d+(\.\d+)? s\b|\b\d+ min \d+ s\b")
SAVED = re.compile(r" \([^()]* of work saved\)")  # by what has run there before, which is another story
ANYTHING = "…"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and text, and why it cannot be run, where that is said above it."""

    language: str
    text: str
    not_run: str = ""

    @property
    def is_run(self) -> bool:
        """Whether a test that follows the page runs it."""
        return self.language in COMMANDS and not self.not_run


@dataclass(frozen=True)
class Step:
    """A command and the lines it should print: `…` stands for any lines, or for any part of one."""

    command: str
    expected: tuple[str, ...]


def blocks_of(markdown: str) -> Iterator[Block]:
    """Every fenced block of a page, in its order."""
    for above, language, text in BLOCK.findall(markdown):
        reason = NOT_RUN.fullmatch(above)
        yield Block(language, text, reason[1] if reason else "")


def steps_of(markdown: str) -> Iterator[tuple[Step, ...]]:
    """The steps of every block that is run: of `console` each command with its lines, of `sh` all as one script."""
    for block in blocks_of(markdown):
        if block.is_run and block.language == "sh":
            yield (Step(block.text, ()),)
        elif block.is_run:
            parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]
            yield tuple(Step(*_split(part.splitlines())) for part in parts)


def _split(lines: list[str]) -> tuple[str, tuple[str, ...]]:
    return lines[0], tuple(lines[1:])


def matches(expected: tuple[str, ...], printed: str) -> bool:
    """Whether the lines printed are those expected; durations may differ."""
    lines = (re.escape(_without_times(line)).replace(ANYTHING, ".*") + "\n" for line in expected)
    pattern = "".join("(?:.*\n)*" if line == ".*\n" else line for line in lines)
    return re.fullmatch(pattern, _without_times(printed)) is not None


def _without_times(text: str) -> str:
    return DURATION.sub("N s", SAVED.sub("", text))
