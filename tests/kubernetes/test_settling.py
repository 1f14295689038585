"""When a Deployment counts as settled: by the cluster's own word, however often kubectl is cut off from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from buildgraph.kubernetes.lease import Lock
from buildgraph.kubernetes.rollout import has_settled
from buildgraph.process import Command, OnLine, Result
from tests.kubernetes.played import place_on
from tests.support.runners import AnsweringRunner

GOES_ON = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
GIVEN_UP = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}


@dataclass
class Watching(AnsweringRunner):
    """A cluster that breaks off every watch but the last one, and tells this of a Deployment."""

    breaks: int = 0
    condition: Mapping[str, str] = field(default_factory=dict)

    def run(self, command: Command, *, on_line: OnLine | None = None) -> Result:
        self.commands.append(command)
        if "get" in command.argv:
            told = {"kind": "Deployment", "status": {"conditions": [self.condition]}}
            return Result(0, json.dumps(told).encode())
        self.breaks -= 1
        return Result(0 if self.breaks < 0 else 1)

    @property
    def watches(self) -> int:
        return sum("rollout" in command.argv for command in self.commands)


def lock_on(runner: Watching) -> Lock:
    """A lock of a cluster that is asked by this runner."""
    return Lock(place_on(runner), "shop", "ada", "now")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buildgraph.kubernetes.rollout.PAUSE", 0.0)


def test_a_watch_that_a_busy_cluster_breaks_off_is_begun_again() -> None:
    runner = Watching(breaks=2, condition=GOES_ON)

    assert has_settled(lock_on(runner), "api", 60.0)
    assert runner.watches == 3


def test_what_the_cluster_has_given_up_is_not_waited_for() -> None:
    runner = Watching(breaks=9, condition=GIVEN_UP)

    assert not has_settled(lock_on(runner), "api", 60.0)
    assert runner.watches == 1


def test_what_does_not_settle_in_its_time_has_not() -> None:
    runner = Watching(breaks=9, condition=GOES_ON)

    assert not has_settled(lock_on(runner), "api", -1.0)
    assert runner.watches == 1
