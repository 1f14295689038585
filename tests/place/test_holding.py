"""Which containers hold the lock whose name they have, by what the engine says of them."""

from __future__ import annotations

import pytest

from buildgraph.place.holding import KEPT, holds

STATES = {
    "created": False,  # only being taken, or left by one who died while taking it
    "running": True,
    "paused": True,
    "restarting": True,
    "exited": False,
    "removing": False,
    "dead": False,
}


@pytest.mark.parametrize("state", STATES)
def test_a_lock_is_held_from_the_start_of_its_container_to_its_end(state: str) -> None:
    """Pitfall 48: an engine that is busy takes away what has ended in its own time."""
    assert holds(state, {}) is STATES[state]


@pytest.mark.parametrize("state", STATES)
def test_a_lock_that_is_kept_by_hand_is_held_whatever_becomes_of_its_container(state: str) -> None:
    assert holds(state, {KEPT: "yes"}) is (state != "created")
