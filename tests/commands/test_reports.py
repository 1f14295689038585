"""What a run leaves behind, through the front door, where no engine answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.monorepo import Monorepo

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/run.schema.json").read_text())


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
        ("build:base", "failed", "no Docker engine answers on this machine"),
        ("build:web", "not run", "build:base failed"),
    ]
    assert shop.git("status", "--porcelain") == ""


def test_what_is_refused_or_only_listed_is_no_run(shop: Monorepo) -> None:
    assert shop.run("build:wep").code == 2
    assert shop.run("list").code == 0

    assert not (shop.root / ".buildgraph/runs").exists()


def test_a_report_that_cannot_be_written_is_told_and_changes_nothing_else(shop: Monorepo) -> None:
    shop.write(".buildgraph/runs", "a file")

    ran = shop.run("build")

    assert ran.code == 3
    assert "the report of this run cannot be written: " in ran.err
