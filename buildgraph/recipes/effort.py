"""How much Dockerfiles may take: some kilobytes of them, of services and of links may ask for hours and gigabytes.

It is told in signs that are read. What one of them takes was measured as 10 to 60 ns of a processor, and 110 at the
most (a file of `ADD a$x b`, or of stages with thousands of variables).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from buildgraph.recipes.instructions import Instruction
from buildgraph.recipes.window import PLAIN

# However little there is. It takes a second or two: 400 services may share 200 lines `COPY packages/x/package.json
# packages/x/`, of which each takes some 46,000 and a millisecond.
LEAST: Final = 20_000_000
# A tenth of what a service takes otherwise, in time. A Dockerfile of 15 lines takes 3,000.
PER_SERVICE: Final = 10_000
PER_SIGN: Final = 10  # of the files, each counted once
INSTRUCTION: Final = 60
WORD: Final = 40  # and what makes one another: a quote, a variable, an escape
VARIABLES: Final = 5  # how many of those that a word may name take what one sign does
MATCHED: Final = 40  # a sign of a pattern that files are held against
TESTED: Final = 100  # and one that each sign of a file's path has to be asked about
PARTING: Final = re.compile(r"[\s$'\"\\`,]")
TESTING: Final = re.compile(r"[?\[]")


class TooMuch(Exception):
    """More effort than there may be."""


@dataclass(slots=True)
class Effort:
    """What is left of the effort for all Dockerfiles of a snapshot together."""

    left: int = LEAST

    def spend(self, signs: int) -> None:
        """Take away what something costs; raises TooMuch from when on nothing is left."""
        self.left -= signs
        if self.left < 0:
            raise TooMuch


def effort_for(services: int, signs: int) -> Effort:
    """What the Dockerfiles of so many services, of so many signs together, may take."""
    return Effort(LEAST + PER_SERVICE * services + PER_SIGN * signs)


def reading(instruction: Instruction, variables: int) -> int:
    """What it takes to read an instruction where there are so many variables; of commands only the flags are read.

    What comes of its words is spent where it is kept.
    """
    read = [text for flag in instruction.flags for text in flag]
    if instruction.name != "RUN":
        read.append(instruction.rest)
    words = len(read) + sum(len(PARTING.findall(text)) for text in read)
    return INSTRUCTION + sum(map(len, read)) + words * (WORD + variables // VARIABLES)


def matching(copies: Collection[str]) -> int:
    """What it takes to hold a context's files against what is copied of it: paths take little, patterns much."""
    patterns = [path for path in copies if not PLAIN.fullmatch(path)]
    tests = sum(len(TESTING.findall(pattern)) for pattern in patterns)
    return sum(map(len, copies)) + MATCHED * sum(map(len, patterns)) + TESTED * tests
