"""What scripts may see on the disk and no snapshot holds."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from buildgraph.checks.ledger import Ledger
from buildgraph.checks.script import Script
from buildgraph.checks.surroundings import LARGE, read_surroundings

WEB = Script("check:web:test", "web", "test", "vitest", (), (), (), "f")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace two folders below the top of its repository, which others lie beside."""
    place = tmp_path / "town/apps/shop"
    (place / "web").mkdir(parents=True)
    (tmp_path / "town/.git").mkdir()
    (tmp_path / ".editorconfig").write_text("nothing of this repository\n")
    return place


def seen(root: Path, *outside: str) -> dict[str, dict[str, str]]:
    """What the script of `web` sees, whose links lead to these places; by folder and name."""
    ledger = Ledger(root.parent / "kept", root, "")
    found = read_surroundings(ledger, str(root), [WEB._replace(outside=outside)])
    return {folder: dict(files) for folder, files in found.items()}


def test_where_nothing_lies_around_nothing_is_seen(root: Path) -> None:
    assert seen(root) == {}


def test_what_tools_look_for_above_is_seen_as_far_as_the_repository_reaches(root: Path) -> None:
    (root / "../../.editorconfig").write_text("one\n")
    (root / "../.prettierrc").write_text("{}\n")
    (root / "../README.md").write_text("read\n")
    (root / ".editorconfig").write_text("in the snapshot\n")
    (root / "web/.env").write_text("A=1\n")
    before = seen(root)
    (root / "../../.editorconfig").write_text("two\n")

    assert list(before["."]) == ["../.prettierrc", "../../.editorconfig"]
    assert list(before["web"]) == [".env"]
    assert differing(before, seen(root)) == ["../../.editorconfig"]


def test_a_workspace_at_the_top_of_its_repository_looks_no_further(root: Path) -> None:
    (root / ".git").write_text("gitdir: elsewhere\n")
    (root / "../.prettierrc").write_text("{}\n")

    assert seen(root) == {}


def differing(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    """The names that say something else."""
    pairs = [
        (name, digest, after[at].get(name)) for at, files in before.items() for name, digest in files.items()
    ]
    return [name for name, one, other in pairs if one != other]


def edit(root: Path) -> None:
    (root / "../../proto/a.json").write_text("other")


def add(root: Path) -> None:
    (root / "../../proto/deep").mkdir()
    (root / "../../proto/deep/b.json").write_text("{}")


def remove(root: Path) -> None:
    (root / "../../proto/a.json").unlink()


def make_executable(root: Path) -> None:
    (root / "../../proto/a.json").chmod(0o755)


def touch_within_its_size(root: Path) -> None:
    (root / "../../proto/a.json").write_text("[]")
    os.utime(root / "../../proto/a.json", ns=(1, 2))


@pytest.mark.parametrize("change", [edit, add, remove, make_executable, touch_within_its_size])
def test_a_folder_that_a_link_leads_to_counts_by_its_files(
    root: Path, change: Callable[[Path], None]
) -> None:
    (root / "../../proto/node_modules").mkdir(parents=True)
    (root / "../../proto/a.json").write_text("{}")
    before = seen(root, "../../proto")
    (root / "../../proto/node_modules/passed-over").write_text("")
    assert seen(root, "../../proto") == before

    change(root)

    assert differing(before, seen(root, "../../proto")) == ["../../../proto"]


def test_a_file_that_a_link_leads_to_counts_by_its_content(root: Path, tmp_path: Path) -> None:
    place = tmp_path / "schema.json"
    places = (str(place), "/dev/zero", "../nowhere")
    absent = seen(root, *places)
    place.write_text("{}")
    there = seen(root, *places)
    os.utime(place, ns=(1, 1))

    assert absent["web"] == {str(place): "", "/dev/zero": "", "../../nowhere": ""}
    assert differing(absent, there) == [str(place)]
    assert seen(root, *places) == there


def test_what_has_no_end_is_not_read_and_never_the_same(root: Path) -> None:
    """A link may lead anywhere, as to the root of the disk or to a file of the kernel's."""
    large = root / "../large"
    with large.open("wb") as file:
        file.truncate(LARGE * 2**14)
    before, after = seen(root, "/", "/proc/kmsg", "../large"), seen(root, "/", "/proc/kmsg", "../large")

    assert differing(before, after) == ["/"]
