"""Time that passes on this machine, what it sleeps of it included."""

from __future__ import annotations

import time

from buildgraph.place.elapsed import Moment, read_moment, seconds_between


def test_of_two_clocks_the_one_that_says_more_is_believed() -> None:
    then = Moment(100.0, 5000.0)

    assert seconds_between(then, Moment(101.0, 5060.0)) == 60.0
    assert seconds_between(then, Moment(160.0, 4000.0)) == 60.0


def test_the_clock_that_is_never_set_counts_what_the_machine_has_slept() -> None:
    """So it is never behind the one that sleeping stops; both begin with the machine."""
    awake = time.monotonic()

    assert read_moment().steady >= awake
