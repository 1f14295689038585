"""How much time has passed on this machine, what it slept of it included."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

# `time.monotonic` stands still while a machine sleeps. Linux has a clock that does not (clock_gettime(2)); on macOS
# that is what CLOCK_MONOTONIC is, which `time.monotonic` does not read there.
STEADY: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment by two clocks of this machine, in seconds: one that is never set, and the time of day."""

    steady: float
    of_day: float


def read_moment() -> Moment:
    """This moment."""
    return Moment(time.clock_gettime(STEADY), time.time())


def seconds_between(then: Moment, now: Moment) -> float:
    """How long it was, by the clock that says more.

    In a virtual machine that was paused both stand still, and the time of day is put right afterwards.
    """
    return max(now.steady - then.steady, now.of_day - then.of_day)
