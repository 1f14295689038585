"""hadolint on every Dockerfile that this project ships."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.prefix) / "bin/hadolint"
TEMPLATES = sorted(ROOT.glob("docker/templates/Dockerfile.*"))
STAND_INS = sorted(ROOT.glob("docker/substitutes/*.Dockerfile"))
IGNORED = ROOT / "docker/substitutes/hadolint.yaml"


def found(*arguments: str | Path) -> tuple[int, str]:
    """What hadolint says, and its exit code; it looks for no settings but those that it is told."""
    argv = (PROGRAM, "--no-color", *arguments)
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT / "docker/templates")
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.suffix)
def test_a_template_breaks_none_of_its_rules(file: Path) -> None:
    assert found(file) == (0, "")


@pytest.mark.parametrize("file", STAND_INS, ids=lambda file: file.stem)
def test_a_stand_in_breaks_only_rules_that_are_ignored(file: Path) -> None:
    assert found("--config", IGNORED, file) == (0, "")


def test_every_rule_that_is_ignored_is_broken_somewhere_and_has_its_reason_beside_it() -> None:
    ignored = dict(re.findall(r"^  - (DL\d+|SC\d+) # (.{20,})$", IGNORED.read_text(), re.MULTILINE))
    said = found(*STAND_INS)[1]

    assert len(ignored) == IGNORED.read_text().count("\n  - ")
    assert {rule for rule in ignored if rule in said} == set(ignored)
    assert not [file.name for file in (*TEMPLATES, *STAND_INS) if "hadolint ignore" in file.read_text()]


def test_it_would_see_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM node:20-alpine\nRUN cd /app && sudo npm install\n")

    code, said = found(file)
    assert code == 1
    assert {"DL3003", "DL3004", "DL3016"} & set(re.findall(r"DL\d+", said))
