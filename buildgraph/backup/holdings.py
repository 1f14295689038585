"""What a product has in the backing services that an environment runs itself, and whether that is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from buildgraph.backup.databases import read_databases
from buildgraph.errors import StepFailed
from buildgraph.manifests.backing import backing_of
from buildgraph.manifests.model import Service
from buildgraph.place.containers import find_containers
from buildgraph.place.model import Place
from buildgraph.place.names import BACKING, Role
from buildgraph.place.secrets import check_secrets
from buildgraph.servers import POSTGRES, REDIS


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a product has in the backing services that an environment runs itself."""

    databases: tuple[str, ...] = ()
    redis: bool = False

    def __bool__(self) -> bool:
        return bool(self.databases or self.redis)


def holdings_of(place: Place, services: Iterable[Service]) -> Holdings:
    """What these services have in PostgreSQL and Redis here."""
    uses = [(service.database, backing_of(service, place.environment)) for service in services]
    databases = {database for database, backing in uses if POSTGRES in backing}
    return Holdings(tuple(sorted(databases)), any(REDIS in backing for _, backing in uses))


def services_of(place: Place, product: str) -> list[Service]:
    """The services of a product that are deployed."""
    return [service for service in place.catalog if service.product == product and service.deployed]


def check_product_secrets(place: Place, product: str) -> None:
    """ConfigurationError unless the backing services that a product uses have their secrets."""
    check_secrets(services_of(place, product), place.environment, place.secrets)


def check_running(place: Place, holdings: Holdings) -> None:
    """StepFailed unless the backing services run, and the databases are there."""
    running = {
        container.labels.get(BACKING)
        for container in find_containers(place, role=Role.BACKING.value)
        if container.is_running
    }
    wanted = {POSTGRES: bool(holdings.databases), REDIS: holdings.redis}
    for kind in (kind for kind, is_wanted in wanted.items() if is_wanted and kind not in running):
        raise StepFailed(kind, f"does not run in {place.environment.name}", "deploy the product first")
    held = read_databases(place) if holdings.databases else {}
    for database in (database for database in holdings.databases if database not in held):
        raise StepFailed(POSTGRES, f"there is no database {database}", "deploy the product first")
