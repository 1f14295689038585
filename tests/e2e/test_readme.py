"""The README's sessions are run: what it shows is what a user gets."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.system import ROOT, SCRIPTS, System
from tests.support.transcripts import matches, steps_of

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1740), pytest.mark.xdist_group("the chat")]
PAGE = "README.md"


def test_every_console_block_of_the_readme_prints_what_it_shows(system: System) -> None:
    text = (ROOT / PAGE).read_text()
    blocks = list(steps_of(text if serves(system, "chat-web") == "blue" else in_other_colours(text)))
    assert len(blocks) >= 3

    for step in (step for block in blocks for step in block):
        printed = run(system.root, step.command)
        assert not step.expected or matches(step.expected, printed), f"$ {step.command}\n{printed}"


def serves(system: System, service: str) -> str:
    """The colour of a service's version that serves."""
    told = json.loads(system.buildgraph("status", "--format", "json").out)["services"]
    return next(str(row["colour"]) for row in told if row["service"] == service)


def in_other_colours(text: str) -> str:
    """What a text says where the other colour serves at its beginning."""
    return re.sub(r"\b(blue|green)\b", lambda found: {"blue": "green", "green": "blue"}[found[0]], text)


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
