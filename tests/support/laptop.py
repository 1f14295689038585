"""A laptop with nothing but compose: this project's own compose file, under a name and ports of a test's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.system import ROOT, System, docker, fetch, free_port, substitute

TRAEFIK = "traefik"
FILE = ROOT / "docker/compose.dev.yml"
# Traefik's container here: the program is that of this Python's environment, and starts in any image.
TRAEFIK_IMAGE, TRAEFIK_ENTRY = "nginx:1.25-alpine", "/traefik"
TRAEFIK_MOUNT = f"{Path(sys.prefix) / 'bin/traefik'}:{TRAEFIK_ENTRY}:ro"


class Laptop:
    """The committed `docker/compose.dev.yml` with the images of a system; `ports` maps services to their own ports."""

    def __init__(self, system: System, folder: Path, ports: Mapping[str, int]) -> None:
        self.name = f"{system.name}-laptop"
        self.ports = {service: free_port() for service in ports}
        self.images = folder / "images.env"
        told = system.buildgraph("render", "--images").out
        self.images.write_text(told)
        self.override = folder / "override.yml"
        self.override.write_text(self._overriding(ports))

    def _overriding(self, listens: Mapping[str, int]) -> str:
        """What the test changes: a machine has each port once, and several tests, which slow one another down."""
        lines = ["services:"]
        for name, told in services().items():
            if not told.get("ports"):
                continue
            lines.append(f"  {name}:")
            own = (
                f'!override ["127.0.0.1:{self.ports[name]}:{listens[name]}"]'
                if name in listens
                else "!reset []"
            )
            lines.append(f"    ports: {own}")
            if name == TRAEFIK:
                lines.extend(f"    {line}" for line in traefik_here())
            elif not told.get("healthcheck"):
                # That of an image of ours, which gives up after three slow answers.
                lines.append("    healthcheck: { retries: 99 }")
        return "\n".join([*lines, ""])

    def compose(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command of compose on the file."""
        files = ("-f", str(FILE), "-f", str(self.override))
        return compose("-p", self.name, "--env-file", str(self.images), *files, *arguments)

    def up(self, *profiles: str) -> subprocess.CompletedProcess[str]:
        """Start what profiles bring, and wait until all of it is well."""
        chosen = [word for profile in profiles for word in ("--profile", profile)]
        return self.compose(*chosen, "up", "--detach", "--wait", "--wait-timeout", "600")

    def containers(self) -> dict[str, Any]:
        """Service -> all that the engine tells of its container, be it that it has ended."""
        label = f"label=com.docker.compose.project={self.name}"
        found = json.loads(docker("inspect", *docker("ps", "-aq", "--filter", label).split()))
        return {told["Config"]["Labels"]["com.docker.compose.service"]: told for told in found}

    def by_name(self, host: str, path: str = "/") -> tuple[int, str]:
        """A request to a local domain, by way of the proxy."""
        return fetch(f"http://127.0.0.1:{self.ports[TRAEFIK]}{path}", host)

    def get(self, service: str, path: str = "/") -> tuple[int, str]:
        """A request to a service by the port that this machine has of it."""
        return fetch(f"http://127.0.0.1:{self.ports[service]}{path}")

    def remove(self) -> None:
        """Take away containers, networks and volumes."""
        self.compose("--profile", "all", "down", "--volumes", "--remove-orphans", "--timeout", "1")


def compose(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `docker compose` with no more of this process's environment than it must have."""
    argv = ("docker", "compose", *arguments)
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=bare())


def traefik_here() -> list[str]:
    """What a compose file says of it."""
    return [
        f"image: {substitute(TRAEFIK_IMAGE)}",
        f"entrypoint: [{TRAEFIK_ENTRY}]",
        f"volumes: ['{TRAEFIK_MOUNT}']",
    ]


def services() -> dict[str, Any]:
    """What the file says of each of its containers."""
    argv = ("docker", "compose", "-f", str(FILE), "--profile", "all", "config", "--format", "json")
    ran = subprocess.run(argv, check=True, capture_output=True, text=True, env=bare())
    found: dict[str, Any] = json.loads(ran.stdout)["services"]
    return found


def bare() -> dict[str, str]:
    """This process's environment without what a compose file may name."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
