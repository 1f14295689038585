"""The deploy lock on a real engine: one holder, named; gone with its holder, however that ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from buildgraph.deploy.lock import held_product_lock, held_shared_lock
from buildgraph.deploy.names import Role
from buildgraph.errors import StepFailed
from tests.deploy.town import Town

pytestmark = [pytest.mark.engine, pytest.mark.timeout(60)]

HOLD = """
import time
from buildgraph.image.engine import open_engine
from buildgraph.deploy.lock import held_product_lock
from tests.deploy.town import Town
with held_product_lock(Town(open_engine(""), {images!r}, "", {name!r}).place, "chat"):
    print("held", flush=True)
    time.sleep(60)
"""


def hold_elsewhere(town: Town) -> subprocess.Popen[str]:
    """A process that holds the lock of the product chat."""
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


def test_the_lock_of_a_killed_holder_is_free_at_once(town: Town) -> None:
    child = hold_elsewhere(town)
    with pytest.raises(StepFailed, match=f"process {child.pid}"), held_product_lock(town.place, "chat"):
        raise AssertionError("it was held twice")
    child.kill()
    child.communicate()

    with held_product_lock(town.place, "chat") as lock:
        lock.confirm()


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
