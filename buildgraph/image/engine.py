"""A Docker engine: what it is, which images it holds; it builds nothing and knows no service."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from buildgraph.errors import ToolError

if TYPE_CHECKING:
    import docker

NO_ENGINE = "start Docker (or `script/engine` on Debian as root), then `buildgraph doctor`"
TIMEOUT = 120  # seconds for one answer of the engine


@dataclass(frozen=True, slots=True)
class HeldImage:
    """An image the engine holds: its id, the platform it runs on and its labels."""

    id: str
    platform: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Engine:
    """An open connection to a Docker engine at `address` (`""` is the machine's own)."""

    address: str
    client: docker.DockerClient

    def has_image(self, reference: str) -> bool:
        """Whether the engine holds an image of this name or id."""
        return self.held_image(reference) is not None

    def held_image(self, reference: str) -> HeldImage | None:
        """The image of this name or id, or None."""
        import docker.errors

        with told_plainly():
            try:
                found = self.client.api.inspect_image(reference)
            except docker.errors.ImageNotFound:
                return None
        return _held(found)

    def held_tags(self) -> dict[str, str]:
        """Every name:tag the engine holds, with the image id behind it; one question."""
        with told_plainly():
            images = self.client.api.images()
        return {tag: image["Id"] for image in images for tag in image["RepoTags"] or ()}

    def tag(self, image: str, reference: str) -> None:
        """Give an image a further name."""
        with told_plainly():
            self.client.api.tag(image, *reference.rsplit(":", 1))

    @property
    def platform(self) -> str:
        """The platform of the engine itself, such as `linux/amd64`."""
        told = self._told()
        return f"{told['Os']}/{told['Arch']}"

    @property
    def version(self) -> str:
        """The engine's own version."""
        return str(self._told()["Version"])

    def _told(self) -> Mapping[str, Any]:
        with told_plainly():
            found: Mapping[str, Any] = self.client.version()
        return found


def open_engine(address: str = "") -> Engine:
    """Connect to the engine at `address`; ToolError with the way out when none answers."""
    import docker.errors

    import docker

    try:
        client = _client(address)
        client.ping()
    except (docker.errors.DockerException, OSError) as error:
        where = f"at {address}" if address else "on this machine"
        raise ToolError(f"no Docker engine answers {where}", NO_ENGINE) from error
    return Engine(address, client)


def _client(address: str) -> docker.DockerClient:
    import docker

    address = address or _context_address()
    if address:
        over_ssh = address.startswith("ssh://")
        return docker.DockerClient(base_url=address, timeout=TIMEOUT, use_ssh_client=over_ssh)
    return docker.from_env(timeout=TIMEOUT)


def _context_address() -> str:
    """The address of the `docker context` in use: the docker command follows it, its library does not."""
    from docker.context import ContextAPI

    if os.environ.get("DOCKER_HOST"):
        return ""
    context = ContextAPI.get_current_context()
    return str(context.Host) if context and context.Name != "default" else ""


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what the engine's library raises into ToolError with the engine's own words."""
    import docker.errors
    import requests.exceptions

    try:
        yield
    except docker.errors.APIError as error:
        raise ToolError(f"the Docker engine refused: {error.explanation or error}") from error
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise ToolError("the Docker engine does not answer any more", NO_ENGINE) from error


def _held(found: Mapping[str, Any]) -> HeldImage:
    variant = f"/{found['Variant']}" if found.get("Variant") else ""
    labels = found.get("Config", {}).get("Labels") or {}
    return HeldImage(found["Id"], f"{found['Os']}/{found['Architecture']}{variant}", labels)
