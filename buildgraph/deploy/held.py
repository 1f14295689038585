"""A colour of a service while it is changed: which one, and the lock of its product; it changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from buildgraph.place.lock import Lock
from buildgraph.place.model import Place, Target
from buildgraph.place.names import Colour


@dataclass(frozen=True, slots=True)
class Held:
    """A colour that shall run a target, under the lock of its product."""

    lock: Lock
    target: Target
    colour: Colour

    @property
    def place(self) -> Place:
        """The environment."""
        return self.lock.place

    @property
    def service(self) -> str:
        """The service's name."""
        return self.target.service.name
