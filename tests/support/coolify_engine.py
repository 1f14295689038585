"""What a Coolify server starts, really run: containers of the machine's engine, from images that it pulls by digest."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.coolify_state import Container
from tests.support.system import docker, fetch

HEALTHY_WITHIN = 60.0


@dataclass
class Started:
    """A container, asked by its own address."""

    id: str
    address: str
    health: str

    def is_healthy(self) -> bool:
        return self.answer(self.health)[0] == 200

    def becomes_healthy(self) -> None:
        """Wait until it is, or its time is over."""
        end = time.monotonic() + HEALTHY_WITHIN
        while not self.is_healthy() and time.monotonic() < end and self._runs():
            time.sleep(0.1)

    def _runs(self) -> bool:
        return docker("inspect", "--format", "{{.State.Running}}", self.id).strip() == "true"

    def logs(self) -> str:
        return docker("logs", self.id)

    def answer(self, path: str) -> tuple[int, str]:
        """What it answers; nothing that another container says which was given the address of one that ended."""
        try:
            answered = fetch(f"http://{self.address}{path}")
        except OSError as error:
            return 503, str(error)
        return answered if self._runs() else (503, "it has ended")

    def stop(self) -> None:
        docker("rm", "-f", self.id)


class EngineRunner:
    """Runs images on the machine's engine."""

    def start(self, image: str, env: Mapping[str, str], settings: Mapping[str, Any]) -> Container:
        words = [word for name, value in env.items() for word in ("--env", f"{name}={value}")]
        try:
            container = docker("run", "-d", *words, image).strip()
        except subprocess.CalledProcessError as error:
            raise KeyError(image) from error
        told = docker(
            "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container
        )
        started = Started(
            container, f"{told.strip()}:{env['PORT']}", str(settings.get("health_check_path") or "/")
        )
        started.becomes_healthy()
        return started
