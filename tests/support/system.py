"""A whole system under test: a copy of this project with a name and ports of its own, run through the front door."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from buildgraph.project import open_project
from tests.support.answers import check_answer

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sys.executable).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "buildgraph"  # that of the scripts
WORKSPACE = "examples/manacore"
PORTS = range(24_000, 32_000)  # below those that systems give to whoever connects
# What most tests are about: four images. The workspace they are cut from is the whole one.
CHAT = ("chat", "mana-core-auth")


@dataclass(frozen=True)
class Ran:
    """What a command line left behind; what it told stands on standard error."""

    code: int
    out: str
    err: str

    @property
    def done(self) -> list[str]:
        """The tasks that did something, sorted."""
        return sorted(re.findall(r"^ok (\S+)", self.err, re.MULTILINE))

    @property
    def built(self) -> list[str]:
        """The services whose images were built, sorted."""
        return [name.removeprefix("build:") for name in self.done if name.startswith("build:")]

    @property
    def failed(self) -> list[str]:
        """The tasks that failed, sorted."""
        return sorted(re.findall(r"^!! (\S+)  failed", self.err, re.MULTILINE))


class System:
    """A copy of this project in a folder of its own; its containers and images bear a name of its own.

    It has the manifests of the `products` alone, so that a run without names is about them.
    """

    def __init__(self, folder: Path, name: str = "", products: Sequence[str] = CHAT) -> None:
        self.root = folder
        self.patience = 570  # seconds that a command line may take
        self.name = name or f"t{uuid.uuid4().hex[:8]}"
        self.port = free_port()
        copy_project(folder)
        self.keep(products)
        self.replace("manifests/workspace.toml", r'^name = ".*"', f'name = "{self.name}"')
        self.replace(
            "manifests/environments/development.toml", r"^proxy_port = .*", f"proxy_port = {self.port}"
        )
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "Test")
        self.git("config", "user.email", "test@example.com")
        self.commit()

    def keep(self, products: Sequence[str]) -> None:
        """Remove the manifests of all other products."""
        for manifest in (self.root / "manifests/products").glob("*.toml"):
            if manifest.stem not in products:
                manifest.unlink()

    def git(self, *arguments: str) -> str:
        """Run git here and return what it prints."""
        ran = subprocess.run(("git", *arguments), cwd=self.root, check=True, capture_output=True, text=True)
        return ran.stdout

    def commit(self) -> None:
        """Commit all there is."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")

    def revert(self) -> None:
        """Take back every edit since the last commit."""
        self.git("checkout", "-q", "--", ".")
        self.git("clean", "-q", "-fd")

    def replace(self, path: str, pattern: str, text: str) -> None:
        """Replace what a pattern finds in a file; it must be there."""
        file = self.root / path
        found, count = re.subn(pattern, text, file.read_text(), flags=re.MULTILINE)
        assert count, f"{path} has no {pattern}"
        file.write_text(found)

    def append(self, path: str, line: str) -> None:
        """Add a line to a file of the example workspace."""
        with (self.root / WORKSPACE / path).open("a") as file:
            file.write(line)

    def write(self, path: str, content: str) -> None:
        """Write a file of the example workspace."""
        file = self.root / WORKSPACE / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)

    def doit(self, *arguments: str, **env: str) -> Ran:
        """Run `doit` here."""
        return self._run("doit", *arguments, **env)

    def buildgraph(self, *arguments: str, **env: str) -> Ran:
        """Run `buildgraph` here."""
        return self._run("buildgraph", *arguments, **env)

    def _run(self, program: str, *arguments: str, **env: str) -> Ran:
        argv = (str(SCRIPTS / program), *arguments)
        ran = subprocess.run(
            argv,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **env},
            timeout=self.patience,
        )
        check_answer(arguments, ran.stdout)
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def get(self, host: str, path: str = "/", headers: Mapping[str, str] = {}) -> tuple[int, str]:
        """A request through the public route of development."""
        return fetch(f"http://127.0.0.1:{self.port}{path}", host, headers)

    def containers(self, environment: str = "development") -> dict[str, str]:
        """Service -> the id of its container."""
        wanted = (f"label=buildgraph.workspace={self.name}", f"label=buildgraph.environment={environment}")
        shown = docker(
            "ps",
            "--filter",
            wanted[0],
            "--filter",
            wanted[1],
            "--format",
            '{{.Label "buildgraph.service"}} {{.ID}}',
        )
        return dict(line.split() for line in shown.splitlines() if len(line.split()) == 2)

    def images(self) -> list[str]:
        """The names of this system's images on the engine."""
        return docker(
            "images", "--filter", f"reference={self.name}/*", "--format", "{{.Repository}}:{{.Tag}}"
        ).split()

    def remove(self) -> None:
        """Take away everything this system has made on the engine."""
        self.buildgraph("down", "--volumes", "env=development")
        if images := self.images():
            docker("rmi", "-f", *images)


def copy_project(folder: Path) -> None:
    """Copy what git knows of this project, edits included, and nothing that it ignores."""
    listed = subprocess.run(
        ("git", "ls-files", "-co", "--exclude-standard", "-z"), cwd=ROOT, check=True, capture_output=True
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)


def docker(*arguments: str) -> str:
    """Run the docker command and return what it prints."""
    return subprocess.run(("docker", *arguments), check=True, capture_output=True, text=True).stdout


def fetch(address: str, host: str = "", headers: Mapping[str, str] = {}) -> tuple[int, str]:
    """Status and body of a request; a status of failure is an answer too."""
    request = urllib.request.Request(address, headers={**headers, **({"Host": host} if host else {})})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def free_port() -> int:
    """A loopback port that nobody listens on, and that no other process of any test run is given.

    The claim is the UDP port of the same number, which nothing here uses: it ends with this process.
    """
    while True:
        port = SystemRandom().choice(PORTS)
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            claim.detach()  # open until this process ends
            return port


def substitute(name: str) -> str:
    """The local name of a base image on this machine, as the product resolves it."""
    return open_project(ROOT).working_picture().base(name).pinned
