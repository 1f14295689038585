"""What a disk says of outputs: any change is noticed without their being read."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from buildgraph.checks.traces import (
    TICK,
    Trace,
    changed_since,
    exact_trace,
    is_as_left,
    is_as_seen,
    is_unchanged,
    stamps_of,
    trace_of,
    traces_since,
)

NAMES = ("file", "link", "folder")


def age() -> None:
    """Wait until the clock can tell what comes from what was."""
    time.sleep(TICK / 1e9 * 1.2)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("content")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    age()
    return tmp_path


def traces(folder: Path) -> list[Trace]:
    found = [trace_of(str(folder), name) for name in NAMES]
    return [trace for trace in found if trace is not None]


def rewrite_within_its_times(folder: Path) -> None:
    """Another content of the same size, with the former times: as a hasty tool or a clever one does."""
    told = (folder / "file").stat()
    (folder / "file").write_text("CONTENT")
    os.utime(folder / "file", ns=(told.st_atime_ns, told.st_mtime_ns))


def retarget(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").symlink_to("folder")


def put_a_file_for_the_link(folder: Path) -> None:
    (folder / "link").unlink()
    (folder / "link").write_text("file")


EDITS: dict[str, Callable[[Path], object]] = {
    "written": lambda folder: (folder / "file").write_text("other, longer"),
    "written within its times": rewrite_within_its_times,
    "its mode": lambda folder: (folder / "file").chmod(0o600),
    "removed": lambda folder: (folder / "file").unlink(),
    "another link": retarget,
    "a file for a link": put_a_file_for_the_link,
    "no folder": lambda folder: (folder / "folder").rmdir(),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_change_is_noticed(package: Path, name: str) -> None:
    seen = traces(package)
    assert is_as_seen(str(package), seen)
    assert is_as_left(str(package), seen)

    EDITS[name](package)

    assert not is_as_seen(str(package), seen)
    assert not is_as_left(str(package), seen)


def test_a_change_that_was_undone_is_noticed_too(package: Path) -> None:
    """What git tells afterwards is that nothing has changed."""
    stamps = stamps_of(str(package), [*NAMES, "not there"])
    (package / "folder/mine").touch()
    assert list(changed_since(str(package), stamps)) == []

    (package / "file").rename(package / "aside")
    (package / "aside").rename(package / "file")

    assert list(changed_since(str(package), stamps)) == ["file"]


def test_what_lies_in_a_folder_that_was_empty_is_no_change_of_it(package: Path) -> None:
    seen = traces(package)
    (package / "folder/mine").touch()

    assert is_as_seen(str(package), seen)


def test_what_is_as_young_as_the_clock_can_tell_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write in the same tick would leave every time as it is."""
    monkeypatch.setattr("buildgraph.checks.traces.TICK", 10**12)  # however long the next two lines take
    (tmp_path / "file").write_text("content")
    trace = trace_of(str(tmp_path), "file")

    assert trace is not None
    assert not is_as_seen(str(tmp_path), [trace])
    assert is_unchanged(str(tmp_path), trace)


def test_what_is_young_is_as_it_was_left_until_somebody_writes_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    seen = [trace for trace in [trace_of(str(tmp_path), "file")] if trace]
    assert is_as_left(str(tmp_path), seen)

    (tmp_path / "file").write_text("other, longer")

    assert not is_as_left(str(tmp_path), seen)


def test_what_was_written_between_two_looks_is_not_believed(package: Path) -> None:
    """A result holds what was there at the first one."""
    exact = [trace for name in NAMES if (trace := exact_trace(str(package), name))]
    assert list(traces_since(str(package), exact)) == traces(package)

    rewrite_within_its_times(package)

    assert not is_as_seen(str(package), traces_since(str(package), exact))


def test_what_is_not_there_has_no_trace(tmp_path: Path) -> None:
    assert trace_of(str(tmp_path), "file") is None
