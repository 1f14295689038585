"""Who finds out that its lock is another's: also who slept, for whom no time has passed."""

from __future__ import annotations

import pytest

from buildgraph.errors import StepFailed
from buildgraph.kubernetes.lease import DEAD, Lock
from buildgraph.place.elapsed import Moment
from tests.kubernetes.played import Cape, place_on

THEN = Moment(1000.0, 5000.0)


def lock_of(cape: Cape, *, holder: str, now: Moment) -> Lock:
    """Ada's lock, last renewed then, of which the cluster has this holder."""
    lease = {"holderIdentity": holder, "acquireTime": "today", "renewTime": "today"}
    meta = {"name": "buildgraph-lock-shop", "labels": {}}
    cape.put({"kind": "Lease", "metadata": meta, "spec": lease})
    return Lock(place_on(cape), "shop", "ada", "today", clock=lambda: now, renewed=THEN)


def test_a_lock_that_was_just_renewed_is_not_asked_for() -> None:
    cape = Cape()

    lock_of(cape, holder="ada", now=Moment(1001.0, 5001.0)).confirm()

    assert cape.commands == []


@pytest.mark.parametrize("now", [Moment(1060.0, 5000.0), Moment(1000.0, 5060.0)], ids=["slept", "paused"])
def test_a_holder_that_slept_asks_for_its_lock_before_it_changes_anything(now: Moment) -> None:
    """Pitfall 48: a closed lid, or a virtual machine that was paused; others have seen no sign of life meanwhile."""
    mine, taken = Cape(), Cape()

    lock = lock_of(mine, holder="ada", now=now)
    lock.confirm()
    assert (lock.age, len(mine.commands)) == (0.0, 1)

    with pytest.raises(StepFailed, match="the lock was lost; nothing more is changed"):
        lock_of(taken, holder="grace", now=now).confirm()
    assert taken.objects["lease", "buildgraph-lock-shop"]["spec"]["holderIdentity"] == "grace"


def test_a_clock_that_was_set_back_makes_no_sign_of_life_younger() -> None:
    cape = Cape()

    lock_of(cape, holder="ada", now=Moment(1000.0 + DEAD, 4000.0)).confirm()

    assert len(cape.commands) == 1
