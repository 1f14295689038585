"""How a container is, in a few words."""

from __future__ import annotations

import pytest

from buildgraph.place.containers import Condition


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition("running", 0, 0, "172.18.0.2"), "running"),
        (Condition("exited", 7, 0, ""), "exited, exit code 7"),
        (Condition("restarting", 7, 3, ""), "restarting, exit code 7, started again 3 times"),
        (Condition("running", 0, 3, "172.18.0.2"), "running, started again 3 times"),
        (Condition("exited", 137, 0, "", is_out_of_memory=True), "exited, it ran out of memory"),
    ],
    ids=["well", "ended", "ends again and again", "runs once more", "out of memory"],
)
def test_a_container_tells_its_state_and_how_it_ended_while_the_engine_knows(
    condition: Condition, words: str
) -> None:
    assert str(condition) == words
