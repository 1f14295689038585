"""A deployer killed at its steps, one after the other: what is asked meanwhile, and what the next deploy makes of it.

The steps are those that an unkilled run takes, as its engine hears them (`steps.py`). Here it is the first that makes
anything, the last, and those around the switch of requests. `script/prove` takes every step, before and after, of these
two ways to deploy and of two more (a step that is new tomorrow is killed at tomorrow), and 500 moments by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import pytest

from tests.deploy.chains import Chain, Stage
from tests.deploy.killing import ship_watched
from tests.deploy.steps import AFTER, BEFORE, Point
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(2700)]


# A phase by words of a step in it, and whether the deployer dies before that step is heard, or before its answer.
FIRST = (
    ("POST /networks/create", AFTER),
    ("archive?path=%2Fstate key", AFTER),
    ("create?name=api-blue", AFTER),
    ("weight 100", BEFORE),
    ("verified/town", BEFORE),
)
REPLACING = (
    ("deploy-started", AFTER),
    ("/containers/api-migration/start", AFTER),
    ("weight 90", BEFORE),
    ("weight 90", AFTER),
    ("del map", BEFORE),
    ("DELETE /containers/town-lock", BEFORE),
)


def points(steps: Sequence[str], phases: Iterable[tuple[str, str]]) -> list[Point]:
    """The steps of phases: of those that have the words the last one."""
    found = [(max(n for n, step in enumerate(steps, 1) if words in step), when) for words, when in phases]
    return [Point(number, when) for number, when in found]


@pytest.mark.long
def test_a_first_deploy_killed_in_any_phase_is_completed_by_the_next(
    make_town: Callable[..., Town], tmp_path: Path
) -> None:
    stage = Stage(make_town(), Chain.FIRST)
    stage.set_up()
    steps, good = stage.play(partial(ship_watched, stage.town, tmp_path))

    for point in points(steps, FIRST):
        stage = Stage(make_town(), Chain.FIRST)
        stage.set_up()
        standing = stage.endure(partial(ship_watched, stage.town, tmp_path, point))
        assert standing == good, (point, steps[point.number - 1])
        stage.town.raze()


def test_a_replacement_killed_in_any_phase_is_completed_by_the_next_and_nobody_notices(
    town: Town, tmp_path: Path
) -> None:
    stage = Stage(town, Chain.REPLACING)
    stage.set_up()
    steps, good = stage.play(partial(ship_watched, stage.town, tmp_path))

    for point in points(steps, REPLACING):
        stage.turn()
        standing = stage.endure(partial(ship_watched, town, tmp_path, point))
        assert standing == good, (point, steps[point.number - 1])
