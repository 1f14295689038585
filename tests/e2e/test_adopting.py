"""As a new user does it: the wheel into a fresh environment, `init`, and what was found builds and runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.monorepo import Monorepo
from tests.support.starting import Ran
from tests.support.system import ROOT, docker, fetch, free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(1770)]
WORKSPACE = "packages:\n  - 'apps/*'\n  - 'packages/*'\n"
SERVER = """import http from 'node:http'
import { hello } from '@acme/words'
http.createServer((request, response) => response.end(hello)).listen(process.env.PORT ?? 4000)
process.on('SIGTERM', () => process.exit(0))
// GET '/health' is answered, too
"""
OWN = """FROM node:20-alpine
WORKDIR /app
COPY packages/words node_modules/@acme/words
COPY apps/own/server.mjs .
EXPOSE 4100
HEALTHCHECK CMD node -e "fetch('http://localhost:4100/ready').then(answer => process.exit(answer.ok ? 0 : 1))"
ENV PORT=4100
CMD ["node", "server.mjs"]
"""
PAGE = "<!doctype html><title>app</title><div id=app></div><script type=module src=/main.js></script>\n"


class Hometown(Monorepo):
    """A workspace of which nobody has told this program, and a program that its user has installed."""

    def __init__(self, folder: Path, program: Path) -> None:
        super().__init__(folder)
        self.program = program
        self.name = f"t{uuid.uuid4().hex[:8]}"
        self.write("pnpm-workspace.yaml", WORKSPACE)
        self.write("package.json", json.dumps({"name": self.name, "packageManager": "pnpm@9.15.0"}))
        self.project("packages/words", "words", exports={".": "./index.mjs"})
        self.write("packages/words/index.mjs", "export const hello = 'Hello from words'\n")

    def project(self, folder: str, name: str, **fields: Any) -> None:
        """Write a project's package.json."""
        self.write(
            f"{folder}/package.json", json.dumps({"name": f"@acme/{name}", "version": "1.0.0", **fields})
        )

    def app(self, name: str, needs: dict[str, str], scripts: dict[str, str], **files: str) -> None:
        """Write an app that uses words; `__` in the names of its `files` stands for a slash, `_` for a dot."""
        dependencies = {"@acme/words": "workspace:*", **needs}
        self.project(f"apps/{name}", name, dependencies=dependencies, scripts=scripts, private=True)
        for written, text in files.items():
            self.write(f"apps/{name}/{written.replace('__', '/').replace('_', '.')}", text)

    def install(self) -> None:
        """Have pnpm write the lockfile."""
        pnpm = Path(sys.executable).parent / "pnpm"
        argv = (pnpm, "install", "--lockfile-only", "--ignore-scripts", "--silent")
        subprocess.run(argv, cwd=self.root, check=True, capture_output=True)
        self.commit()

    def run(self, *arguments: str) -> Ran:
        """Run the installed program, with nothing of this checkout in reach."""
        env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
        argv = (str(self.program), *arguments)
        ran = subprocess.run(
            argv, cwd=self.root, capture_output=True, text=True, check=False, env=env, timeout=580
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def must(self, *arguments: str) -> Ran:
        """Run a command line that has to succeed."""
        ran = self.run(*arguments)
        assert ran.code == 0, f"{ran.out}\n{ran.err}"
        return ran

    def raze(self) -> None:
        """Take away what was made on the engine."""
        images = docker(
            "images", "--filter", f"reference={self.name}/*", "--format", "{{.Repository}}:{{.Tag}}"
        )
        if images.split():
            docker("rmi", "-f", *images.split())


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console script of a wheel of this checkout, in an environment of its own."""
    folder = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    subprocess.run((*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)), check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run((sys.executable, "-m", "venv", str(folder / "venv")), check=True)
    bin_folder = folder / "venv/bin"
    subprocess.run((*(str(bin_folder / "python"), *pip[1:]), "install", str(wheel)), check=True)
    return bin_folder / "buildgraph"


@pytest.fixture
def town(tmp_path: Path, program: Path) -> Iterator[Hometown]:
    """An empty workspace and the installed program."""
    found = Hometown(tmp_path / "town", program)
    yield found
    found.raze()


def serve(image: str, port: int) -> str:
    """Run an image as a deployment does (another user, nothing to write to); the answer of its first page."""
    public = free_port()
    limits = ("--read-only", "--tmpfs", "/tmp", "--user", "1001:1001", "--cap-drop", "ALL", "--init")
    container = docker("run", "-d", "--rm", *limits, "-p", f"127.0.0.1:{public}:{port}", image).strip()
    try:
        return answer_of(public)
    finally:
        docker("rm", "-f", container)


def answer_of(port: int) -> str:
    deadline = time.monotonic() + 60
    while True:
        try:
            status, body = fetch(f"http://127.0.0.1:{port}/")
            assert status == 200, body
            return body
        except OSError:
            assert time.monotonic() < deadline, "it does not answer"
            time.sleep(0.2)


def image_of(town: Hometown, service: str) -> str:
    (step,) = [step for step in plan(town) if step["node"] == f"image:{service}"]
    return f"{town.name}/{service}:{step['fingerprint']}"


def plan(town: Hometown) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(town.must("plan", "build", "--format", "json").out)["steps"]
    return steps


def test_an_installed_program_adopts_a_workspace_and_builds_its_dockerfile_with_no_hand_edit(
    town: Hometown,
) -> None:
    town.app("own", {}, {}, server_mjs=SERVER, Dockerfile=OWN)
    town.install()

    town.must("init")
    image = image_of(town, "own")
    town.must("build:own")
    assert serve(image, 4100) == "Hello from words"
    assert plan(town) == []
    assert json.loads(town.must("schema", "plan").out)["title"].startswith("What a run would do")

    town.write("packages/words/index.mjs", "export const hello = 'Good evening'\n")
    town.write("README.md", "# No part of any image\n")
    affected = town.must("affected", "--base", "HEAD", "--kind", "image", "--format", "names").out.split()
    assert affected == ["image:own"]
    assert "packages/words/index.mjs" in town.must("why", "own", "--base", "HEAD").out


APPS = {
    "node": (
        {},
        {"start": "node server.mjs"},
        {"server_mjs": SERVER},
        "Hello from words",
    ),
    "spa": (
        {"vite": "^5"},
        {"build": "vite build"},
        {"index_html": PAGE, "main_js": "import { hello } from '@acme/words'\ndocument.title = hello\n"},
        "<title>app</title>",
    ),
    "next": (
        {"next": "^14", "react": "^18", "react-dom": "^18"},
        {"build": "next build", "start": "next start"},
        {
            "pages__index_jsx": "import { hello } from '@acme/words'\nexport default () => <h1>{hello}</h1>\n",
            "next_config_mjs": "export default { transpilePackages: ['@acme/words'] }\n",
        },
        "<h1>Hello from words</h1>",
    ),
}


@pytest.mark.parametrize(
    "kind",
    ["node", pytest.param("spa", marks=pytest.mark.long), pytest.param("next", marks=pytest.mark.long)],
)
def test_an_app_of_every_kind_is_recognised_built_and_answers(town: Hometown, kind: str) -> None:
    needs, scripts, files, expected = APPS[kind]
    town.app("it", needs, scripts, **files)
    town.install()

    (service,) = json.loads(town.must("init", "--format", "json").out)["services"]
    assert (service["kind"], service["deployed"]) == (kind, True)
    image = image_of(town, "it")
    town.must("build:it")
    listens = {"node": service["port"], "spa": 8080, "next": 3000}[kind]
    assert expected in serve(image, listens)
