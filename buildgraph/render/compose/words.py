"""How compose files say things: variables with and without usual values, and text that holds no variable."""

from __future__ import annotations

from buildgraph.manifests.model import Service

DATABASES = "databases"  # the container that makes them, which is no service


def literally(text: str) -> str:
    """Text in which a dollar sign begins no variable."""
    return text.replace("$", "$$")


def required(name: str, why: str) -> str:
    """A variable without which the file is refused, and what is said then."""
    return f"${{{name}:?{why}}}"


def usually(name: str, value: str) -> str:
    """A variable with what stands for it where it is not set."""
    return f"${{{name}:-{value}}}"


def image_variable(name: str) -> str:
    """The variable that names an image, of a service or of a server."""
    return f"{name.upper().replace('-', '_')}_IMAGE"


def migration_name(service: Service) -> str:
    """What the one-shot container is called that migrates a service's database."""
    return f"{service.name}-migration"


def part_of_product(service: Service) -> str:
    """What a service is within its product: `backend` for chat-backend of chat."""
    return service.name.removeprefix(f"{service.product}-")
