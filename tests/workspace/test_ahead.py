"""The lockfile read by another process: the same value, for the same bytes, or our own work."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from buildgraph import early
from buildgraph.early import AHEAD, ask_git, is_asked, taken
from buildgraph.workspace import Lockfile, ahead, parse_lockfile
from buildgraph.workspace.ahead import read_lockfile
from tests.workspace.locks import document

PLAIN = document(
    {"apps/a": "b=link:../b left=1.0.0 dev:right=2.0.0(left@1.0.0)", "apps/b": "right=2.0.0(left@1.0.0)"},
    {"left@1.0.0": "", "right@2.0.0(left@1.0.0)": "left=1.0.0"},
    patchedDependencies={"left@1.0.0": {"hash": "abc", "path": "patches/left.patch"}, "right": "def"},
    catalogs={"default": {"left": {"specifier": "^1.0.0", "version": "1.0.0"}}},
    overrides={"left": "1.0.0"},
    pnpmfileChecksum="sha256-x",
)
FLAT = {
    "lockfileVersion": "6.0",
    "importers": {".": {"dependencies": {"left": {"specifier": "^1", "version": "1.0.0"}}}},
    "packages": {"/left@1.0.0": {"resolution": {"integrity": "sha512-left"}}},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where nothing is remembered, and any lockfile is large enough to be read ahead."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(early, "LARGE", 1)
    (tmp_path / "pnpm-workspace.yaml").write_text("packages: []\n")
    return tmp_path


def begun(folder: Path, content: bytes) -> bytes:
    (folder / "pnpm-lock.yaml").write_bytes(content)
    ask_git(["affected"])
    assert is_asked(os.getcwd(), AHEAD)  # noqa: PTH109
    return content


def values(lockfile: Lockfile) -> tuple[object, ...]:
    worked_out = (lockfile.references, lockfile.edges, lockfile.facts, lockfile.digests, lockfile.components)
    importers = {folder: (type(found), found.dependencies) for folder, found in lockfile.importers.items()}
    return (tuple(lockfile), importers, {type(patch) for patch in lockfile.patches.values()}, worked_out)


@pytest.mark.parametrize("plain", [PLAIN, FLAT], ids=["9.0", "6.0"])
def test_what_another_process_reads_is_what_is_read_here(
    folder: Path, plain: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = begun(folder, json.dumps(plain).encode())
    here = parse_lockfile(content)
    monkeypatch.delattr(ahead, "parse_lockfile")

    assert values(read_lockfile(content, "pnpm-lock.yaml")) == values(here)


def test_other_bytes_are_read_here(folder: Path) -> None:
    """The file was edited since, or the lockfile of another commit is asked for: its bytes decide, not its name."""
    begun(folder, json.dumps(PLAIN).encode())
    other = json.dumps(FLAT).encode()

    assert values(read_lockfile(other, "pnpm-lock.yaml")) == values(parse_lockfile(other))


def test_what_another_process_cannot_read_is_told_here(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = begun(folder, b"lockfileVersion: '5.4'\n")

    with pytest.raises(Exception, match=r"has lockfileVersion 5\.4"):
        read_lockfile(content, "pnpm-lock.yaml")
    assert capfd.readouterr().err == ""


def test_a_module_of_the_workspace_is_not_taken_for_one_of_the_program(folder: Path) -> None:
    (folder / "buildgraph").mkdir()
    (folder / "buildgraph/__init__.py").write_text("raise SystemExit('led astray')\n")
    content = begun(folder, json.dumps(PLAIN).encode())

    assert taken(os.getcwd(), AHEAD)  # noqa: PTH109
    assert values(read_lockfile(content, "pnpm-lock.yaml")) == values(parse_lockfile(content))


def test_a_small_lockfile_or_one_that_is_remembered_is_not_read_ahead(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pnpm-lock.yaml").write_text("lockfileVersion: '9.0'\n")
    (folder / ".git/buildgraph").mkdir(parents=True)
    ask_git(["affected"])
    assert not is_asked(os.getcwd(), AHEAD)  # noqa: PTH109

    (folder / ".git/buildgraph").rmdir()
    monkeypatch.setattr(early, "LARGE", 1_000)
    ask_git(["affected"])
    assert not is_asked(os.getcwd(), AHEAD)  # noqa: PTH109


def test_no_link_is_read_ahead_and_nothing_of_gigabytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit may hold a link to any file of the machine."""
    (folder / "elsewhere").write_text(json.dumps(PLAIN))
    (folder / "pnpm-lock.yaml").symlink_to("elsewhere")
    ask_git(["affected"])
    assert not is_asked(os.getcwd(), AHEAD)  # noqa: PTH109

    monkeypatch.setattr(early, "LARGEST", 100)
    (folder / "pnpm-lock.yaml").unlink()
    (folder / "elsewhere").rename(folder / "pnpm-lock.yaml")
    ask_git(["affected"])
    assert not is_asked(os.getcwd(), AHEAD)  # noqa: PTH109


def test_what_has_become_a_link_since_is_not_read(folder: Path) -> None:
    (folder / "elsewhere").write_text(json.dumps(PLAIN))
    (folder / "pnpm-lock.yaml").symlink_to("elsewhere")

    assert subprocess.run(AHEAD, cwd=folder, capture_output=True, check=False).stdout == b""


@pytest.mark.parametrize("seconds", [0, 0.5], ids=["at once", "while it reads"])
def test_who_reads_ahead_ends_when_nobody_is_left_to_take_the_answer(folder: Path, seconds: float) -> None:
    """It would take ten seconds, in a parser that lets nothing else run."""
    entries = "".join(
        f"  x{number}: {{resolution: {{integrity: sha512-{number}}}}}\n" for number in range(200_000)
    )
    (folder / "pnpm-lock.yaml").write_text(f"lockfileVersion: '9.0'\npackages:\n{entries}")
    with subprocess.Popen(AHEAD, cwd=folder, stdout=subprocess.PIPE) as reader:
        assert reader.stdout
        time.sleep(seconds)
        reader.stdout.close()

        reader.wait(timeout=3)
