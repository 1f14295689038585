"""The two sides of the comparison: the same workspace, brought to running containers by us and by docker compose."""

from __future__ import annotations

import json
import os
import re
import shutil
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from bench.timing import read_output, run_timed
from bench.watching import Door
from buildgraph.manifests.site import read_site
from tests.support.system import ROOT, SCRIPTS, WORKSPACE, System, copy_project, free_port

SPEC: Final = Path(__file__).parent / "spec"
SERVICES: Final = ("mana-core-auth", "chat-backend", "chat-web", "chat-landing")
HOSTS: Final = {"chat-backend": "api-chat.localhost", "chat-web": "app-chat.localhost"}
PORTS: Final = {
    "mana-core-auth": "AUTH_PORT",
    "chat-backend": "BACKEND_PORT",
    "chat-web": "WEB_PORT",
    "chat-landing": "LANDING_PORT",
}
BASES: Final = {
    "NODE_BASE": "node:20-alpine",
    "NGINX_BASE": "nginx:1.25-alpine",
    "POSTGRES_BASE": "postgres:16-alpine",
    "REDIS_BASE": "redis:7-alpine",
}
MANIFESTS: Final = ("packages/*/package.json", "apps/*/apps/*/package.json", "services/*/package.json")
WITH_MIGRATIONS: Final = ("mana-core-auth", "chat-backend")


class Side(Protocol):
    """One way from sources to containers."""

    @property
    def workspace(self) -> Path:
        """The folder of the pnpm workspace that this side builds from."""
        ...

    def build(self) -> float:
        """Build all images; returns seconds."""
        ...

    def deploy(self) -> float:
        """Bring all services to healthy containers; returns seconds."""
        ...

    def door(self, service: str, path: str) -> Door:
        """Where a path of a service is answered."""
        ...

    def image(self, service: str) -> str:
        """The id of the image that a service's container runs."""
        ...

    def remove(self) -> None:
        """Take away all that this side has made on the engine."""
        ...


class Ours:
    """A copy of this project, used through `doit` and `buildgraph`."""

    def __init__(self, folder: Path) -> None:
        self.system = System(folder, name=f"bench{uuid.uuid4().hex[:8]}")

    @property
    def workspace(self) -> Path:
        """The example's folder in the copy."""
        return self.system.root / WORKSPACE

    def build(self) -> float:
        """`doit build`."""
        return self.run("doit", "build")

    def deploy(self) -> float:
        """`doit deploy:chat`."""
        return self.run("doit", "deploy:chat")

    def run(self, program: str, *arguments: str) -> float:
        """Run one of the copy's programs in it; returns seconds. Edits of the checkout meanwhile do not reach it."""
        root = self.system.root
        return run_timed((str(SCRIPTS / program), *arguments), root, PYTHONPATH=str(root))

    def door(self, service: str, path: str) -> Door:
        """The public route of development: the proxy's port and the service's host."""
        return Door(f"http://127.0.0.1:{self.system.port}{path}", HOSTS[service])

    def image(self, service: str) -> str:
        """By the container that runs now."""
        return image_of(self.system.containers()[service])

    def remove(self) -> None:
        """Containers, networks, volumes and images, by the name that all of them bear."""
        remove_named(f"^{self.system.name}-")
        remove_images(f"reference={self.system.name}/*")


