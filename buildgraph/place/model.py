"""The values a deployment works with: what shall run, where, and what came of it; they do nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from buildgraph.manifests.model import Environment, Service
from buildgraph.manifests.naming import prefix_of
from buildgraph.place.names import Role, environment_labels, label_filters
from buildgraph.place.secrets import Secrets, used_secrets
from buildgraph.place.shell import Shells

if TYPE_CHECKING:
    from buildgraph.image.engine import Engine
    from buildgraph.place.lock_container import Spare

Tell = Callable[[str], None]


def silently(line: str) -> None:
    """A `Tell` for steps whose end is told by who asks for them."""


class Discreet(Protocol):
    """An environment, and what keeps its secrets out of whatever is told or written down."""

    @property
    def environment(self) -> Environment:
        """The environment as its manifest says."""

    def redact(self, text: str) -> str:
        """A text without the secrets that containers here are given."""


@dataclass(frozen=True, slots=True)
class Target:
    """A service as it shall run: `image` is what the engine runs (an image id, or a name with its digest)."""

    service: Service
    image: str
    image_fingerprint: str
    fingerprint: str
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the manifests say of an environment: its own words, and all services of the workspace."""

    environment: Environment
    catalog: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """An environment on its engine.

    `images` maps the base images of the environment (`haproxy:2.9`) to what the engine runs for them.
    `catalog` holds all services of the workspace: their addresses, and what has left the manifests.
    `spares` are containers that a deployer has at hand, by thread, to take shared locks with, see
    `buildgraph.place.lock`; `shells` stay open in containers.
    """

    engine: Engine
    workspace: str
    environment: Environment
    images: Mapping[str, str]
    secrets: Secrets
    catalog: tuple[Service, ...]
    spares: dict[int, Spare] = field(default_factory=dict, compare=False, repr=False)
    shells: Shells = field(default_factory=Shells, compare=False, repr=False)

    @property
    def prefix(self) -> str:
        """The first part of every name here, and the name of the private network."""
        return prefix_of(self.workspace, self.environment.name)

    @property
    def scene(self) -> Scene:
        """What the manifests say of it."""
        return Scene(self.environment, self.catalog)

    def at(self, scene: Scene) -> Place:
        """The same environment with what other manifests say of it."""
        return replace(self, environment=scene.environment, catalog=scene.catalog)

    def named(self, name: str) -> str:
        """The full name of a container or volume here."""
        return f"{self.prefix}-{name}"

    def labels(self, role: Role) -> dict[str, str]:
        """The labels of everything here that has this role."""
        return environment_labels(self.workspace, self.environment.name, role)

    def filters(self, **further: str) -> list[str]:
        """The engine's label filters for what is here."""
        return label_filters(self.workspace, self.environment.name, **further)

    def image(self, reference: str) -> str:
        """What the engine runs for a base image."""
        return self.images.get(reference, reference)

    def redact(self, text: str, former: Iterable[str] = ()) -> str:
        """What a container has said, without the secrets that containers here are given, and their `former` values."""
        return self.secrets.redact(text, used_secrets(self.catalog, self.environment), former)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a service is not as it shall be; `replaces` tells whether new containers are needed to mend it."""

    text: str
    replaces: bool = True

    def __str__(self) -> str:
        return self.text


DEPARTED: Final = Reason("it left the manifests")


@dataclass(frozen=True, slots=True)
class SmokeResult:
    """A smoke test that passed: how many requests and seconds it took."""

    service: str
    test: str
    attempts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rollout:
    """What a deployment of a product changed; all empty means that nothing had to be done."""

    product: str
    replaced: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
