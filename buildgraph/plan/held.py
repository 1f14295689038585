"""What engine and registry hold, as a value that is read first and then handed to the plan; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MISSING = "missing"
ON_ENGINE, IN_REGISTRY = "the engine holds it", "the registry holds it"


@dataclass(frozen=True, slots=True)
class Held:
    """Images by local reference (`workspace/service:fingerprint`): id in the engine, digest in the registry.

    Only images of the platform that was asked for are listed. `anew` says of those that are nowhere why they are to be
    made, where more is known than that they are missing.
    """

    engine: Mapping[str, str] = field(default_factory=dict)
    registry: Mapping[str, str] = field(default_factory=dict)
    anew: Mapping[str, str] = field(default_factory=dict)

    def holds(self, reference: str) -> bool:
        """Whether this image is anywhere."""
        return reference in self.engine or reference in self.registry
