"""What engine and registry hold, as a value that is read first and then handed to the plan; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

ON_ENGINE, IN_REGISTRY = "the engine holds it", "the registry holds it"


class Place(Enum):
    """Where a finished image was found."""

    ENGINE = "engine"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Held:
    """Images by local reference (`workspace/service:fingerprint`): id in the engine, digest in the registry.

    Only images of the platform that was asked for are listed.
    """

    engine: Mapping[str, str] = field(default_factory=dict)
    registry: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, reference: str) -> Place | None:
        """Where this image is, the engine first, or None when it is nowhere."""
        if reference in self.engine:
            return Place.ENGINE
        return Place.REGISTRY if reference in self.registry else None
