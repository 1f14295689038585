"""Brings the tools: ours from this project's files as pip installs it, the peers as npm installs them."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.layout import Layout
from bench.progress import tell
from bench.timing import read_output

PEERS: Final = {"turbo": "2.11.11", "nx": "24.0.6", "@moonrepo/cli": "2.5.5"}
# Fills the peers' caches: a script that does nothing is not worth half a second of pnpm.
PNPM: Final = '#!/bin/sh\n[ "$1" != --version ] || echo 9.15.0\n'
MOON_TASKS: Final = "tasks:\n  build:\n    command: 'true'\n    deps: ['^:build']\n"


def install_ours(cache: Path) -> Path:
    """Install this project into an environment of its own; returns the folder of its programs."""
    venv = cache / "venv"
    programs = venv / "bin"
    if not programs.exists():
        tell("making an environment for buildgraph")
        read_output(sys.executable, "-m", "venv", str(venv))
    with tempfile.TemporaryDirectory(prefix="bench-sources-") as sources:
        _copy_sources(Path(sources))
        pip = (str(programs / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check")
        read_output(*pip, sources)
        read_output(*pip, "--force-reinstall", "--no-deps", sources)
    return programs


def _copy_sources(folder: Path) -> None:
    """A copy, so that no build leaves anything here and nothing that lies about here gets in."""
    from tests.support.system import copy_project

    copy_project(folder)


def install_peers(cache: Path) -> Path:
    """Install the peers; returns their node_modules. What is there in the right versions stays."""
    folder = cache / "peers"
    wanted = json.dumps({"private": True, "dependencies": PEERS})
    manifest, modules = folder / "package.json", folder / "node_modules"
    if not modules.exists() or manifest.read_text() != wanted:
        tell(f"installing {', '.join(PEERS)} from npm")
        folder.mkdir(parents=True, exist_ok=True)
        manifest.write_text(wanted)
        quiet = ("--silent", "--no-audit", "--no-fund", "--no-update-notifier")
        read_output("npm", "install", *quiet, cwd=folder)
    (modules / ".modules.yaml").touch()  # nx wants to see that pnpm was here
    _write_pnpm(folder / "bin/pnpm")
    return modules


def _write_pnpm(program: Path) -> None:
    program.parent.mkdir(exist_ok=True)
    program.write_text(PNPM)
    program.chmod(0o755)


def link_modules(workspace: Path, modules: Path) -> None:
    """Let the peers find themselves in a workspace; git ignores the link."""
    (workspace / "node_modules").symlink_to(modules)


def write_moon(folder: Path, layout: Layout) -> None:
    """Tell moon what uses what: what reads package.json for it is not part of its npm package."""
    (folder / ".moon/tasks").mkdir()
    (folder / ".moon/tasks/all.yml").write_text(MOON_TASKS)
    for project in layout.projects:
        used = ", ".join(f"'{Path(layout.named[name].folder).name}'" for name in project.uses)
        (folder / project.folder / "moon.yml").write_text(f"dependsOn: [{used}]\n")
