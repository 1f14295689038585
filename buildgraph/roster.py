"""What a build has to know of the manifests, in short: to read all of them takes longer than to ask an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from buildgraph.manifests.model import Manifests


class Place(NamedTuple):
    """Where an environment has its images: the registry, and the address of the engine; each may be empty."""

    registry: str
    engine: str


class Roster(NamedTuple):
    """Every service with its product, by name; the platforms that are asked for, and the places of environments."""

    workspace: str
    platforms: tuple[str, ...]
    services: dict[str, str]
    places: dict[str, Place]

    def meant_by(self, name: str) -> list[str]:
        """The services that a name after `build:` means: one, those of a product, or without a name all."""
        if not name:
            return list(self.services)
        of_product = [service for service, product in self.services.items() if product == name]
        return [name] if name in self.services else of_product


def roster_of(manifests: Manifests) -> Roster:
    """The roster of manifests."""
    return Roster(
        manifests.workspace.name,
        manifests.workspace.platforms,
        {service.name: service.product for service in manifests.services},
        {found.name: Place(found.registry, found.engine) for found in manifests.environments},
    )


def plain_roster(roster: Roster) -> tuple[Any, ...]:
    """A roster in the values that are kept; see `parse_roster`."""
    return (*roster[:-1], {name: tuple(place) for name, place in roster.places.items()})


def parse_roster(plain: Any) -> Roster:
    """What `plain_roster` gave; a TypeError or ValueError for anything else."""
    workspace, platforms, services, places = plain
    return Roster(workspace, platforms, services, {name: Place(*place) for name, place in places.items()})
