"""The documents tell the truth: what they name is there, what they quote is said, what they show is run."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.commands import VERBS
from tests.support.pages import FOLLOWED
from tests.support.transcripts import COMMANDS, blocks_of

ROOT = Path(__file__).parent.parent
PAGES = tuple(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md")))
DOCUMENTS = (
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "manifests/REFERENCE.md",
    *PAGES,
)
FOLDERS = ("buildgraph", "tests", "script", "docker", "docs", "bench", "examples")
NAMED = re.compile(r"`([\w./-]+)`")
# What a workflow's step runs: the rest of a line, or the lines below that are further in.
SCRIPT = re.compile(r"^( *)(?:- )?run: *(?:[|>][-+]?\n((?:\1 +.*\n|\n)+)|(.*)\n)", re.MULTILINE)


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
    scripts = [path for path in (ROOT / "script").iterdir() if not path.suffix]

    for script in [*scripts, ROOT / ".ci/run"]:
        first, second = script.read_text().splitlines()[:2]
        assert first == "#!/usr/bin/env bash", script
        assert second.startswith("# ") and len(second) > 20, script
        assert script.stat().st_mode & 0o100, script


@pytest.mark.parametrize("document", ["README.md", *PAGES])
def test_every_command_of_a_page_is_run_by_a_test_or_says_why_not(document: str) -> None:
    blocks = list(blocks_of((ROOT / document).read_text()))
    told = [
        block for block in blocks if re.search(r"^[$#] \w", block.text, re.MULTILINE) and not block.language
    ]

    assert told == [], "a block of commands is `console` or `sh`"
    if any(block.is_run for block in blocks):
        follower = (ROOT / FOLLOWED[document]).read_text()
        assert f'"{document}"' in follower or "READ_IN_ORDER" in follower
    for block in blocks:
        assert not block.not_run or (block.language in COMMANDS and len(block.not_run.split()) > 3)


def test_every_page_that_is_said_to_be_followed_has_something_to_run() -> None:
    for page in FOLLOWED:
        assert any(block.is_run for block in blocks_of((ROOT / page).read_text())), page


def said_by_the_program() -> str:
    """Every text of the source, one per line, with `…` for what is put in."""
    found = []
    for file in (ROOT / "buildgraph").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            if isinstance(node, ast.JoinedStr):
                found.append("".join(_part(value) for value in node.values))
    return "\n".join(found)


def _part(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "…"


def test_every_message_in_troubleshooting_is_one_of_the_program() -> None:
    """Another wording of a message fails here, and the page follows it."""
    headings = re.findall(r"^### `(.+)`$", (ROOT / "docs/TROUBLESHOOTING.md").read_text(), re.MULTILINE)
    said = said_by_the_program()

    assert len(headings) > 20
    assert [text for text in headings if text not in said] == []


def test_no_workflow_of_a_page_has_a_script_that_what_others_wrote_is_put_into() -> None:
    """GitHub puts an expression's value into a script as text; a variable's value stays one."""
    shown = [block.text for page in PAGES for block in blocks_of((ROOT / page).read_text())]
    workflows = [text for text in shown if re.search(r"^ *(- )?run:", text, re.MULTILINE)]
    scripts = ["".join(found[1:]) for text in workflows for found in SCRIPT.findall(text)]

    assert len(scripts) > 5
    assert [script for script in scripts if "${{" in script] == []


@pytest.mark.parametrize("service", ["github-workflows", "gitlab-ci"])
def test_the_pipelines_that_the_page_of_ci_shows_fit_their_schemas(service: str, tmp_path: Path) -> None:
    first = {"github-workflows": "# .github/", "gitlab-ci": "# .gitlab-ci.yml"}[service]
    shown = [
        block.text for block in blocks_of((ROOT / "docs/CI.md").read_text()) if block.text.startswith(first)
    ]
    (tmp_path / "it.yml").write_text("".join(shown))

    checker = Path(sys.executable).parent / "check-jsonschema"
    argv = (checker, "--builtin-schema", f"vendor.{service}", tmp_path / "it.yml")
    checked = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert len(shown) == 1
    assert checked.returncode == 0, checked.stdout


@pytest.mark.sphinx
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """A dead link, a page in no index and a reference to nothing are warnings."""
    built = subprocess.run((ROOT / "script/docs", tmp_path), capture_output=True, text=True, check=False)

    assert built.returncode == 0, built.stderr
    assert "Start in five minutes" in (tmp_path / "docs/index.html").read_text()
    assert "docs/index.html" in (tmp_path / "index.html").read_text()
