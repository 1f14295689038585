"""Packages whose scripts are run by a pnpm that does nothing else: where results are the matter, and not pnpm."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.monorepo import Monorepo
from tests.support.packages import Packages

PNPM = """#!/bin/sh
[ "$1" != --version ] || { echo 9.15.0; exit; }
exec sh "./$2.sh"
"""
# What is run tells that it ran, and leaves many files, so that there is something to be interrupted in.
SCRIPT = """echo {name} >> "$RUNS"
mkdir -p dist && sha256sum src/index.ts > dist/whole
for n in 1 2 3 4 5 6 7 8; do cp dist/whole dist/file-$n; done
"""
CAPABLE = "--bounding-set=-dac_override,-dac_read_search"  # what lets root write where nobody may


class Scripted(Packages):
    """`b` uses `a`; both are built, and all they leave says what they were built from."""

    def __init__(self, folder: Path, names: Sequence[str] = ("a", "b")) -> None:
        repo = Monorepo(folder / "shop")
        super().__init__(repo, folder / "store")
        self.names = tuple(names)
        self.programs = folder / "programs"
        self.programs.mkdir()
        (self.programs / "pnpm").write_text(PNPM)
        (self.programs / "pnpm").chmod(0o755)
        for before, name in zip(("", *names), names, strict=False):
            repo.package(name, uses=[before] if before else [], scripts={"build": "sh build.sh"})
            repo.write(f"packages/{name}/build.sh", SCRIPT.format(name=name))
        repo.lock()
        repo.commit()

    @property
    def environment(self) -> dict[str, str]:
        """What command lines get here."""
        found = super().environment
        return found | {"PATH": f"{self.programs}{os.pathsep}{found['PATH']}"}

    def start(self, *arguments: str, within: Sequence[str] = (), **env: str) -> subprocess.Popen[str]:
        """Start the console script, perhaps by another program."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            (*within, *self.argv(*arguments)),
            cwd=self.repo.root,
            stdout=pipe,
            stderr=pipe,
            text=True,
            env=self.environment | env,
        )

    def argv(self, *arguments: str) -> tuple[str, ...]:
        """A command line of the console script."""
        return (sys.executable, "-m", "buildgraph.main", *arguments)

    def edit(self, name: str = "a") -> None:
        """Change a package."""
        self.repo.append(f"packages/{name}/src/index.ts")

    def ran(self) -> list[str]:
        """Which scripts have run since this was asked last, sorted."""
        told = self.runs.read_text().split() if self.runs.exists() else []
        self.runs.unlink(missing_ok=True)
        return sorted(told)

    def is_right(self) -> bool:
        """Whether every output is that of what stands there now, and nothing else is there."""
        for name in self.names:
            folder = self.repo.root / "packages" / name
            told = subprocess.run(("sha256sum", "src/index.ts"), cwd=folder, capture_output=True, check=True)
            found = {file.name: file.read_bytes() for file in (folder / "dist").iterdir()}
            if found != dict.fromkeys(("whole", *(f"file-{n}" for n in range(1, 9))), told.stdout):
                return False
        return True


def read_only() -> tuple[str, ...]:
    """What a command line is started by so that folders which nobody may write to hold for root, too."""
    return () if os.getuid() else ("setpriv", "--inh-caps=-all", CAPABLE)


def on_full_disk(folder: Path, size: str = "4k") -> tuple[str, ...]:
    """What a command line is started by so that a folder is a disk of its own, with no room to speak of."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"'
    return ("unshare", *(("-r",) if os.getuid() else ()), "-m", "sh", "-c", mount, "sh", size, str(folder))
