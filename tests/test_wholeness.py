"""Files that come to stand whole or not at all, and what is kept between runs."""

from __future__ import annotations

import hashlib
import marshal
import os
import time
from pathlib import Path

import pytest

from buildgraph.wholeness import (
    HOUR,
    forget_halves,
    forget_oldest,
    keep,
    read_kept,
    write_named,
    write_new,
    write_whole,
)
from tests.support.hosts import run

DAY = 24 * HOUR


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def aged(file: Path, seconds: float) -> Path:
    """A file that changed so long ago; less than nothing is yet to come."""
    file.touch()
    os.utime(file, (0, time.time() - seconds))
    return file


def test_a_file_is_written_over_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "run.sh"
    write_whole(file, b"old")
    file.chmod(0o755)
    write_whole(file, b"new")

    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o755)
    assert names(tmp_path) == ["run.sh"]


def test_a_link_is_replaced_and_what_it_led_to_stays(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("theirs")
    (tmp_path / "ours").symlink_to("theirs")
    write_whole(tmp_path / "ours", b"ours")

    assert (tmp_path / "theirs").read_text() == "theirs"
    assert (tmp_path / "ours").read_text() == "ours"


def test_what_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file/inside").mkdir(parents=True)

    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / "file", b"new")

    assert names(tmp_path) == ["file"]


def test_halves_stand_in_another_folder_where_one_is_given(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    (theirs / "file/inside").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_whole(theirs / "file", b"new", ours)
    write_whole(theirs / "other", b"new", ours)

    assert (names(ours), names(theirs)) == ([], ["file", "other"])


def pair(plain: tuple[int, int]) -> tuple[int, int]:
    one, other = plain
    return one, other


def sealed(body: bytes) -> bytes:
    return hashlib.sha256(body).digest() + body


def test_what_is_kept_is_read_again(tmp_path: Path) -> None:
    keep(tmp_path / "deep/kept", (1, 2))

    assert read_kept(tmp_path / "deep/kept", pair) == (1, 2)
    assert names(tmp_path / "deep") == ["kept"]


WHOLE = sealed(marshal.dumps((1, 2)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        WHOLE[:31],
        WHOLE[:-1],
        WHOLE[:40] + b"x" + WHOLE[41:],
        b"SQLite format 3\0" * 9,
        sealed(b""),
        sealed(b"{}"),
        sealed(marshal.dumps((1, 2))[:-2]),
        sealed(marshal.dumps((1, 2, 3))),
        sealed(marshal.dumps({"one": 1})),
        sealed(marshal.dumps(None)),
    ],
    ids=[
        "empty",
        "cut in its seal",
        "cut at its end",
        "with another byte",
        "another program's",
        "sealed and empty",
        "sealed and no value",
        "sealed and cut before",
        "sealed with more than is known",
        "sealed with less than is known",
        "sealed with nothing",
    ],
)
def test_what_is_damaged_or_of_another_shape_is_none(tmp_path: Path, content: bytes) -> None:
    """Pitfall 19: what is read is compared with its digest."""
    (tmp_path / "kept").write_bytes(content)

    assert read_kept(tmp_path / "kept", pair) is None


def test_what_cannot_be_kept_is_not(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    keep(tmp_path / "file/kept", (1, 2))

    assert read_kept(tmp_path / "file/kept", pair) is None
    assert names(tmp_path) == ["file"]


def test_what_somebody_died_over_goes_and_what_is_being_written_stays(tmp_path: Path) -> None:
    old, young, wrong = (tmp_path / f"{name}.half" for name in ("old", "young", "wrong"))
    aged(old, 2 * HOUR)
    aged(young, 1)
    aged(wrong, -2 * HOUR)  # by a clock that was ahead: it would stay until then
    aged(tmp_path / "kept", DAY)

    forget_halves(tmp_path)

    assert names(tmp_path) == ["kept", "young.half"]
    forget_halves(tmp_path / "nowhere")


def test_the_oldest_go_first_and_before_them_what_is_yet_to_come(tmp_path: Path) -> None:
    """A clock that was ahead for a while must not leave files that crowd out all that come after."""
    for number in range(3):
        aged(tmp_path / f"ahead-{number}.graph", -365 * DAY)
    for number in range(3):
        aged(tmp_path / f"{number}.graph", DAY - number * HOUR)
    aged(tmp_path / "other.locked", 9 * DAY)

    forget_oldest(tmp_path, ".graph", 2)

    assert names(tmp_path) == ["1.graph", "2.graph", "other.locked"]


def test_a_file_that_a_user_has_named_comes_whole_and_what_else_bears_the_name_is_written_to(
    tmp_path: Path,
) -> None:
    """`-o /dev/stdout` is no file to be put in another one's place, and neither is a link."""
    file, link, folder = tmp_path / "answer", tmp_path / "link", tmp_path / "folder"
    link.symlink_to("led to")
    folder.mkdir()

    for place in (file, link, Path(os.devnull)):
        write_named(place, b"told")
    with pytest.raises(IsADirectoryError):
        write_named(folder, b"told")

    assert (file.read_bytes(), (tmp_path / "led to").read_bytes()) == (b"told", b"told")
    assert link.is_symlink() and Path(os.devnull).is_char_device()


@pytest.mark.pnpm  # on Linux, whose root may mount
def test_a_file_that_is_mounted_by_itself_is_written_to(tmp_path: Path) -> None:
    """As containers get it from outside: nothing can be renamed to its place."""
    outside, mounted = aged(tmp_path / "outside", 0), aged(tmp_path / "mounted", 0)
    run("mount", "--bind", str(outside), str(mounted))
    try:
        write_named(mounted, b"told")
    finally:
        run("umount", str(mounted))

    assert (outside.read_bytes(), names(tmp_path)) == (b"told", ["mounted", "outside"])


def test_what_is_there_is_never_written_over_by_what_is_new(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("dangling", "."):
        with pytest.raises(FileExistsError):
            write_new(tmp_path / name, b"", tmp_path)
    write_new(tmp_path / "new", b"new", tmp_path)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["dangling", "new"]
