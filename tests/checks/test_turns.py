"""Whose turn it is to run a script."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from buildgraph.checks.turns import TIED, held_turn
from buildgraph.process import Command, SystemRunner

HOLD = """
import sys, time
from pathlib import Path
from buildgraph.checks.turns import held_turn
with held_turn(Path(sys.argv[1]), lambda: None):
    print("held", flush=True)
    time.sleep(60)
"""


def nothing() -> None:
    """Nobody wants to know."""


def test_one_after_the_other_and_whoever_waits_says_so_once(tmp_path: Path) -> None:
    place, waits, order = tmp_path / "turns/one", list[str](), list[str]()

    def second() -> None:
        with held_turn(place, lambda: waits.append("waits")):
            order.append("second")

    with held_turn(place, nothing):
        thread = threading.Thread(target=second)
        thread.start()
        while not waits:
            time.sleep(0.001)
        order.append("first")
    thread.join()

    assert order == ["first", "second"]
    assert waits == ["waits"]
    assert list((tmp_path / "turns").iterdir()) == []


def test_a_turn_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    place = tmp_path / "one"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    argv = (sys.executable, "-c", HOLD, str(place))
    with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with held_turn(place, holder.kill):
            assert holder.wait() == -9
    assert not place.exists()


def test_where_no_lock_can_be_had_nobody_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with held_turn(tmp_path / "file/one", nothing), held_turn(tmp_path / "file/one", nothing):
        assert (tmp_path / "file").is_file()


def test_a_tied_command_tells_what_it_does_and_how_it_ended(tmp_path: Path) -> None:
    command = Command((*TIED, "sh", "-c", "echo out; echo err >&2; cat; exit 7"), tmp_path, tied=True)

    ran = SystemRunner().run(command)

    assert (ran.code, ran.stdout, ran.stderr) == (7, b"out\nerr\n", b"")


def test_a_tied_command_ends_with_all_that_it_has_started_when_nobody_holds_it(tmp_path: Path) -> None:
    """Killed, its runner can tell it nothing: what went on would write into what the next run makes."""
    script = 'trap "" HUP INT TERM; (sleep 60; touch late) & echo begun; wait'
    argv = (*TIED, "sh", "-c", script)
    child = subprocess.Popen(
        argv, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
    )
    with child:
        assert child.stdin is not None and child.stdout is not None
        assert child.stdout.readline() == b"begun\n"
        child.stdin.close()

        assert child.stdout.read() == b""  # whoever could write there is gone
    assert child.returncode == -9
