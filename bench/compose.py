"""The example's services for `docker compose build`, with the spec's templates, as many as the spec has one for."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.sides import BASES, certificates, read_bases, remove_images, write_peer
from buildgraph.manifests.model import Service

# Kind of a service -> the bases that its template takes.
TEMPLATES: Final = {
    "nestjs": ("NODE_BASE",),
    "sveltekit": ("NODE_BASE",),
    "astro": ("NODE_BASE", "NGINX_BASE"),
}


class ComposedImages:
    """The example alone with a compose file that builds these services; its images bear a name of its own."""

    def __init__(self, folder: Path, services: Sequence[Service]) -> None:
        self.folder = folder
        self.name = f"peer{uuid.uuid4().hex[:8]}"
        self.images = {service.name: f"{self.name}/{service.name}" for service in services}
        write_peer(folder)
        (folder / "compose.yaml").write_text(self._compose(services))

    @property
    def argv(self) -> tuple[str, ...]:
        """Builds all of them."""
        return ("docker", "compose", "-p", self.name, "build")

    def remove(self) -> None:
        """Take away the images, those that a newer one has replaced too."""
        remove_images(f"label=com.docker.compose.project={self.name}")
        remove_images(f"reference={self.name}/*")

    def _compose(self, services: Sequence[Service]) -> str:
        """The compose file; JSON is YAML."""
        pinned, ca = read_bases(), certificates(self.folder)
        built = {service.name: self._service(service, pinned) for service in services}
        return json.dumps({"services": built, "secrets": {"ca": {"file": str(ca)}}}, indent=2)

    def _service(self, service: Service, pinned: dict[str, str]) -> dict[str, Any]:
        bases = {variable: pinned[BASES[variable]] for variable in TEMPLATES[service.kind]}
        return {
            "image": self.images[service.name],
            "build": {
                "context": ".",
                "dockerfile": f"docker/templates/Dockerfile.{service.kind}",
                "args": {**bases, "PROJECT_PATH": service.path},
                "secrets": ["ca"],
            },
        }
