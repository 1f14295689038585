"""Names that compose files give to containers of their own, so that no service may have them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.manifests.model import Manifests

TAKEN: Final = "is the name of a container that compose files have of their own"


def check_names(manifests: Manifests, taken: Collection[str]) -> None:
    """ConfigurationError for every service that is called like one of these containers."""
    mistakes = (
        Mistake(f"manifests/products/{service.product}.toml: services.{service.name}", TAKEN, "rename it")
        for service in manifests.services
        if service.name in taken
    )
    if found := list(mistakes):
        raise ConfigurationError(found)
