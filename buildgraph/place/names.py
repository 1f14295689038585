"""What things are called on an engine: every name carries workspace and environment; it asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from buildgraph.manifests.model import Service

WORKSPACE, ENVIRONMENT, ROLE = "buildgraph.workspace", "buildgraph.environment", "buildgraph.role"
PRODUCT, SERVICE, COLOUR = "buildgraph.product", "buildgraph.service", "buildgraph.colour"
FINGERPRINT, SECRETS = "buildgraph.fingerprint", "buildgraph.secrets"
IMAGE, COMMIT = "buildgraph.image", "buildgraph.commit"
HOLDER, REASON, BACKING = "buildgraph.holder", "buildgraph.reason", "buildgraph.backing"

PROXY: Final = "proxy"  # the proxy's name on the private network: services call http://proxy:PORT


class Colour(Enum):
    """The two sides of a service; one serves, the other is idle or on its way in or out."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> Colour:
        """The other side."""
        return Colour.GREEN if self is Colour.BLUE else Colour.BLUE


class Role(Enum):
    """What a container is for."""

    SERVICE = "service"
    MIGRATION = "migration"
    PROXY = "proxy"
    BACKING = "backing"
    LOCK = "lock"


def prefix_of(workspace: str, environment: str) -> str:
    """The first part of every name, and the whole name of the private network."""
    return f"{workspace}-{environment}"


def slot_name(service: str, colour: Colour, number: int) -> str:
    """The private name of a colour's container, such as `chat-backend-blue-2`; the first has no number."""
    name = f"{service}-{colour.value}"
    return name if number == 1 else f"{name}-{number}"


def slot_number(name: str, service: str, colour: Colour) -> int:
    """The number of the container of this (full) name among those of its colour."""
    _, _, number = name.rpartition(slot_name(service, colour, 1))
    return int(number.removeprefix("-") or 1)


def server_name(colour: Colour, number: int) -> str:
    """What the proxy calls a colour's container among those of its service, such as `blue-1`."""
    return f"{colour.value}-{number}"


def environment_labels(workspace: str, environment: str, role: Role) -> dict[str, str]:
    """The labels of everything that belongs to an environment."""
    return {WORKSPACE: workspace, ENVIRONMENT: environment, ROLE: role.value}


def label_filters(workspace: str, environment: str, **further: str) -> list[str]:
    """The engine's filters for the things of an environment; `further` are labels by their last part."""
    labels = {WORKSPACE: workspace, ENVIRONMENT: environment}
    labels |= {f"buildgraph.{name}": value for name, value in further.items()}
    return [f"{label}={value}" for label, value in labels.items()]


def service_labels(service: Service, *, image: str, fingerprint: str, commit: str) -> Mapping[str, str]:
    """The labels that tell which service a container serves and what it was made from."""
    return {
        PRODUCT: service.product,
        SERVICE: service.name,
        IMAGE: image,
        FINGERPRINT: fingerprint,
        COMMIT: commit,
    }
