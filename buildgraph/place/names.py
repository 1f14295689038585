"""What things are called on an engine: every name carries workspace and environment; it asks nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final

from buildgraph.manifests.addresses import PROXY as PROXY
from buildgraph.manifests.model import Service
from buildgraph.manifests.naming import BACKING as BACKING
from buildgraph.manifests.naming import ENVIRONMENT as ENVIRONMENT
from buildgraph.manifests.naming import PRODUCT as PRODUCT
from buildgraph.manifests.naming import ROLE as ROLE
from buildgraph.manifests.naming import SERVICE as SERVICE
from buildgraph.manifests.naming import WORKSPACE as WORKSPACE
from buildgraph.servers import POSTGRES, REDIS

# Beside what is said further to the left, where it is rendered, too.
COLOUR, FINGERPRINT, SECRETS = "buildgraph.colour", "buildgraph.fingerprint", "buildgraph.secrets"
IMAGE, COMMIT = "buildgraph.image", "buildgraph.commit"
HOLDER, REASON = "buildgraph.holder", "buildgraph.reason"

# Names to which somebody else answers on the private network, or may: the proxy, a server, a slot.
OTHERS: Final = re.compile(rf"{PROXY}|{POSTGRES}|{REDIS}|.+-(blue|green)(-[0-9]+)?")


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


def slot_name(service: str, colour: Colour, number: int) -> str:
    """The private name of a colour's container, such as `chat-backend-blue-2`; the first has no number."""
    name = f"{service}-{colour.value}"
    return name if number == 1 else f"{name}-{number}"


def network_names(service: str, colour: Colour, number: int) -> tuple[str, ...]:
    """What a colour's container answers to on the private network: its slot, and what its service is called.

    The latter it shares with all containers of the service, whatever their colour, so that who watches finds them
    there as among compose's. Nobody else asks for it: services call each other through the proxy.
    """
    slot = slot_name(service, colour, number)
    return (slot,) if OTHERS.fullmatch(service) else (slot, service)


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
