"""The suite's small language: a real git repository with a pnpm workspace in it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from buildgraph.process import SystemRunner
from buildgraph.snapshot import Repository, Snapshot, find_repository, read_commit, read_working_tree

WORKSPACE = "packages:\n  - 'packages/*'\n  - 'apps/*'\n"


class Monorepo:
    """A workspace on disk; every verb changes it or asks about it, as a developer would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@example.com")
        self.write("pnpm-workspace.yaml", WORKSPACE)
        self.write("package.json", json.dumps({"name": "root", "private": True}))
        self.write(".gitignore", "node_modules/\ndist/\n.buildgraph/\n")

    def git(self, *arguments: str) -> str:
        """Run git here and return what it prints."""
        ran = subprocess.run(("git", *arguments), cwd=self.root, check=True, capture_output=True)
        return ran.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, path: str, content: str | bytes) -> Path:
        """Write one file, with its folders."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def append(self, path: str, line: str = "// edited\n") -> None:
        """Add a line to a file: the everyday edit."""
        with (self.root / path).open("a") as file:
            file.write(line)

    def package(self, name: str, *, uses: Iterable[str] = (), folder: str = "", **fields: Any) -> str:
        """Add a package (`@acme/core` lives in packages/core) that uses others; returns its folder."""
        path = folder or f"packages/{name.rpartition('/')[2]}"
        manifest = {"name": name, "version": "1.0.0", "dependencies": {used: "workspace:*" for used in uses}}
        self.write(f"{path}/package.json", json.dumps(manifest | fields))
        self.write(f"{path}/src/index.ts", f"export const name = '{name}'\n")
        return path

    def commit(self, message: str = "change") -> str:
        """Commit all there is and return the commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    @property
    def repository(self) -> Repository:
        """The repository as the product sees it."""
        return find_repository(self.root, SystemRunner())

    def working_tree(self) -> Snapshot:
        """A fresh snapshot of the working tree."""
        return read_working_tree(self.repository)

    def at(self, revision: str) -> Snapshot:
        """A snapshot of a commit."""
        return read_commit(self.repository, revision)
