"""Build contexts of the example: the same bytes every time, and accepted by the real pnpm as they are."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from buildgraph.image.archive import read_archive
from buildgraph.project import open_project
from tests.support.system import ROOT, copy_project
from tests.workspace.pnpm import run_pnpm

SERVICES = ["chat-backend", "chat-landing", "chat-web", "mana-core-auth"]


def archives(folder: Path, services: Iterable[str] = SERVICES) -> dict[str, bytes]:
    picture = open_project(folder).working_picture()
    return {name: read_archive(picture.images[name].context, picture.snapshot.blobs) for name in services}


def test_archives_are_the_same_bytes_in_every_folder(tmp_path: Path) -> None:
    """Pitfalls 2 and 36: neither the folder, the clock nor the checkout enters an archive."""
    copy_project(tmp_path / "copy")
    subprocess.run(["git", "init", "-q", str(tmp_path / "copy")], check=True)
    for file in (tmp_path / "copy").rglob("*.ts"):
        os.utime(file, (0, 0))

    assert archives(ROOT) == archives(ROOT) == archives(tmp_path / "copy")


@pytest.mark.parametrize("service", SERVICES)
def test_a_context_holds_the_closure_and_nothing_else(service: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(archives(ROOT, [service])[service])) as archive:
        members = archive.getmembers()

    names = [member.name for member in members]
    assert names == sorted(names)
    assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in members} == {(0, 0, "", "", 0)}
    assert {m.mode for m in members} <= {0o644, 0o755}
    assert {name.split("/")[0] for name in names} == {
        "Dockerfile",
        "manifests",
        "dependencies",
        "app",
        "template",
    }
    assert not [
        name for name in names if name.endswith((".md", ".test.ts", ".env")) or "node_modules" in name
    ]


@pytest.mark.pnpm
@pytest.mark.parametrize("service", SERVICES)
def test_a_pruned_context_passes_a_frozen_install(service: str, tmp_path: Path) -> None:
    """Pitfall 35."""
    with tarfile.open(fileobj=io.BytesIO(archives(ROOT, [service])[service])) as archive:
        archive.extractall(tmp_path, filter="data")
    run_pnpm(tmp_path / "manifests", "install", "--frozen-lockfile", "--ignore-scripts")
