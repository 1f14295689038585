"""What runs leave behind, through the front door on a real engine: reports of builds, pushes and what was found."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.monorepo import Monorepo
from tests.support.system import ROOT, docker

pytestmark = pytest.mark.engine

SCHEMA = json.loads((ROOT / "docs/run.schema.json").read_text())


@pytest.fixture
def shop(tmp_path: Path, registry: str) -> Iterator[Monorepo]:
    """Two images of one file each, and an environment with a registry."""
    repo = Monorepo(tmp_path / "repo")
    name = f"t{uuid.uuid4().hex[:8]}"
    repo.write("manifests/workspace.toml", f'name = "{name}"\n')
    for port, service in enumerate(("api", "web"), 3001):
        copied = f"services/{service}/Dockerfile"
        repo.plain_service(service, f"FROM scratch\nCOPY {copied} /1\nCOPY {copied} /2\n", port=port)
    repo.write("manifests/environments/development.toml", "proxy_port = 8480\n")
    repo.write("manifests/environments/staging.toml", f'registry = "{registry}/{name}"\nproxy_port = 8481\n')
    repo.commit()
    yield repo
    tags = docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    docker("rmi", "-f", *[tag for tag in tags if f"{name}/" in tag])


def last_report(shop: Monorepo) -> Any:
    told = json.loads((shop.root / ".buildgraph/runs/last.json").read_text())
    jsonschema.validate(told, SCHEMA)
    return told


def results(told: Any) -> dict[str, str]:
    return {task["name"]: task["result"] for task in told["tasks"]}


def test_a_run_that_builds_and_pushes_is_reported_and_so_is_one_that_finds_all_of_it(shop: Monorepo) -> None:
    first = shop.run("-n", "2", "push", "env=staging")
    pushed = last_report(shop)
    again = shop.run("build", "env=staging")
    found = last_report(shop)

    assert (first.code, again.code) == (0, 0), first.err
    assert results(pushed) == dict.fromkeys(("build:api", "build:web", "push:api", "push:web"), "done")
    by_name = {task["name"]: task for task in pushed["tasks"]}
    assert by_name["build:web"]["steps"] == {"run": 2, "cached": 0}
    assert by_name["push:web"]["pushed_bytes"] > 0
    assert {by_name["build:api"]["worker"], by_name["build:web"]["worker"]} == {1, 2}
    assert results(found) == {"build:api": "fresh", "build:web": "fresh"}
    assert {task["why"] for task in found["tasks"]} == {"the engine holds it"}
    assert found["took"] == pushed["took"]
