"""What a Coolify server keeps: applications with their variables, deployments, and what runs for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Container(Protocol):
    """What a deployment has started."""

    def is_healthy(self) -> bool:
        """Whether its health check passes."""

    def logs(self) -> str:
        """What it has said."""

    def answer(self, path: str) -> tuple[int, str]:
        """What it answers to a GET."""

    def stop(self) -> None:
        """Have it no more."""


class Runner(Protocol):
    """What runs the images of a server."""

    def start(self, image: str, env: Mapping[str, str], settings: Mapping[str, Any]) -> Container:
        """Start an image; KeyError when the registry has none of this name."""


@dataclass
class Shadow:
    """A container that is none: its variables say how it is."""

    env: Mapping[str, str]
    health_path: str

    def is_healthy(self) -> bool:
        return self.env.get("BROKEN") != "health"

    def logs(self) -> str:
        token = f"the token is {self.env['TOKEN']}\n" if "TOKEN" in self.env else ""
        return f"starting {self.env.get('ANSWER', '')}\n{token}"

    def answer(self, path: str) -> tuple[int, str]:
        if path == "/env":
            return 200, json.dumps(dict(self.env))
        return (500, "broken") if self.env.get("BROKEN") == "smoke" else (200, self.env.get("ANSWER", ""))

    def stop(self) -> None:
        """There is nothing to stop."""


@dataclass
class Shadows:
    """Runs nothing, for images that a registry has."""

    images: set[str] = field(default_factory=set)

    def start(self, image: str, env: Mapping[str, str], settings: Mapping[str, Any]) -> Container:
        if image not in self.images:
            raise KeyError(image)
        return Shadow(dict(env), str(settings.get("health_check_path") or ""))


@dataclass
class App:
    """An application."""

    uuid: str
    settings: dict[str, Any] = field(default_factory=dict)
    envs: list[dict[str, Any]] = field(default_factory=list)
    container: Container | None = None
    image: str = ""
    status: str = "exited:unhealthy"

    def told(self) -> dict[str, Any]:
        self.look()
        settings = {name: value for name, value in self.settings.items() if name != "domains"}
        fqdn = self.settings.get("domains") or None
        return {"uuid": self.uuid, "name": self.uuid, "status": self.status, "fqdn": fqdn, **settings}

    def look(self) -> None:
        """What Coolify's own look at its containers, once a minute, makes of the status."""
        if self.container is None:
            self.status = "exited:unhealthy"
        elif self.status.startswith("running:") or self.status == "exited:unhealthy":
            self.status = "running:healthy" if self.container.is_healthy() else "running:unhealthy"

    def wanted(self) -> str:
        """The image that its settings name."""
        name, tag = (self.settings.get(f"docker_registry_image_{part}") or "" for part in ("name", "tag"))
        return f"{name}@sha256:{tag[7:]}" if tag.startswith("sha256-") else f"{name}:{tag or 'latest'}"

    def values(self) -> dict[str, str]:
        return {each["key"]: each["value"] or "" for each in self.envs if not each["is_preview"]}


@dataclass
class Queued:
    """A deployment."""

    uuid: str
    app: App
    status: str = "queued"
    lines: list[str] = field(default_factory=list)

    def told(self, sees_logs: bool) -> dict[str, Any]:
        entries = [{"output": line, "hidden": False, "type": "stdout"} for line in self.lines]
        entries.append({"output": f"secret {self.app.values().get('TOKEN', '')}", "hidden": True})
        logs = {"logs": json.dumps(entries)} if sees_logs else {}
        return {"deployment_uuid": self.uuid, "status": self.status, "commit": "HEAD", **logs}


@dataclass
class Fault:
    """What is answered instead, to requests like this, so many times."""

    method: str
    path: str
    status: int
    body: str = "{}"
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    is_carried_out: bool = False  # the answer is lost, the request was not
