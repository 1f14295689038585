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
from tests.render.servers import EVERY_SERVER

API = Service("shop-api", "shop", "node", "api", host="api")
THERE = Environment("live", domain="{host}.shop.org", backups=Backups("s3://shop", daily=7, monthly=12))
MANIFESTS = Manifests(Workspace("acme"), (Product("shop", (API,)),), (THERE,))


def units(server: Path) -> tuple[Path, Path]:
    """The service and the timer of a server."""
    service, timer = (server / f"manacore-{server.name}-backup.{kind}" for kind in ("service", "timer"))
    return service, timer


@EVERY_SERVER
def test_it_runs_the_task_for_its_environment(server: Path) -> None:
    """With the program that needs no dodo.py in the workspace."""
    service, _ = units(server)
    (line,) = [line for line in service.read_text().splitlines() if line.startswith("ExecStart=")]
    program, *words = line.removeprefix("ExecStart=").split()

    assert (Path(program).name, words) == ("buildgraph", ["backup", f"env={server.name}"])
    check_variables(words)
    assert "User=deploy\n" in service.read_text()


def test_it_tells_what_is_kept_as_the_manifest_says_and_is_left_out_where_nothing_is() -> None:
    texts = render_hosts(MANIFESTS)
    none = render_hosts(replace(MANIFESTS, environments=(replace(THERE, backups=Backups()),)))

    told = texts["docker/host/live/acme-live-backup.service"]
    assert "Goes to s3://shop, where the newest is kept of 7 days, of 12 months;" in told
    assert "User=" not in told and "`buildgraph backup` itself removes the others" in told
    assert {path for path in texts if "backup" in path} == texts.keys() - none.keys()


@pytest.mark.engine
@EVERY_SERVER
def test_systemd_takes_both_and_knows_when_it_is_time(tmp_path: Path, server: Path) -> None:
    """The program and the user of the unit are not on every machine, so the check is given some that are."""
    for unit in units(server):
        text = unit.read_text().replace("/opt/manacore/.venv/bin/buildgraph", "/bin/true")
        (tmp_path / unit.name).write_text(text.replace("User=deploy", "User=root"))

    verify = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in units(server))]
    ran = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (ran.returncode, [line for line in ran.stderr.splitlines() if "manacore" in line]) == (0, [])

    (when,) = [
        line.partition("=")[2]
        for line in units(server)[1].read_text().splitlines()
        if line.startswith("OnCal")
    ]
    shown = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True, check=True)
    assert "03:00:00 UTC" in shown.stdout
