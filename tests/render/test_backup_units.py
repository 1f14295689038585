"""The rendered backup of every day: what systemd makes of it, and that it asks for what there is."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.command_line import check_variables
from buildgraph.manifests.model import Backups, Environment, Manifests, Product, Service
from buildgraph.manifests.model import WorkspaceManifest as Workspace
from buildgraph.render.host import render_hosts
from tests.support.system import ROOT

FOLDER = ROOT / "docker/host/production"
SERVICE, TIMER = (FOLDER / f"manacore-production-backup.{kind}" for kind in ("service", "timer"))
API = Service("shop-api", "shop", "node", "api", host="api")
THERE = Environment("live", domain="{host}.shop.org", backups=Backups("s3://shop", daily=7, monthly=12))
MANIFESTS = Manifests(Workspace("acme"), (Product("shop", (API,)),), (THERE,))


def test_it_runs_the_task_for_its_environment() -> None:
    """With the program that needs no dodo.py in the workspace."""
    (line,) = [line for line in SERVICE.read_text().splitlines() if line.startswith("ExecStart=")]
    program, *words = line.removeprefix("ExecStart=").split()

    assert (Path(program).name, words) == ("buildgraph", ["backup", "env=production"])
    check_variables(words)
    assert "User=deploy\n" in SERVICE.read_text()


def test_it_tells_what_is_kept_as_the_manifest_says_and_is_left_out_where_nothing_is() -> None:
    texts = render_hosts(MANIFESTS)
    none = render_hosts(replace(MANIFESTS, environments=(replace(THERE, backups=Backups()),)))

    told = texts["docker/host/live/acme-live-backup.service"]
    assert "Goes to s3://shop, where the newest is kept of 7 days, of 12 months;" in told
    assert "User=" not in told and "`buildgraph backup` itself removes the others" in told
    assert {path for path in texts if "backup" in path} == texts.keys() - none.keys()


@pytest.mark.engine
def test_systemd_takes_both_and_knows_when_it_is_time(tmp_path: Path) -> None:
    """The program and the user of the unit are not on every machine, so the check is given some that are."""
    for unit in (SERVICE, TIMER):
        text = unit.read_text().replace("/opt/manacore/.venv/bin/buildgraph", "/bin/true")
        (tmp_path / unit.name).write_text(text.replace("User=deploy", "User=root"))

    verify = [
        "systemd-analyze",
        "verify",
        "--man=no",
        str(tmp_path / SERVICE.name),
        str(tmp_path / TIMER.name),
    ]
    ran = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (ran.returncode, [line for line in ran.stderr.splitlines() if "manacore" in line]) == (0, [])

    (when,) = [line.partition("=")[2] for line in TIMER.read_text().splitlines() if line.startswith("OnCal")]
    shown = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True, check=True)
    assert "03:00:00 UTC" in shown.stdout
