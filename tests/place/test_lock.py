"""The deploy lock on a real engine: one holder, named; gone with its holder, however that ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Timer

import pytest

from buildgraph.deploy.down import stop_environment
from buildgraph.errors import StepFailed
from buildgraph.place.holding import read_locks
from buildgraph.place.lock import (
    held_product_lock,
    held_shared_lock,
    keep_lock,
    release_lock,
)
from buildgraph.place.lock_container import let_go, make_lock
from buildgraph.place.names import Role
from tests.support.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

HOLD = """
import time
from buildgraph.image.engine import open_engine
from buildgraph.place.lock import held_product_lock, held_shared_lock
from tests.support.town import Town
place = Town(open_engine(""), {images!r}, "", {name!r}).place
with held_product_lock(place, "chat"), held_shared_lock(place):
    print("held", flush=True)
    time.sleep(60)
"""


def hold_elsewhere(town: Town) -> subprocess.Popen[str]:
    """A process that holds the lock of the product chat, and the one of what products share."""
    script = HOLD.format(images=dict(town.place.images), name=town.place.workspace)
    root = str(Path(__file__).parents[2])
    child = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=root,
        env={"PYTHONPATH": root, "USER": "somebody", "HOME": "/"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_held_lock_is_refused_with_its_holder_and_others_are_not(town: Town) -> None:
    with held_product_lock(town.place, "chat") as lock:
        lock.confirm()
        with (
            pytest.raises(StepFailed, match=r"is held by .+@.+, process \d+"),
            held_product_lock(town.place, "chat"),
        ):
            raise AssertionError("it was held twice")
        with held_product_lock(town.place, "mail"), held_shared_lock(town.place):
            assert sorted(town.containers()) == ["chat-lock", "lock", "mail-lock"]
    assert town.containers() == {}


def test_the_lock_of_a_killed_holder_is_free_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    child = hold_elsewhere(town)
    with pytest.raises(StepFailed, match=f"process {child.pid}"), held_product_lock(town.place, "chat"):
        raise AssertionError("it was held twice")
    child.kill()
    child.communicate()

    monkeypatch.setattr("buildgraph.place.lock.MOMENT", 30.0)  # as long as a busy engine may need to notice
    with held_product_lock(town.place, "chat") as lock, held_shared_lock(town.place) as shared:
        lock.confirm()
        shared.confirm()


def test_who_deploys_takes_shared_locks_again_and_again_with_one_container(town: Town) -> None:
    name = town.place.named("lock")
    with held_product_lock(town.place, "chat"):
        with held_shared_lock(town.place) as first:
            assert make_lock(town.place, name, {}) is None
            assert sorted(held.product for held in read_locks(town.place)) == ["", "chat"]
        with held_shared_lock(town.place) as second:
            assert second.container == first.container
        assert [held.product for held in read_locks(town.place)] == ["chat"]
        taken = make_lock(town.place, name, {})
        assert taken is not None
        let_go(town.place, *taken)
    assert town.containers() == {}


def test_a_shared_lock_that_another_has_is_waited_for(town: Town) -> None:
    with held_product_lock(town.place, "chat"):
        taken = make_lock(town.place, town.place.named("lock"), {})
        assert taken is not None
        Timer(1, let_go, (town.place, *taken)).start()
        with held_shared_lock(town.place) as shared:
            assert shared.container != taken[0]
            shared.confirm()


def test_a_container_for_shared_locks_that_somebody_has_removed_is_done_without(town: Town) -> None:
    with held_product_lock(town.place, "chat"):
        with held_shared_lock(town.place) as shared:
            town.place.engine.client.api.remove_container(shared.container, force=True)
        with held_shared_lock(town.place) as again:
            again.confirm()


def test_a_lock_whose_holder_died_while_taking_it_is_taken_over(town: Town) -> None:
    api = town.place.engine.client.api
    api.create_container(
        town.place.image("haproxy:2.9"),
        name=town.place.named("chat-lock"),
        labels=town.place.labels(Role.LOCK),
    )

    with held_product_lock(town.place, "chat") as lock:
        lock.confirm()


def test_a_lost_lock_is_noticed(town: Town) -> None:
    with held_product_lock(town.place, "chat") as lock:
        town.place.engine.client.api.remove_container(lock.container, force=True)
        with pytest.raises(StepFailed, match="the lock was lost"):
            lock.confirm()


def test_a_held_lock_is_told_with_holder_reason_and_age_and_asking_takes_none(town: Town) -> None:
    """Pitfall 48: status shows the owner."""
    assert read_locks(town.place) == ()

    with held_product_lock(town.place, "chat", "deploy"):
        [held] = read_locks(town.place)
        assert (held.product, held.reason, held.is_kept) == ("chat", "deploy", False)
        assert "@" in held.holder and 0 <= held.age < 300
        with (
            pytest.raises(StepFailed, match=r"is held by .+, process \d+ \(deploy\)"),
            held_product_lock(town.place, "chat"),
        ):
            raise AssertionError("it was held twice")

    assert read_locks(town.place) == ()


def test_a_lock_that_is_kept_outlives_its_process_until_it_is_released(town: Town) -> None:
    """Pitfall 48: held until somebody says so, and then free at once."""
    keep_lock(town.place, "chat", "the database is being moved", town.told.append)

    [held] = read_locks(town.place)
    assert (held.product, held.reason, held.is_kept) == ("chat", "the database is being moved", True)
    with pytest.raises(StepFailed, match="the database is being moved"):
        keep_lock(town.place, "chat", "another", town.told.append)
    with (
        pytest.raises(StepFailed, match=r"\(the database is being moved\)"),
        held_product_lock(town.place, "chat"),
    ):
        raise AssertionError("it was held twice")
    with held_product_lock(town.place, "mail"):
        pass

    release_lock(town.place, held)
    release_lock(town.place, held)

    with held_product_lock(town.place, "chat") as lock:
        lock.confirm()


def test_a_lock_that_is_kept_tells_no_secret(town: Town) -> None:
    town.secrets(TOKEN="hunter2-secret")
    town.service("api", port=3001, secret=("TOKEN",))

    keep_lock(town.place, "chat", "for hunter2-secret", town.told.append)

    assert [held.reason for held in read_locks(town.place)] == ["for ***"]


def test_a_lock_that_is_held_is_so_whatever_its_container_does(town: Town) -> None:
    keep_lock(town.place, "chat", "the database is being moved", town.told.append)
    [held] = read_locks(town.place)
    town.place.engine.client.api.pause(held.handle)

    with pytest.raises(StepFailed, match="is being deployed by"):
        stop_environment(town.place, volumes=False, tell=town.told.append)


def test_who_loses_the_lock_to_somebody_who_releases_it_notices(town: Town) -> None:
    with held_product_lock(town.place, "chat") as lock:
        [held] = read_locks(town.place)
        release_lock(town.place, held)
        with pytest.raises(StepFailed, match="the lock was lost"):
            lock.confirm()


def test_a_lock_left_by_one_who_died_while_taking_it_is_no_holder(town: Town) -> None:
    town.place.engine.client.api.create_container(
        town.place.image("haproxy:2.9"),
        name=town.place.named("chat-lock"),
        labels=town.place.labels(Role.LOCK),
    )

    assert read_locks(town.place) == ()
