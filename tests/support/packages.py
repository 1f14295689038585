"""Workspaces whose packages have scripts, checked through the front door by the real pnpm."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.monorepo import Monorepo, bare
from tests.support.starting import run_script

PROGRAMS = Path(sys.executable).parent
# What a build is here: it tells that it ran, and leaves a file, a program and a link.
BUILD = (
    'echo "$npm_package_name build" >> "$RUNS" && mkdir -p dist/deep && cp src/index.ts dist/deep/index.js'
    " && cp src/index.ts dist/run && chmod 755 dist/run && ln -sf deep/index.js dist/latest"
)
LINT = 'echo "$npm_package_name lint" >> "$RUNS" && echo linted'


@dataclass(frozen=True)
class Ran:
    """What a command line left behind, and which scripts it ran, sorted."""

    code: int
    out: str
    err: str
    scripts: list[str]

    def named(self, sign: str) -> list[str]:
        """The tasks whose line begins with a sign, sorted."""
        return sorted(re.findall(rf"^{re.escape(sign)} (check:\S+)", self.err, re.MULTILINE))


class Packages:
    """A workspace, a store of results of its own, and a list of the scripts that ran."""

    def __init__(self, repo: Monorepo, store: Path) -> None:
        self.repo = repo
        self.store = store
        self.runs = repo.root.parent / f"{repo.root.name}.runs"

    def declare(self, scripts: Mapping[str, str]) -> None:
        """Give `core` other scripts."""
        self.repo.package("@acme/core", scripts=dict(scripts))

    def clone(self, name: str) -> Packages:
        """Another clone, which shares the store."""
        folder = self.repo.root.parent / name
        subprocess.run(("git", "clone", "-q", str(self.repo.root), str(folder)), check=True)
        return Packages(bare(folder), self.store)

    @property
    def environment(self) -> dict[str, str]:
        """What command lines get here."""
        own = {"BUILDGRAPH_CHECKS": str(self.store), "RUNS": str(self.runs)}
        path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PATH": path, **own}

    def run(self, *arguments: str, **env: str) -> Ran:
        """Run the console script."""
        self.runs.unlink(missing_ok=True)
        ran = run_script(self.repo.root, arguments, self.environment | env)
        scripts = self.runs.read_text().splitlines() if self.runs.exists() else []
        return Ran(ran.code, ran.out, ran.err, sorted(scripts))

    def ended_by(self, number: signal.Signals, *arguments: str, once: str) -> int:
        """Run the console script until a file is there, send its processes a signal; returns the exit code."""
        argv = (sys.executable, "-m", "buildgraph.main", *arguments)
        child = subprocess.Popen(
            argv, cwd=self.repo.root, env=self.environment, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while not (self.repo.root / once).exists():
            assert time.monotonic() < deadline, f"{once} never came"
            time.sleep(0.02)
        child.send_signal(number)
        return child.wait(60)

    def outputs(self) -> Mapping[str, str]:
        """All that lies in `dist` folders: mode, and content or target."""
        found: dict[str, str] = {}
        for place in sorted(self.repo.root.rglob("dist/**/*")):
            name = place.relative_to(self.repo.root).as_posix()
            if place.is_symlink():
                found[name] = f"-> {place.readlink()}"
            elif place.is_file():
                found[name] = f"{place.stat().st_mode:o} {hashlib.sha256(place.read_bytes()).hexdigest()}"
        return found

    def wipe(self) -> None:
        """Remove all that git ignores: outputs, and what was remembered of this checkout."""
        self.repo.git("clean", "-q", "-fdX")
        shutil.rmtree(self.repo.root / ".git/buildgraph", ignore_errors=True)
