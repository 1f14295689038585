"""What a checkout remembers of its checks: as it was, or nothing."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from buildgraph.checks.ledger import Ledger
from buildgraph.checks.script import Plan, Script
from buildgraph.checks.traces import TICK, Seen

SEEN = Seen("key", (("dist/a\udce4", 0o100644, 1, 2, 3, 4),))
PLAN = Plan(".", "", ("core",), (Script("check:core:build", "core", "build", "tsc", ("dist",), (), (), "f"),))


def ledger(place: Path, circumstances: str = "here") -> Ledger:
    return Ledger(place / "kept", place / "checkout", circumstances)


def made() -> Plan:
    raise AssertionError("it is remembered")


def test_what_is_written_is_remembered(tmp_path: Path) -> None:
    first = ledger(tmp_path)
    first.note("check:core:build", SEEN)
    first.note("check:gone:build", SEEN)
    first.note_program("/usr/bin/node", ("/usr/bin/node", 1, 2, 3, "v20"))
    first.write(["check:core:build"])

    again = ledger(tmp_path)

    assert again.id == first.id
    assert again.seen("check:core:build") == SEEN
    assert again.seen("check:gone:build") == Seen("")
    assert again.programs == {"/usr/bin/node": ("/usr/bin/node", 1, 2, 3, "v20")}


def test_a_checkout_in_the_place_of_another_is_another_one(tmp_path: Path) -> None:
    """Runners clone into the same folder each time."""
    first = ledger(tmp_path)
    first.note("check:core:build", SEEN)
    first.write(["check:core:build"])
    shutil.rmtree(tmp_path / "kept")

    assert ledger(tmp_path).id != first.id


def test_a_plan_is_remembered_by_its_snapshot_and_circumstances(tmp_path: Path) -> None:
    assert ledger(tmp_path).plan("one", lambda: PLAN) == PLAN
    assert ledger(tmp_path).plan("one", made) == PLAN
    other = PLAN._replace(root="web")
    assert ledger(tmp_path).plan("two", lambda: other) == other
    assert ledger(tmp_path, "elsewhere").plan("one", lambda: other) == other


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    first = ledger(tmp_path)
    first.note("check:core:build", SEEN)
    first.plan("one", lambda: PLAN)
    first.write(["check:core:build"])
    for file in (tmp_path / "kept").iterdir():
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    other = PLAN._replace(root="web")

    assert ledger(tmp_path).seen("check:core:build") == Seen("")
    assert ledger(tmp_path).plan("one", lambda: other) == other


def test_keys_are_made_again_for_other_circumstances(tmp_path: Path) -> None:
    first = ledger(tmp_path)

    assert first.keys("one", lambda: ("a", "b")) == ("a", "b")
    assert first.keys("one", lambda: ("c",)) == ("a", "b")
    assert first.keys("two", lambda: ("c",)) == ("c",)


def test_names_in_a_folder_are_looked_for_when_it_changes(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "src").mkdir()
    found = ledger(tmp_path)
    time.sleep(TICK / 1e9 * 1.2)

    assert found.listed(str(folder), ".env") == ()
    (folder / ".env.local").touch()
    assert found.listed(str(folder), ".env") == (".env.local",)
    (folder / ".env").touch()
    assert found.listed(str(folder), ".env") == (".env", ".env.local")
    assert found.listed(str(tmp_path / "nowhere"), ".env") == ()


def test_only_the_newest_plans_stay(tmp_path: Path) -> None:
    for number in range(12):
        ledger(tmp_path).plan(str(number), lambda: PLAN)

    assert len(list((tmp_path / "kept").glob("*.plan"))) == 8
