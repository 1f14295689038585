"""What runs leave behind, through the front door on a real engine: reports of builds, pushes and what was found."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.support.hamlet import Hamlet
from tests.support.monorepo import Monorepo
from tests.support.system import ROOT, docker
from tests.support.terminal import on_terminal

pytestmark = [pytest.mark.engine, pytest.mark.timeout(540)]

SCHEMA = json.loads((ROOT / "buildgraph/schemas/run.json").read_text())


@pytest.fixture
def shop(tmp_path: Path, registry: str) -> Iterator[Monorepo]:
    """Two images of one file each, and an environment with a registry."""
    repo = Monorepo(tmp_path / "repo")
    name = f"t{uuid.uuid4().hex[:8]}"
    repo.write("manifests/workspace.toml", f'name = "{name}"\n')
    for port, service in enumerate(("api", "web"), 3001):
        copied = f"services/{service}/new"
        repo.plain_service(service, f"FROM scratch\nCOPY {copied} /1\nCOPY {copied} /2\n", port=port)
        repo.write(copied, f"{name} {service}")  # what BuildKit has not met
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


def test_a_trace_shows_tasks_and_the_steps_of_builds_and_which_were_cached(shop: Monorepo) -> None:
    shop.append("services/web/Dockerfile", "COPY services/web/more /3\n")
    shop.write("services/web/more", "1")
    assert shop.run("build:web").code == 0
    shop.write("services/web/more", "2")

    ran = shop.run("build:web", "--trace", "trace.json")

    assert ran.code == 0, ran.err
    events = json.loads((shop.root / "trace.json").read_text())["traceEvents"]
    [task] = [event for event in events if event.get("cat") == "task"]
    steps = {event["name"]: event for event in events if event.get("cat") == "step"}
    assert (task["name"], task["args"]["result"]) == ("build:web", "done")
    cached = {
        name: step["args"]["cached"] for name, step in steps.items() if name.startswith(("[1", "[2", "[3"))
    }
    assert list(cached.values()) == [True, True, False], cached
    begins = [step["ts"] for step in steps.values()]
    ends = [step["ts"] + step["dur"] for step in steps.values()]
    assert task["ts"] <= min(begins)
    assert max(ends) - min(begins) <= task["dur"], "the engine's first word is heard after it was said"


def test_on_a_terminal_each_task_at_work_is_one_line_and_its_end_stays(shop: Monorepo) -> None:
    code, terminal = on_terminal(shop.root, "-n", "2", "build")

    assert code == 0
    *ends, last = terminal.shown
    assert sorted(line.partition("  ")[0] for line in ends) == ["ok build:api", "ok build:web"]
    assert last.startswith("== 2 done (build:")
    assert any(line.startswith(".  build:web  ") and "COPY" in line for line in terminal.history)


def test_an_interrupted_run_is_reported_leaves_nothing_and_the_next_one_builds(tmp_path: Path) -> None:
    """Pitfall 9: what was killed is not recorded as done."""
    hamlet = Hamlet(tmp_path / "repo")
    hamlet.append("services/web/Dockerfile", f"RUN echo {hamlet.name} && sleep 10\n")

    code, terminal = on_terminal(hamlet.root, "build:web", "--trace", "trace.json", until="sleep 10")

    assert code == 130
    assert (terminal.shown[-1], terminal.wraps) == ("interrupted", True)
    assert terminal.shown[-2].startswith("== 1 interrupted (build:web); ")
    report = json.loads((hamlet.root / ".buildgraph/runs/last.json").read_text())
    jsonschema.validate(report, SCHEMA)
    assert (report["result"], report["exit_code"]) == ("interrupted", 130)
    assert results(report) == {"build:web": "interrupted"}
    events = json.loads((hamlet.root / "trace.json").read_text())["traceEvents"]
    assert any("sleep 10" in event["name"] for event in events)
    left = subprocess.run(["pgrep", "-f", f"buildx build.*{hamlet.name}/"], capture_output=True, check=False)
    assert left.stdout == b""
    assert "== 1 done (build:web)" in hamlet.must("build:web").err
    hamlet.raze()
