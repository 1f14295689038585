"""Any pnpm workspace, without a line written for us: what is answered, and what is said where something lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.monorepo import Monorepo

BUILDGRAPH = (sys.executable, "-m", "buildgraph.main")


@pytest.fixture
def plain(repo: Monorepo) -> Monorepo:
    """app -> core, which is edited; nothing of ours is there."""
    repo.package("@acme/core")
    repo.package("@acme/app", uses=["@acme/core"])
    repo.lock()
    repo.commit()
    repo.append("packages/core/src/index.ts")
    return repo


def test_every_reading_verb_answers(plain: Monorepo) -> None:
    assert plain.affected() == ["package:@acme/app", "package:@acme/core"]
    assert plain.run("why", "@acme/app").out == (
        "package:@acme/app is changed since main:\n"
        "  file packages/core/src/index.ts changed -> package:@acme/app\n"
    )
    assert '"package:@acme/core"' in plain.run("graph").out
    plan = plain.run("plan")
    assert (plan.code, plan.out) == (0, "nothing to do\n")
    assert plan.err == "no manifest declares a service, so there is nothing to build or deploy\n"
    assert json.loads(plain.run("plan", "--format", "json").out)["steps"] == []


@pytest.mark.parametrize("asked", [(), ("build",), ("deploy:shop",), ("plan", "build"), ("status",)])
def test_what_needs_a_service_says_so(plain: Monorepo, asked: tuple[str, ...]) -> None:
    ran = plain.run(*asked)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: manifests/products: no manifest declares a service, so there is nothing to build or deploy\n"
        "  `buildgraph init` writes one for what is here; `affected`, `why` and `graph` need none\n"
    )


@pytest.mark.parametrize("name", ["packages/core", "packages/core/", "./packages/core", "@acme/core"])
def test_a_package_is_known_by_its_folder_as_shells_complete_it(plain: Monorepo, name: str) -> None:
    assert plain.run("why", name).out.startswith("package:@acme/core is changed")


@pytest.mark.parametrize("verb", ["affected", "graph", "--version"])
@pytest.mark.parametrize(
    ("stream", "said"), [(">/dev/full", "No space left on device"), (">&-", "standard output is closed")]
)
def test_an_answer_that_cannot_be_written_is_one_clear_error(
    plain: Monorepo, verb: str, stream: str, said: str
) -> None:
    ran = shell(plain.root, f'"$@" {stream}', verb)

    assert (ran.returncode, ran.stderr) == (3, f"error: the answer cannot be written: {said}\n")


def test_a_reader_that_goes_away_is_no_failure(plain: Monorepo) -> None:
    ran = shell(plain.root, '"$@" | true; echo ${PIPESTATUS[0]}', "graph", "--format", "json")

    assert (ran.stdout, ran.stderr) == ("0\n", "")


def test_without_a_place_for_errors_the_answer_is_given(plain: Monorepo) -> None:
    ran = shell(plain.root, '"$@" 2>&-', "affected", "--base", "nowhere", "--format", "names")

    assert (ran.returncode, ran.stdout.split()[0]) == (0, "package:.")


def shell(folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A line of bash that has our program and its arguments as its own."""
    return subprocess.run(
        ("bash", "-c", script, "bash", *BUILDGRAPH, *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
