"""What doit remembers between runs: marks, in a file that no kill and no full disk can make a stumbling block."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from buildgraph.errors import ToolError
from buildgraph.ignored import Ignored, marks_file


def opened(folder: Path) -> Ignored:
    return Ignored(str(folder / "doit"), object())


def marked(folder: Path, *tasks: str) -> list[str]:
    """Those of some tasks that are ignored."""
    memory = opened(folder)
    return [task for task in tasks if memory.get(task, "ignore:")]


def ignore(folder: Path, task: str) -> None:
    memory = opened(folder)
    memory.set(task, "ignore:", "1")
    memory.dump()


def test_marks_are_remembered_and_nothing_else_is_written(tmp_path: Path) -> None:
    memory = opened(tmp_path)
    memory.set("build:api", "_values_:", {"a": 1})
    memory.set("build:api", "result:", "done")
    memory.dump()
    assert list(tmp_path.iterdir()) == []
    assert memory.get("build:api", "result:") == "done"

    ignore(tmp_path, "build:api")
    assert marked(tmp_path, "build:api", "build:web") == ["build:api"]
    assert opened(tmp_path).get("build:api", "result:") is None


def test_a_mark_is_taken_back(tmp_path: Path) -> None:
    ignore(tmp_path, "build:api")
    ignore(tmp_path, "build:web")
    memory = opened(tmp_path)
    memory.remove("build:api")
    memory.dump()
    assert marked(tmp_path, "build:api", "build:web") == ["build:web"]

    memory = opened(tmp_path)
    memory.remove_all()
    memory.dump()
    assert marked(tmp_path, "build:api", "build:web") == []


def test_of_two_who_mark_at_once_neither_is_lost(tmp_path: Path) -> None:
    """Pitfall 18."""
    ignore(tmp_path, "build:mail")
    one, other = opened(tmp_path), opened(tmp_path)
    one.set("build:api", "ignore:", "1")
    other.set("build:web", "ignore:", "1")
    other.remove("build:mail")
    one.dump()
    other.dump()

    assert marked(tmp_path, "build:api", "build:web", "build:mail") == ["build:api", "build:web"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\0", b"[]", b"null", b"3", b'{"build:api": 3}', b"[" * 100_000],
    ids=["empty", "cut", "no text", "a list", "nothing", "a number", "another shape", "a bomb"],
)
def test_a_damaged_file_marks_nothing_and_is_written_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "doit").write_bytes(content)
    assert marked(tmp_path, "build:api") == []

    ignore(tmp_path, "build:web")
    assert marked(tmp_path, "build:api", "build:web") == ["build:web"]


def test_each_checkout_has_marks_of_its_own(tmp_path: Path) -> None:
    files = {marks_file(tmp_path / "own", tmp_path / name) for name in ("main", "worktree")}
    assert len(files) == 2
    assert all(file.is_relative_to(tmp_path / "own") for file in files)


def test_the_folder_of_marks_is_made_with_the_first_one(tmp_path: Path) -> None:
    ignore(tmp_path / "own/ignored", "build:api")
    assert marked(tmp_path / "own/ignored", "build:api") == ["build:api"]


def test_the_store_of_an_older_version_tells_its_marks(tmp_path: Path) -> None:
    told = {"build:api": {"ignore:": "1"}, "build:web": {"_values_:": {}, "checker:": "MD5Checker"}}
    (tmp_path / "doit").write_text(json.dumps(told))

    assert marked(tmp_path, "build:api", "build:web") == ["build:api"]


def test_a_mark_that_cannot_be_written_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "doit").mkdir()
    with pytest.raises(ToolError, match=r"(?s)cannot be written to .*doit: .*directory.*move away"):
        ignore(tmp_path, "build:api")
