"""A Docker engine: what it is, which images it holds; it builds nothing and knows no service."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from buildgraph.errors import ToolError
from buildgraph.image.socket import TIMEOUT, ask, socket_of

if TYPE_CHECKING:
    import docker

NO_ENGINE = "start Docker (or `script/engine` on Debian as root), then `buildgraph doctor`"
REFUSED, NOT_FOUND = 400, 404


class HeldImage(NamedTuple):
    """An image the engine holds: its id, the platform it runs on and its labels."""

    id: str
    platform: str
    labels: Mapping[str, str]


class Engine:
    """A Docker engine at `address` (`""` is the machine's own), which has answered once.

    What is only read is asked over its socket where it has one here; everything else goes through its
    library, which is loaded when it is needed.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket_of(address)

    @cached_property
    def client(self) -> docker.DockerClient:
        """The engine's own library, connected; ToolError when no engine answers."""
        import docker.errors

        try:
            return _client(self.address)
        except (docker.errors.DockerException, OSError) as error:
            raise self._silent() from error

    def has_image(self, reference: str) -> bool:
        """Whether the engine holds an image of this name or id."""
        return self.held_image(reference) is not None

    def held_image(self, reference: str) -> HeldImage | None:
        """The image of this name or id, or None."""
        if self._socket:
            status, told = self._ask("images", reference, "json")
            return None if status == NOT_FOUND else _held(told)
        import docker.errors

        with told_plainly():
            try:
                return _held(self.client.api.inspect_image(reference))
            except docker.errors.ImageNotFound:
                return None

    def held_tags(self) -> dict[str, str]:
        """Every name:tag the engine holds, with the image id behind it; one question."""
        if self._socket:
            _, images = self._ask("images", "json")
        else:
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
        return f"{self._version['Os']}/{self._version['Arch']}"

    @property
    def version(self) -> str:
        """The engine's own version."""
        return str(self._version["Version"])

    @cached_property
    def _version(self) -> Mapping[str, Any]:
        found: Mapping[str, Any]
        if self._socket:
            _, found = self._ask("version")
            return found
        try:
            with told_plainly():
                found = self.client.version()
        except ToolError as error:
            raise self._silent() from error
        return found

    def _ask(self, *question: str) -> tuple[int, Any]:
        """Ask over the socket; a refusal other than "not found" is the engine's own words."""
        try:
            status, told = ask(self._socket, *question)
        except OSError as error:
            raise self._silent() from error
        if status >= REFUSED and status != NOT_FOUND:
            raise ToolError(f"the Docker engine refused: {told['message'] if told else status}")
        return status, told

    def _silent(self) -> ToolError:
        where = f"at {self.address}" if self.address else "on this machine"
        return ToolError(f"no Docker engine answers {where}", NO_ENGINE)


def open_engine(address: str = "") -> Engine:
    """The engine at `address`; ToolError with the way out when none answers."""
    engine = Engine(address)
    engine.version  # noqa: B018  # an engine that does not answer is told before anything begins
    return engine


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
