"""How much reading Dockerfiles may take: some kilobytes of them, and of services, may ask for hours and gigabytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LEAST: Final = 3_000_000  # signs that are read or come of it, however little there is: about a second
PER_SERVICE: Final = (
    10_000  # what a Dockerfile of a hundred lines takes, read for one with arguments of its own
)
PER_SIGN: Final = 10  # of the files, each counted once
INSTRUCTION: Final = 20  # what reading one takes, in signs
WRITTEN: Final = 2  # what a sign of it takes
MATCHED: Final = 5  # what a sign of a copied path takes, which paths are held against
VARIABLES: Final = 10  # how many of those that a word may name take what one sign does


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
