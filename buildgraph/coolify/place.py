"""An environment on a Coolify server, as deploys work with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from buildgraph.coolify.api import Api
from buildgraph.coolify.wire import Wire
from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Coolify, Environment, Service
from buildgraph.place.model import Place, Scene
from buildgraph.place.secrets import Secrets

TOKEN: Final = "COOLIFY_TOKEN"
MAKE_TOKEN: Final = (
    "make one with Coolify (Keys & Tokens > API tokens) and set it in this process's environment"
)


@dataclass(frozen=True, slots=True)
class CoolifyPlace:
    """An environment whose services run as applications of a Coolify server.

    The engine of its `place` is that of this machine: it asks the registry, and runs migrations where the
    environment says so. `access` holds the token, a variable of this process and of no file; `ca` is a file of
    certificates that are trusted besides the machine's own.
    """

    place: Place
    access: Secrets
    ca: Path | None = None

    @property
    def environment(self) -> Environment:
        """The environment as its manifest says."""
        return self.place.environment

    @property
    def coolify(self) -> Coolify:
        """What the manifest says of the server."""
        assert self.environment.coolify is not None  # nobody comes here for another environment
        return self.environment.coolify

    @property
    def catalog(self) -> tuple[Service, ...]:
        """All services of the workspace."""
        return self.place.catalog

    @property
    def scene(self) -> Scene:
        """What the manifests say of it."""
        return self.place.scene

    @property
    def name(self) -> str:
        """What the environment is called on the server."""
        return self.place.prefix

    @property
    def where(self) -> str:
        """The table of the manifest that speaks of the server."""
        return f"manifests/environments/{self.environment.name}.toml: coolify"

    @property
    def api(self) -> Api:
        """The server's API; ConfigurationError without a token."""
        if TOKEN not in self.access:
            raise ConfigurationError.of(self.where, f"{TOKEN} has no value", MAKE_TOKEN)
        return Api(Wire(self.coolify.url, self.access.reveal(TOKEN), self.ca), self.redact)

    def at(self, scene: Scene) -> CoolifyPlace:
        """The same environment with what other manifests say of it."""
        return replace(self, place=self.place.at(scene))

    def application_of(self, service: Service) -> str:
        """The uuid of a service's application; ConfigurationError for a service that has none (any more)."""
        uuid = self.coolify.applications.get(service.name)
        if not uuid:
            where = f"{self.where}.applications.{service.name}"
            raise ConfigurationError.of(where, "is missing", "write the uuid of the service's application")
        return uuid

    def redact(self, text: str) -> str:
        """A text without the token and the secrets that services here are given."""
        return self.access.redact(self.place.redact(text), [TOKEN])
