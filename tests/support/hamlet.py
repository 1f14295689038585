"""A few small services in a real repository, deployed through the console script: what a team has, in seconds."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.monorepo import Monorepo
from tests.support.starting import Ran
from tests.support.system import ROOT, docker, fetch, free_port

NODE = "node:20-alpine"
DOCKERFILE = 'FROM {base}\nCOPY services/{name}/ /app/\nCMD ["node", "/app/server.mjs"]\n'
SERVER = """
import http from 'node:http';
const says = '{says}';
const server = http.createServer((request, response) => response.end(`${{says}} ${{process.env.LEVEL ?? ''}}`.trim()));
server.listen(Number(process.env.PORT), '0.0.0.0');
process.on('SIGTERM', () => process.exit(0));
"""


class Hamlet(Monorepo):
    """The products `shop` (api and web) and `mail`, in environments of this engine."""

    def __init__(
        self, root: Path, environments: tuple[str, ...] = ("development",), base: str = NODE
    ) -> None:
        super().__init__(root)
        self.name = f"t{uuid.uuid4().hex[:8]}"
        self.ports = {name: free_port() for name in environments}
        shutil.copytree(ROOT / "docker/substitutes", self.root / "docker/substitutes")
        substitutes = (ROOT / "manifests/workspace.toml").read_text().partition("[substitutes]")[2]
        self.write("manifests/workspace.toml", f'name = "{self.name}"\n[substitutes]{substitutes}')
        for name in environments:
            self.settings(name)
        for service in ("api", "web", "mail"):
            self.write(f"services/{service}/Dockerfile", DOCKERFILE.format(name=service, base=base))
            self.says(service, f"{service} 1")
        self.declare("shop", api={"port": 3001}, web={"port": 3002, "depends_on": ["api"]})
        self.declare("mail", mail={"port": 3003})
        self.commit()

    def settings(self, environment: str = "development", **fields: Any) -> None:
        """Write an environment with these settings besides the usual ones."""
        usual = {"proxy_port": self.ports[environment], "health_within": 30, "drain_within": 1}
        lines = [f"{key} = {as_toml(value)}" for key, value in (usual | fields).items()]
        self.write(f"manifests/environments/{environment}.toml", "\n".join([*lines, ""]))

    def declare(self, product: str, **services: dict[str, Any]) -> None:
        """Write a product's manifest."""
        tables = []
        for name, fields in services.items():
            usual = {"path": f"services/{name}", "dockerfile": f"services/{name}/Dockerfile", "health": "/"}
            lines = [f"{key} = {as_toml(value)}" for key, value in (usual | {"host": name} | fields).items()]
            tables.append("\n".join([f"[services.{name}]", *lines, ""]))
        self.write(f"manifests/products/{product}.toml", "\n".join(tables))

    def says(self, service: str, words: str) -> None:
        """Have a service answer these words."""
        self.write(f"services/{service}/server.mjs", SERVER.format(says=words))

    def breaks(self, service: str) -> None:
        """Have a service end as soon as it starts."""
        self.write(f"services/{service}/server.mjs", "process.exit(1)\n")

    def fetch(self, service: str, environment: str = "development") -> str:
        """What users of a service get."""
        return fetch(f"http://127.0.0.1:{self.ports[environment]}/", f"{service}.localhost")[1]

    def must(self, *arguments: str) -> Ran:
        """Run a command line that has to succeed."""
        ran = self.run(*arguments)
        assert ran.code == 0, ran.err
        return ran

    def told(self, *arguments: str) -> Any:
        """What a verb tells as JSON."""
        return json.loads(self.must(*arguments, "--format", "json").out)

    def releases(self, product: str = "shop", environment: str = "development") -> list[str]:
        """The names of a product's releases, the oldest first."""
        told = self.told("releases", product, f"env={environment}")["releases"]
        return [release["name"] for release in told]

    def containers(self, environment: str = "development") -> dict[str, str]:
        """Service -> the id of its running container."""
        wanted = [f"label=buildgraph.workspace={self.name}", f"label=buildgraph.environment={environment}"]
        filters = [word for label in wanted for word in ("--filter", label)]
        shown = docker("ps", *filters, "--format", '{{.Label "buildgraph.service"}} {{.ID}}')
        return dict(line.split() for line in shown.splitlines() if len(line.split()) == 2)

    def images(self, service: str = "*") -> list[str]:
        """The names of this workspace's images on the engine."""
        shown = docker(
            "images", "--filter", f"reference={self.name}/{service}", "--format", "{{.Repository}}:{{.Tag}}"
        )
        return sorted(shown.split())

    @contextmanager
    def taken_back(self, *clean: str) -> Iterator[None]:
        """What is edited or committed meanwhile is taken back; `clean` are further options of `git clean`."""
        first = self.git("rev-parse", "HEAD")
        try:
            yield
        finally:
            self.git("checkout", "-q", "-f", "main")
            self.git("reset", "-q", "--hard", first)
            self.git("clean", "-q", "-fd", *clean)

    def raze(self) -> None:
        """Take away everything that was made on the engine."""
        for environment in self.ports:
            self.run("down", "--volumes", f"env={environment}")
        if images := self.images():
            docker("rmi", "-f", *images)


def as_toml(value: Any) -> str:
    """A value as TOML: JSON's forms, but for tables."""
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{json.dumps(key)} = {as_toml(below)}" for key, below in value.items()) + " }"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return json.dumps(value)


def refused(ran: Ran, *words: str, code: int = 2) -> None:
    """A command line ended with this exit code, and told all these words."""
    assert ran.code == code, ran.err
    assert all(word in ran.err for word in words), ran.err
