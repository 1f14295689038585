"""The README's sessions are run: what it shows is what a user gets."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.system import ROOT, SCRIPTS, System
from tests.support.transcripts import matches, steps_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(580)]
# Runs on the real machine, under the project's own name: script/demo has a trial of its own.
NOT_HERE = ("script/demo",)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The chat, deployed to development."""
    system = System(tmp_path_factory.mktemp("readme") / "clone")
    first = system.doit("deploy:chat")
    assert first.code == 0, first.err
    yield system
    system.remove()


def test_every_console_block_of_the_readme_prints_what_it_shows(system: System) -> None:
    blocks = list(steps_of((ROOT / "README.md").read_text()))
    assert len(blocks) >= 3

    for step in (step for block in blocks for step in block if step.command not in NOT_HERE):
        printed = run(system.root, step.command)
        assert not step.expected or matches(step.expected, printed), f"$ {step.command}\n{printed}"


def run(folder: Path, command: str) -> str:
    """What a command line prints on both streams, as a terminal shows it; it must succeed."""
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    assert ran.returncode == 0, f"$ {command}\n{ran.stdout}"
    return ran.stdout
