"""Checks on a disk that is full, closed or damaged, by a clock that jumps, beside others: right, or one clear error."""

from __future__ import annotations

import json
import os
import signal
import stat
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.scripted import SCRIPT, Scripted, on_full_disk, read_only

pytestmark = pytest.mark.pnpm  # real processes, and Linux

NO_ROOM = "No space left on device"
BOTH = ["a", "b"]
B = SCRIPT.format(name="b")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scripted:
    """Two packages that are built; every test leaves them so."""
    made = Scripted(tmp_path_factory.mktemp("disturbed"))
    made.repo.append(".gitignore", "slow\nbegun\n")
    made.run("check")
    return made


@pytest.fixture
def shop(made: Scripted) -> Scripted:
    """The same, with an edit."""
    made.edit()
    made.ran()
    return made


def told(shop: Scripted, *arguments: str, within: Sequence[str] = ()) -> tuple[int, str]:
    """The exit code of a command line and what it says on standard error."""
    with shop.start(*arguments, within=within) as process:
        _, said = process.communicate(timeout=300)
    assert "Traceback" not in said
    assert "internal:" not in said
    return process.returncode, said


def assert_converges(shop: Scripted, *ran: str) -> None:
    """The next run does what is left to do (`ran`), and the one after it nothing."""
    assert told(shop, "check")[0] == 0
    assert shop.ran() == sorted(ran)
    assert told(shop, "check")[0] == 0
    assert shop.ran() == []
    assert shop.is_right()


@pytest.mark.parametrize(
    ("folder", "size", "code", "said", "ran", "left"),
    [
        (".git/buildgraph", "8k", 3, "unable to write loose object file: ", [], BOTH),
        (".buildgraph", "4k", 0, "the report of this run cannot be written: ", BOTH, []),
        ("../store", "4k", 0, "its result cannot be kept: ", BOTH, BOTH),
        ("packages/b/dist", "8k", 1, "`sh build.sh` failed", ["a"], ["b"]),
    ],
    ids=["git's folder", "our folder", "the store", "outputs"],
)
def test_a_full_disk_is_told_and_nothing_half_is_taken_for_whole(
    shop: Scripted, folder: str, size: str, code: int, said: str, ran: list[str], left: list[str]
) -> None:
    """Edits are too large for git's folder, and what `b` makes on its way is for its outputs'."""
    shop.repo.append("packages/b/src/index.ts", f"{os.urandom(6000).hex()}\n")
    if folder == "packages/b/dist":
        shop.repo.write("packages/b/build.sh", f"cat src/index.ts > dist/large || exit 1; rm dist/large\n{B}")
    place = Path(os.path.normpath(shop.repo.root / folder))

    found, heard = told(shop, "check", within=on_full_disk(place, size))

    assert (found, shop.ran()) == (code, ran), heard
    assert said in heard
    assert NO_ROOM in heard
    assert_converges(shop, *left)


def test_folders_that_nobody_may_write_to_cost_time_only(shop: Scripted) -> None:
    """Pitfall 17: a cache from another user, or an image's."""
    told(shop, "affected")
    places = [shop.repo.root / ".buildgraph", shop.repo.root / ".git/buildgraph", shop.store]
    folders = [top for place in places for top, _, _ in os.walk(place) if not top.endswith("/objects")]
    modes = {folder: stat.S_IMODE(Path(folder).stat().st_mode) for folder in folders}
    for folder in modes:
        Path(folder).chmod(0o555)
    shop.edit("b")

    code, heard = told(shop, "check", within=read_only())
    for folder, mode in modes.items():
        Path(folder).chmod(mode)

    assert (code, shop.ran()) == (0, BOTH), heard
    assert "its result cannot be kept: Permission denied" in heard
    assert "the report of this run cannot be written: Permission denied" in heard
    assert shop.is_right()
    assert_converges(shop, "a", "b")


def test_a_damaged_store_of_doit_stops_nothing(shop: Scripted) -> None:
    """A run that was killed while doit wrote it would have stopped all that came after."""
    assert told(shop, "ignore", "check:b:build")[0] == 0
    (store,) = (shop.repo.root / ".git/buildgraph/ignored").iterdir()
    store.write_text("{")
    assert_converges(shop, "a", "b")


def test_a_commit_has_no_task_left_alone(shop: Scripted) -> None:
    """A check that is left out is told as done: whoever sends a change must not choose which."""
    shop.repo.write(".buildgraph/doit", json.dumps({"check:b:build": {"ignore:": "1"}}))
    shop.repo.git("add", "--force", ".buildgraph/doit")
    shop.repo.commit()
    assert_converges(shop, "a", "b")


def test_tasks_that_are_to_be_left_alone_are(shop: Scripted) -> None:
    assert told(shop, "ignore", "check:b:build")[0] == 0
    _, said = told(shop, "check")
    assert "-- check:b:build  ignored" in said
    assert shop.ran() == ["a"]

    assert told(shop, "forget", "check:b:build")[0] == 0
    told(shop, "check")
    assert shop.ran() == ["b"]


def test_a_script_that_is_to_run_whatever_is_known_runs(shop: Scripted) -> None:
    told(shop, "check")
    shop.ran()

    code, said = told(shop, "check:b:build", "-a")

    assert (code, "b" in shop.ran()) == (0, True), said
    assert "another run" not in said


def test_eight_at_once_in_one_checkout_run_each_script_once(shop: Scripted) -> None:
    """Pitfall 18: two runs of one script would write into the same outputs, and keep what came of that."""
    running = [shop.start("check") for _ in range(8)]
    heard = [process.communicate(timeout=600)[1] for process in running]

    assert [process.returncode for process in running] == [0] * 8, heard
    assert shop.ran() == BOTH
    assert shop.is_right()
    assert_converges(shop)


def test_what_a_killed_run_has_started_ends_with_it(shop: Scripted) -> None:
    """It would go on writing into what the next run makes, which would then be kept as right."""
    slow = "rm ../../slow; touch ../../begun; sleep 1; echo late > dist/whole"
    shop.repo.append("packages/a/build.sh", f"if [ -e ../../slow ]; then {slow}; fi\n")
    shop.repo.write("slow", "")
    shop.ended_by(signal.SIGKILL, "check", once="begun")
    shop.ran()
    assert_converges(shop, "a", "b")

    time.sleep(1.2)
    assert shop.is_right()


@pytest.mark.parametrize("days", [400, -400], ids=["that was ahead", "that was behind"])
def test_what_was_kept_by_a_clock_is_neither_trusted_nor_lost_for_its_dates(
    shop: Scripted, days: int
) -> None:
    told(shop, "check")
    shop.ran()
    for top in (shop.repo.root, shop.store):
        for place in top.rglob("*"):
            changed = place.lstat().st_mtime + days * 24 * 3600
            os.utime(place, (changed, changed), follow_symlinks=False)

    assert_converges(shop)
    shop.edit("b")
    assert_converges(shop, "b")
