"""Outputs packed and brought back bit by bit; what is damaged or leads elsewhere is not."""

from __future__ import annotations

import io
import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from buildgraph.checks.disk import find_outputs
from buildgraph.checks.packing import Damaged, unpack, write_pack
from buildgraph.checks.patterns import parse_patterns
from buildgraph.checks.result import FILE, Content, Result
from buildgraph.graph.nodes import digest_of

LOG = b"> core@1.0.0 build\n\xff\n"
OUTSIDE = b"outside"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with outputs of every sort."""
    folder = tmp_path / "package"
    (folder / "dist/deep/empty").mkdir(parents=True)
    (folder / "src").mkdir()
    (folder / "src/index.ts").write_text("source")
    (folder / "dist/index.js").write_bytes(os.urandom(3_000_000))
    (folder / "dist/run").write_text("#!/bin/sh\n")
    (folder / "dist/run").chmod(0o755)
    (folder / "dist/read-only").write_text("r")
    (folder / "dist/read-only").chmod(0o444)
    (folder / "dist/none").touch()
    (folder / "dist/deep/dangling").symlink_to("../../nowhere")
    (folder / "dist/above").symlink_to("../src")
    os.mkfifo(folder / "dist/pipe")  # nobody's output
    (folder / os.fsdecode(b"dist/caf\xe9")).write_text("bytes")
    return folder


def packed(folder: Path) -> tuple[Result, bytes]:
    """All outputs of a package in a pack."""
    file = io.BytesIO()
    outputs = tuple(find_outputs(str(folder), parse_patterns(("dist",))))
    found = write_pack(file, str(folder), LOG, outputs)
    return Result("key", 1.0, Content(digest_of(LOG), len(LOG)), found.outputs, found.pack), file.getvalue()


def listing(folder: Path) -> dict[str, tuple[int, bytes | str]]:
    """Every file and link below `dist` with mode and content, and empty folders."""
    found: dict[str, tuple[int, bytes | str]] = {}
    for path in sorted((folder / "dist").rglob("*")):
        told = path.lstat()
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = (0, str(path.readlink()))
        elif stat.S_ISREG(told.st_mode):
            found[name] = (told.st_mode, path.read_bytes())
        elif path.is_dir() and not any(path.iterdir()):
            found[name] = (told.st_mode, "")
    return found


def test_what_is_packed_comes_back_bit_by_bit(package: Path, tmp_path: Path) -> None:
    """Pitfall 17: modes, links, empty folders, names that are no UTF-8, files that cannot be written."""
    result, pack = packed(package)
    every = {output.path for output in result.outputs}

    log = unpack(io.BytesIO(pack), result, str(tmp_path / "other"), every)

    assert log == LOG
    assert listing(tmp_path / "other") == listing(package)
    assert len(every) == 8


def test_the_same_outputs_are_the_same_pack_wherever_they_lie(package: Path, tmp_path: Path) -> None:
    result, pack = packed(package)
    unpack(io.BytesIO(pack), result, str(tmp_path / "other"), {output.path for output in result.outputs})

    assert packed(tmp_path / "other") == (result, pack)


def test_only_what_is_asked_for_is_written(package: Path) -> None:
    result, pack = packed(package)
    before = (package / "dist/run").stat()
    (package / "dist/read-only").unlink()

    unpack(io.BytesIO(pack), result, str(package), {"dist/read-only"})

    assert stat.S_IMODE((package / "dist/read-only").stat().st_mode) == 0o444
    assert (package / "dist/run").stat() == before


def test_a_pack_with_one_other_byte_brings_back_nothing_that_is_wrong(package: Path, tmp_path: Path) -> None:
    result, pack = packed(package)
    every = {output.path for output in result.outputs}
    whole = listing(package)

    for at in range(0, len(pack), max(1, len(pack) // 40)):
        target = tmp_path / f"at-{at}"
        damaged = pack[:at] + bytes([pack[at] ^ 1]) + pack[at + 1 :]
        with suppress(Damaged):
            unpack(io.BytesIO(damaged), result, str(target), every)
        for name, found in (listing(target) if (target / "dist").exists() else {}).items():
            assert found == whole[name] or found[1] == ""


def test_a_pack_that_ends_early_is_damaged(package: Path, tmp_path: Path) -> None:
    result, pack = packed(package)
    files = {output.path for output in result.outputs if output.kind == FILE}

    with pytest.raises(Damaged):
        unpack(io.BytesIO(pack[: len(pack) // 2]), result, str(tmp_path / "other"), files)

    assert not list((tmp_path / "other").rglob("*.half"))


@pytest.mark.parametrize("at", ["dist", "dist/deep"])
def test_nothing_is_written_through_a_link(package: Path, tmp_path: Path, at: str) -> None:
    """A checkout in which somebody has put a link where a folder was."""
    result, pack = packed(package)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "dangling").write_bytes(OUTSIDE)
    (package / at).rename(tmp_path / "aside")
    (package / at).symlink_to(outside)

    with pytest.raises(Damaged):
        unpack(io.BytesIO(pack), result, str(package), {"dist/deep/dangling"})

    assert [path.name for path in outside.iterdir()] == ["dangling"]
    assert (outside / "dangling").read_bytes() == OUTSIDE


def test_a_link_where_an_empty_folder_was_gives_way_and_what_it_leads_to_stays_as_it_is(
    package: Path, tmp_path: Path
) -> None:
    result, pack = packed(package)
    (tmp_path / "outside").mkdir(mode=0o700)
    (package / "dist/deep/empty").rmdir()
    (package / "dist/deep/empty").symlink_to(tmp_path / "outside")

    unpack(io.BytesIO(pack), result, str(package), {"dist/deep/empty"})

    assert stat.S_IMODE((tmp_path / "outside").stat().st_mode) == 0o700
    assert stat.S_ISDIR((package / "dist/deep/empty").lstat().st_mode)


def test_a_link_where_a_file_was_is_replaced_and_not_followed(package: Path, tmp_path: Path) -> None:
    result, pack = packed(package)
    (tmp_path / "outside").write_bytes(OUTSIDE)
    (package / "dist/run").unlink()
    (package / "dist/run").symlink_to(tmp_path / "outside")

    unpack(io.BytesIO(pack), result, str(package), {"dist/run"})

    assert (package / "dist/run").read_text() == "#!/bin/sh\n"
    assert (tmp_path / "outside").read_bytes() == OUTSIDE
