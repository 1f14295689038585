"""The suite's small language: a real git repository with a pnpm workspace in it."""

from __future__ import annotations

import atexit
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import chdir, redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from buildgraph.commands import run_verb
from buildgraph.process import SystemRunner
from buildgraph.project import open_project
from buildgraph.snapshot import Repository, Snapshot, find_repository, read_commit, read_working_tree
from tests.support.answers import check_answer
from tests.support.starting import Ran, run_script

# Written by us: git would start a process for each line of it.
IDENTITY = """[user]
\tname = Test
\temail = test@example.com
[maintenance]
\tauto = false
"""
WORKSPACE = "packages:\n  - 'packages/*'\n  - 'apps/*'\n"


@cache
def _empty_repository() -> Path:
    """Git's own folder of a repository where nothing happened yet: made once, and copied for each."""
    place = Path(mkdtemp(prefix="buildgraph-git-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    subprocess.run(("git", "init", "-q", "-b", "main", "--template=", str(place)), check=True)
    with (place / ".git/config").open("a") as config:
        config.write(IDENTITY)
    return place / ".git"


class Monorepo:
    """A workspace on disk; every verb changes it or asks about it, as a developer would."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(_empty_repository(), root / ".git")
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
        manifest = {"name": name, "version": "1.0.0", "dependencies": dict.fromkeys(uses, "workspace:*")}
        self.write(f"{path}/package.json", json.dumps(manifest | fields))
        self.write(f"{path}/src/index.ts", f"export const name = '{name}'\n")
        return path

    def commit(self, message: str = "change") -> str:
        """Commit all there is and return the commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self._head()

    def _head(self) -> str:
        """The commit that is checked out, read where git keeps it: it is asked for after hundreds of commits."""
        place = self.root / ".git"
        try:
            return (place / (place / "HEAD").read_text().strip().removeprefix("ref: ")).read_text().strip()
        except OSError:  # a detached head, a worktree, or packed names
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

    # Services and the product's own verbs ------------------------------------------------------------------

    def service(self, name: str, *, uses: Iterable[str] = (), **fields: Any) -> str:
        """Add a Node service (an app of the workspace built by a template); returns its folder."""
        folder = self.package(f"@acme/{name}", uses=uses, folder=f"apps/{name}")
        if not (self.root / "docker/Dockerfile.app").exists():
            self.write("docker/Dockerfile.app", APP_TEMPLATE)
            self.write("manifests/bases.toml", f'[digests]\n"node:20" = "sha256:{"0" * 64}"\n')
        self._declare(
            name,
            {"path": folder, "dockerfile": "docker/Dockerfile.app", "port": 3000 + sum(name.encode()) % 997}
            | fields,
        )
        return folder

    def plain_service(self, name: str, dockerfile: str, **fields: Any) -> str:
        """Add a service that is no project of the pnpm workspace: a folder with a Dockerfile."""
        self.write(f"services/{name}/Dockerfile", dockerfile)
        self._declare(
            name, {"path": f"services/{name}", "dockerfile": f"services/{name}/Dockerfile"} | fields
        )
        return f"services/{name}"

    def _declare(self, name: str, fields: dict[str, Any]) -> None:
        if not (self.root / "manifests/workspace.toml").exists():
            self.write("manifests/workspace.toml", 'name = "acme"\nignored = ["*.md", "*.test.ts"]\n')
        lines = [f"{key} = {_toml(value)}" for key, value in fields.items()]
        self.write(
            f"manifests/products/{name}.toml", "\n".join([f"[services.{name}]", 'health = "/"', *lines, ""])
        )

    def lock(self) -> None:
        """Write the lockfile that pnpm would: workspace links only, as no package here uses the registry."""
        folders = sorted(
            path.parent.relative_to(self.root).as_posix() for path in self.root.rglob("package.json")
        )
        manifests = {
            folder: json.loads((self.root / folder / "package.json").read_text()) for folder in folders
        }
        homes = {manifest["name"]: folder for folder, manifest in manifests.items()}
        importers = {
            folder: {
                "dependencies": {
                    name: {
                        "specifier": "workspace:*",
                        "version": f"link:{os.path.relpath(homes[name], folder)}",
                    }
                    for name in manifest.get("dependencies", {})
                }
            }
            for folder, manifest in manifests.items()
        }
        self.write("pnpm-lock.yaml", json.dumps({"lockfileVersion": "9.0", "importers": importers}, indent=1))

    def run(self, *arguments: str) -> Ran:
        """Run the console script here, in a process of its own, as a user would."""
        ran = run_script(self.root, arguments, os.environ)
        check_answer(arguments, ran.out)
        return ran

    def affected(self, *arguments: str) -> list[str]:
        """The ids that `buildgraph affected` names: asked often, and so in this process."""
        told = io.StringIO()
        with chdir(self.root), redirect_stdout(told):
            code = run_verb("affected", ("--format", "names", *arguments))
        assert code == 0
        return told.getvalue().split()

    def fingerprints(self) -> dict[str, str]:
        """Every node's fingerprint in the working tree, as a value."""
        return dict(open_project(self.root).working_picture().graph.fingerprints)


APP_TEMPLATE = """FROM node:20 AS build
ARG SERVICE_PATH
COPY manifests/ ./
COPY dependencies/ ./
COPY app/ ./
"""


def _toml(value: Any) -> str:
    return json.dumps(value)


def bare(folder: Path) -> Monorepo:
    """The language's verbs for a folder as it is, whatever it holds."""
    found = Monorepo.__new__(Monorepo)
    found.root = folder
    return found
