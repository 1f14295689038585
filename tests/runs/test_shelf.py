"""Reports as files: the newest by name, a bounded number, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from buildgraph.runs.shelf import KEPT, MOST, keep_report, last_report


def test_the_last_report_is_found_by_name(tmp_path: Path) -> None:
    assert last_report(tmp_path) == b""

    keep_report(tmp_path, 1.0, "one")
    keep_report(tmp_path, 2.0, "two")

    assert last_report(tmp_path) == b"two"
    assert (tmp_path / "runs/last.json").read_text() == "two"
    assert len(list((tmp_path / "runs").iterdir())) == 3


def test_a_bounded_number_is_kept_and_only_reports_are_removed(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/0.json").write_text("somebody's own")

    for at in range(MOST + 1):
        keep_report(tmp_path, float(at), str(at))

    kept = {file.read_text() for file in (tmp_path / "runs").iterdir()}
    assert kept == {"somebody's own"} | {str(at) for at in range(MOST + 1 - KEPT, MOST + 1)}


def test_reports_of_a_clock_that_was_ahead_go_first(tmp_path: Path) -> None:
    """They would be the newest for years, and the report of each new run the first to go."""
    for at in range(MOST):
        keep_report(tmp_path, 4e9 + at, "ahead")
    for at in range(3):
        keep_report(tmp_path, 1e9 + at, f"now {at}")

    kept = [file.read_text() for file in (tmp_path / "runs").glob("2*.json")]
    assert {"now 0", "now 1", "now 2"} < set(kept)
    assert len(kept) <= MOST
    assert last_report(tmp_path) == b"now 2"


def test_the_report_of_a_long_run_drives_out_none_of_a_run_that_began_later(tmp_path: Path) -> None:
    for at in range(MOST):
        keep_report(tmp_path, 1e9 + at, f"later {at}")
    keep_report(tmp_path, 9e8, "long")

    kept = {file.read_text() for file in (tmp_path / "runs").glob("2*.json")}
    assert {f"later {at}" for at in range(MOST - KEPT, MOST)} <= kept


def test_a_shelf_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    """A commit may hold one: reports would be written, and removed, anywhere."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "runs").symlink_to("elsewhere")

    with pytest.raises(OSError, match="is a link"):
        keep_report(tmp_path, 1.0, "one")
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["../secret", "20261126T051427.262Z-1.json"], ids=["elsewhere", "a report's name"]
)
def test_a_last_report_that_leads_out_of_the_shelf_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("not a report")
    keep_report(tmp_path, 1.0, "one")
    (tmp_path / "runs" / "20261126T051427.262Z-1.json").symlink_to("../secret")
    (tmp_path / "runs/last.json").unlink()
    (tmp_path / "runs/last.json").symlink_to(name)

    assert last_report(tmp_path) == b""


@pytest.mark.parametrize(
    "name",
    [
        "20261126T051427.262Z-1",
        "2026112xT051427.262Z-1.json",
        "notes.json",
        "20261126T051427.262Z-a.json",
        "Z-1.json",
    ],
)
def test_a_file_that_has_no_report_s_name_is_never_read(tmp_path: Path, name: str) -> None:
    keep_report(tmp_path, 1.0, "one")
    (tmp_path / "runs" / name).write_text("somebody's own")
    (tmp_path / "runs/last.json").unlink()
    (tmp_path / "runs/last.json").symlink_to(name)

    assert last_report(tmp_path) == b""
