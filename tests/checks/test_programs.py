"""Which node and pnpm there are: asked once, and again when another file stands behind the name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from buildgraph.checks.ledger import Ledger
from buildgraph.checks.programs import ABSENT, platform, program_versions


class Asked:
    """Answers for programs, and counts."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.paths: list[str] = []

    def __call__(self, path: str) -> str:
        self.paths.append(path)
        return self.version


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that alone is on PATH."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", str(place))
    return place


def put(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    place.chmod(0o755)


def versions(tmp_path: Path, ask: Asked) -> dict[str, str]:
    """What is told of programs, by a process that remembers what others did."""
    ledger = Ledger(tmp_path / "kept", tmp_path, "")
    found = dict(program_versions(ledger, ask))
    ledger.write([])
    return {name: found[name] for name in ("node", "pnpm")}


def test_a_program_is_asked_once(folder: Path, tmp_path: Path) -> None:
    put(folder / "node", b"\x7fELF one")
    ask = Asked("v20")

    assert versions(tmp_path, ask) == versions(tmp_path, ask) == {"node": "v20", "pnpm": ABSENT}
    assert ask.paths == [str(folder / "node")]


def test_another_program_behind_the_same_name_is_asked(folder: Path, tmp_path: Path) -> None:
    put(tmp_path / "v20/node", b"\x7fELF one")
    put(tmp_path / "v22/node", b"\x7fELF two, longer")
    (folder / "node").symlink_to(tmp_path / "v20/node")
    versions(tmp_path, Asked("v20"))
    (folder / "node").unlink()
    (folder / "node").symlink_to(tmp_path / "v22/node")

    assert versions(tmp_path, Asked("v22"))["node"] == "v22"


@pytest.mark.parametrize(
    "shim",
    [
        pytest.param("volta/bin/volta-shim", id="Volta's, a program of another name"),
        pytest.param("mise/bin/mise", id="mise's, which is mise itself"),
        pytest.param("proto/shims/node", id="proto's, in a folder of shims"),
    ],
)
def test_a_program_that_stands_for_others_is_asked_every_time(
    folder: Path, tmp_path: Path, shim: str
) -> None:
    """A version manager's file stays as it is, whichever version it starts."""
    put(tmp_path / shim, b"\x7fELF whatever you ask for")
    (folder / "node").symlink_to(tmp_path / shim)

    assert versions(tmp_path, Asked("v20"))["node"] == "v20"
    assert versions(tmp_path, Asked("v22"))["node"] == "v22"


def test_a_script_in_front_of_a_program_is_asked_every_time(folder: Path, tmp_path: Path) -> None:
    """It may choose by the folder, by a file, by the hour."""
    put(folder / "node", b"#!/bin/sh\nexec somewhere\n")

    assert versions(tmp_path, Asked("v20"))["node"] == "v20"
    assert versions(tmp_path, Asked("v22"))["node"] == "v22"


def test_pnpm_is_known_by_what_stands_beside_it(folder: Path, tmp_path: Path) -> None:
    """To start it takes half a second."""
    home = tmp_path / "lib/node_modules/pnpm"
    put(home / "bin/pnpm.cjs", b"#!/usr/bin/env node\n")
    (home / "package.json").write_text(json.dumps({"name": "pnpm", "version": "9.15.0"}))
    (folder / "pnpm").symlink_to(home / "bin/pnpm.cjs")
    ask = Asked("never")

    assert versions(tmp_path, ask)["pnpm"] == "9.15.0"
    assert ask.paths == []


@pytest.mark.parametrize("told", ['{"name": "corepack", "version": "0.29.0"}', "[]", "no json"])
def test_another_program_of_that_name_is_asked(folder: Path, tmp_path: Path, told: str) -> None:
    home = tmp_path / "lib/node_modules/corepack"
    put(home / "dist/pnpm.js", b"#!/usr/bin/env node\n")
    (home / "package.json").write_text(told)
    (folder / "pnpm").symlink_to(home / "dist/pnpm.js")

    assert versions(tmp_path, Asked("10.1.0"))["pnpm"] == "10.1.0"
    shutil.rmtree(home)


def refusing(name: str) -> str:
    """As where a C library knows no such name."""
    raise ValueError(name)


@pytest.mark.parametrize("told", [refusing, lambda _: None, lambda _: ""])
def test_what_is_for_one_c_library_is_not_for_another(
    told: Callable[[str], str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An addon that was compiled on Debian does not load on Alpine."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("os.confstr", lambda _: "glibc 2.36")
    here = platform()
    monkeypatch.setattr("os.confstr", told)

    assert platform() == f"{here} musl"
