"""SIGKILL at moments spread over the whole length of a run: what follows is right, and nothing is left over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from tests.support.doomed import DEEDS, Deed, Doomed, assert_settled, kill_at_work, length_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(900)]

KILLS = {"check": 14, "render": 18, "bases --update": 10, "build": 4, "push": 4}


@pytest.fixture(scope="module")
def doomed(tmp_path_factory: pytest.TempPathFactory, registry: str) -> Iterator[Doomed]:
    made = Doomed(tmp_path_factory.mktemp("killed"), registry)
    made.push_bases()
    yield made
    made.raze()


@pytest.mark.parametrize("deed", DEEDS, ids=str)
def test_a_run_that_is_killed_at_any_moment_is_made_up_for_by_the_next(doomed: Doomed, deed: Deed) -> None:
    """Pitfalls 9, 10 and 18; `bench/ends.py` takes ten times as many moments."""
    length, kills, turns = length_of(doomed, deed), KILLS[deed.name], count(1)
    for number in range(kills):
        kill_at_work(doomed, deed, turns, length * (number + 0.5) / kills)

    assert_settled(doomed, deed)
