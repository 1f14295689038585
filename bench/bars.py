"""What the figures must reach, as data, and whether they do; pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Final

from bench.contenders import GIT_STATUS, NX, TURBO
from bench.timing import Series

AFFECTED, COLD, BUILD = "affected", "cold", "build"
# Nothing can be faster than what it must wait for; so near to it, no peer counts.
NEAR_THE_FLOOR: Final = 1.3


@dataclass(frozen=True, slots=True)
class Bar:
    """At one size, ours may take so many times what another takes, and so many seconds more."""

    part: str
    size: str
    against: str
    times: float
    more: float = 0.0

    @property
    def text(self) -> str:
        """The bar in words."""
        more = f" + {self.more * 1000:.0f} ms" if self.more else ""
        return f"at most {self.times:g} x {self.against}{more}"


BARS: Final = (
    Bar(AFFECTED, "S", TURBO, 0.7),
    Bar(AFFECTED, "S", NX, 0.1),
    Bar(AFFECTED, "M", TURBO, 0.5),
    Bar(AFFECTED, "L", TURBO, 0.3),
    Bar(AFFECTED, "L", GIT_STATUS, 2.0, more=0.060),
    Bar(COLD, "L", TURBO, 1.0),
    Bar(BUILD, "S", TURBO, 1.0),
    Bar(BUILD, "M", TURBO, 0.6),
    Bar(BUILD, "L", TURBO, 0.3),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How ours stands to a bar: what is allowed (seconds, median) and ours as a part of it, turn by turn."""

    bar: Bar
    allowed: Series
    shares: Series
    by_floor: bool

    @property
    def is_met(self) -> bool:
        """Whether the median turn stays below."""
        return self.shares.median <= 1


def judge(bar: Bar, ours: Series, peer: Series, floor: Series) -> Verdict:
    """Ours against a bar, turn by turn; where 1.3 x the floor is above the bar, that is the bar."""
    turns = list(zip(ours.values, peer.values, floor.values, strict=True))
    bars = [bar.times * theirs + bar.more for _, theirs, _ in turns]
    floors = [NEAR_THE_FLOOR * least for _, _, least in turns]
    allowed = Series(tuple(map(max, bars, floors)))
    shares = Series(tuple(took / limit for (took, _, _), limit in zip(turns, allowed.values, strict=True)))
    return Verdict(bar, allowed, shares, statistics.median(floors) > statistics.median(bars))


def sum_of(first: Series, second: Series) -> Series:
    """Two series added, turn by turn."""
    return Series(tuple(a + b for a, b in zip(first.values, second.values, strict=True)))