class Peer:
    """The example alone, with the spec's Dockerfiles and compose file, used through `docker compose`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"peer{uuid.uuid4().hex[:8]}"
        self.ports = {service: free_port() for service in PORTS}
        write_peer(folder)
        (folder / ".env").write_text(render_settings(self.ports, certificates(folder)))

    @property
    def workspace(self) -> Path:
        """The folder itself."""
        return self.folder

    def build(self) -> float:
        """`docker compose build`."""
        return self._run("build")

    def deploy(self) -> float:
        """`docker compose up --build -d --wait`."""
        return self._run("up", "--build", "-d", "--wait")

    def migrate(self) -> None:
        """Make the tables, which the spec's compose file leaves to its user."""
        for service in WITH_MIGRATIONS:
            self._run("exec", "-T", service, "node", "dist/migrate.js")

    def door(self, service: str, path: str) -> Door:
        """The service's own published port."""
        return Door(f"http://127.0.0.1:{self.ports[service]}{path}")

    def image(self, service: str) -> str:
        """By the container that runs now."""
        return image_of(
            read_output("docker", "compose", "-p", self.name, "ps", "-q", service, cwd=self.folder)
        )

    def remove(self) -> None:
        """Containers, networks, volumes and images, those that a newer one has replaced too."""
        remove_named(f"^{self.name}[-_]")
        remove_images(f"label=com.docker.compose.project={self.name}")

    def _run(self, *arguments: str) -> float:
        return run_timed(("docker", "compose", "-p", self.name, *arguments), self.folder)


def write_peer(folder: Path) -> None:
    """Write the example and what the spec adds to it: templates, compose file, first script of the database."""
    whole = folder.with_name(f"{folder.name}-whole")
    copy_project(whole)
    shutil.copytree(whole / WORKSPACE, folder)
    shutil.rmtree(whole)
    for place, name in {
        ".dockerignore": "dockerignore",
        "compose.yaml": "compose.yaml",
        "docker/templates/nginx.conf": "nginx.conf",
        "docker/init-db/databases.sql": "databases.sql",
    }.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SPEC / name, folder / place)
    for template in SPEC.glob("Dockerfile.*"):
        (folder / "docker/templates" / template.name).write_text(
            render_template(template.read_text(), folder)
        )


def render_template(template: str, workspace: Path) -> str:
    """A template with one COPY for each manifest of the workspace, as someone would write them out by hand."""
    found = sorted(str(file.relative_to(workspace)) for glob in MANIFESTS for file in workspace.glob(glob))
    text, count = re.subn(
        r"^#MANIFESTS$", "\n".join(f"COPY {path} ./{path}" for path in found), template, flags=re.M
    )
    assert count == 1, "a template of the peer has one line #MANIFESTS"
    return text


def render_settings(ports: Mapping[str, int], ca: Path) -> str:
    """The variables of the compose file: the same base images that we build on, ports, certificates."""
    pinned = read_bases()
    settings = {variable: pinned[reference] for variable, reference in BASES.items()}
    settings |= {PORTS[service]: str(port) for service, port in ports.items()}
    settings["CA_FILE"] = str(ca)
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def read_bases() -> dict[str, str]:
    """Name of a base image -> what stands for it on this machine."""
    printed = read_output(str(SCRIPTS / "buildgraph"), "bases", "--format", "json", cwd=ROOT)
    return {base["reference"]: base["pinned"] for base in json.loads(printed)["bases"]}


def certificates(folder: Path) -> Path:
    """The machine's CA bundle for builds; an empty file where it needs none, as compose wants a file."""
    if ca := read_site(os.environ).ca:
        return ca
    empty = folder / ".no-certificates"
    empty.touch()
    return empty


def image_of(container: str) -> str:
    """The id of a container's image."""
    return read_output("docker", "inspect", "--format", "{{.Image}}", container)


def remove_named(pattern: str) -> None:
    """Take away the containers, then the networks and volumes, whose names a pattern matches."""
    for listing, removal in (
        (("ps", "-aq"), ("rm", "-f", "-v")),
        (("network", "ls", "-q"), ("network", "rm")),
        (("volume", "ls", "-q"), ("volume", "rm", "-f")),
    ):
        remove_found((*listing, "--filter", f"name={pattern}"), removal)


def remove_images(wanted: str) -> None:
    """Take away the images that a filter finds, those without a name too."""
    remove_found(("images", "-q", "--filter", wanted), ("rmi", "-f"))


def remove_found(listing: Iterable[str], removal: Iterable[str]) -> None:
    """Take away what a listing of the engine finds."""
    if found := sorted(set(read_output("docker", *listing).split())):
        read_output("docker", *removal, *found)
