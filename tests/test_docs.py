"""The documents tell the truth: what they name is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.commands import VERBS

ROOT = Path(__file__).parent.parent
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "manifests/REFERENCE.md",
    "docs/RECOVERY.md",
    "docs/CHECKS.md",
    "docs/INPUTS.md",
    "docs/COOLIFY.md",
    "docs/KUBERNETES.md",
    "docs/MONITORING.md",
    "docs/OPERATING.md",
    "docs/RENDERING.md",
    "docs/ANSWERS.md",
    "docs/RUNS.md",
    "docs/spec-coverage.md",
    "docs/WATCH.md",
)
FOLDERS = ("buildgraph", "tests", "script", "docker", "docs", "bench", "examples")
NAMED = re.compile(r"`([\w./-]+)`")


def quoted(document: str) -> Iterator[str]:
    yield from NAMED.findall((ROOT / document).read_text())


def all_tests() -> set[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"def (test_\w+)", file.read_text())}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_a_document_names_is_there(document: str) -> None:
    named = {name for name in quoted(document) if name.startswith("test_") and "." not in name}

    assert named - all_tests() == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_a_document_names_is_there(document: str) -> None:
    folders = tuple(f"{folder}/" for folder in FOLDERS)
    paths = [name for name in quoted(document) if name.startswith(folders) and "NAME" not in name]

    assert [path for path in paths if not (ROOT / path.rstrip("/")).exists()] == []


def test_every_room_of_the_architecture_is_there_and_none_is_missing() -> None:
    table = (ROOT / "ARCHITECTURE.md").read_text().split("## Rooms")[1].split("##")[0]
    told = {name.rstrip("/").removesuffix(".py") for name in NAMED.findall(table)}
    there = {
        path.stem
        for path in (ROOT / "buildgraph").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    there |= {
        path.name for path in (ROOT / "buildgraph").iterdir() if path.is_dir() and any(path.glob("*.py"))
    }

    assert there - told - {"__init__"} == set()
    assert {room for room in told if "." not in room and room.islower()} - there <= {"site.toml"}


def test_the_readme_s_questions_are_verbs() -> None:
    commands = re.findall(r"\| `buildgraph (\w+)", (ROOT / "README.md").read_text())

    assert commands and set(commands) <= set(VERBS)


def test_every_script_is_executable_and_says_what_it_does() -> None:
    scripts = [path for path in (ROOT / "script").iterdir() if path.suffix != ".sh"]

    for script in [*scripts, ROOT / ".ci/run"]:
        first, second = script.read_text().splitlines()[:2]
        assert first == "#!/usr/bin/env bash", script
        assert second.startswith("# ") and len(second) > 20, script
        assert script.stat().st_mode & 0o100, script
