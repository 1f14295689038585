"""What a run leaves behind, through the front door, where no engine answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.monorepo import Monorepo

SCHEMA = json.loads((Path(__file__).parents[2] / "buildgraph/schemas/run.json").read_text())


@pytest.fixture
def shop(repo: Monorepo, monkeypatch: pytest.MonkeyPatch) -> Monorepo:
    """Two services, one built on the other, and an engine that does not answer."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    repo.plain_service("base", "FROM scratch\nCOPY services/base/ /\n", port=80, base_of="acme/base")
    repo.plain_service("web", "FROM acme/base\nCOPY services/web/ /\n", port=81)
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.commit()
    return repo


def last_report(shop: Monorepo) -> Any:
    told = json.loads((shop.root / ".buildgraph/runs/last.json").read_text())
    jsonschema.validate(told, SCHEMA)
    return told


def test_a_failed_run_leaves_a_report_of_what_failed_and_what_was_not_run(shop: Monorepo) -> None:
    ran = shop.run("build")

    told = last_report(shop)
    assert (ran.code, told["exit_code"], told["result"]) == (3, 3, "failed")
    assert (told["commit"], told["edited"]) == (shop.git("rev-parse", "HEAD"), False)
    assert [(task["name"], task["result"], task["why"]) for task in told["tasks"]] == [
        ("build:base", "failed", "no Docker engine answers at unix:///nowhere/docker.sock (DOCKER_HOST)"),
        ("build:web", "not run", "build:base failed"),
    ]
    assert shop.git("status", "--porcelain") == ""


def test_what_several_tasks_fail_of_is_told_once_and_names_the_engine_that_was_asked(shop: Monorepo) -> None:
    shop.plain_service("mail", "FROM scratch\nCOPY services/mail/ /\n", port=82)

    ran = shop.run("build:base", "build:mail")

    assert ran.code == 3
    assert ran.err.count("no Docker engine answers at unix:///nowhere/docker.sock (DOCKER_HOST)") == 1
    assert ran.err.count("  start Docker, then `buildgraph doctor`\n") == 1
    assert "!! build:mail  failed as build:base did\n" in ran.err
    assert [task["result"] for task in last_report(shop)["tasks"]] == ["failed", "failed"]


def test_what_is_refused_or_only_listed_is_no_run(shop: Monorepo) -> None:
    assert shop.run("build:wep").code == 2
    assert shop.run("list").code == 0

    assert not (shop.root / ".buildgraph/runs").exists()


def test_a_report_that_cannot_be_written_is_told_and_changes_nothing_else(shop: Monorepo) -> None:
    shop.write(".buildgraph/runs", "a file")

    ran = shop.run("build")

    assert ran.code == 3
    assert "the report of this run cannot be written: " in ran.err


def test_a_failed_run_leaves_the_trace_that_was_asked_for(shop: Monorepo) -> None:
    ran = shop.run("--trace=out.json", "build")

    assert ran.code == 3
    events = json.loads((shop.root / "out.json").read_text())["traceEvents"]
    assert [(event["name"], event["args"]["result"]) for event in events if event["ph"] == "X"] == [
        ("build:base", "failed")
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["build", "--trace"], "error: --trace: names no file\n  write `--trace FILE`\n"),
        (["--trace", "-n", "build"], "error: --trace: names no file\n  write `--trace FILE`\n"),
        (["build", "--trace=services"], "error: services: is a folder: a trace is one file\n"),
        (
            ["build", "--trace=no/where.json"],
            "error: no/where.json: cannot be written: its folder is not there, or not to be written to\n",
        ),
        (
            ["build", "--trce=x"],
            "error: there is no option '--trce'\n  did you mean --trace or --process or --backend?\n",
        ),
    ],
    ids=["no file", "an option for a file", "a folder", "a folder that is not there", "misspelt"],
)
def test_a_trace_that_can_go_nowhere_is_refused_before_anything_runs(
    shop: Monorepo, arguments: list[str], told: str
) -> None:
    ran = shop.run(*arguments)

    assert (ran.code, ran.err) == (2, told)
    assert not (shop.root / ".buildgraph/runs").exists()


def test_on_github_actions_a_failure_is_annotated_and_the_job_has_a_summary(
    shop: Monorepo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("of the step before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(shop.root))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    ran = shop.run("build")

    assert "\n::error file=services/base/Dockerfile,title=build%3Abase::no Docker engine answers" in ran.err
    assert "| build:web | not run |  | build:base failed |" in summary.read_text()
    assert summary.read_text().startswith("of the step before\n### buildgraph build\n")


def test_on_github_actions_a_mistake_in_a_manifest_is_annotated_whatever_was_asked(
    shop: Monorepo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    shop.append("manifests/products/web.toml", "colour = 'red'\n")

    for asked in ("build", "graph"):
        assert "\n::error file=manifests/products/web.toml" in shop.run(asked).err
