"""What a compose file is made from, and which of its services needs which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from buildgraph.manifests.addresses import Urls, public_urls, values_among
from buildgraph.manifests.backing import backing_of
from buildgraph.manifests.model import Backing, Environment, Manifests, Service
from buildgraph.manifests.variables import port_value, usual_values
from buildgraph.order import closure
from buildgraph.servers import POSTGRES, REDIS


@dataclass(frozen=True)
class Stack:
    """The services of an environment as one compose file has them."""

    manifests: Manifests
    environment: Environment

    @property
    def workspace(self) -> str:
        """The workspace's name."""
        return self.manifests.workspace.name

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """Every service that is deployed, sorted by name."""
        return tuple(service for service in self.manifests.services if service.deployed)

    @property
    def databases(self) -> tuple[str, ...]:
        """The databases that the environment's own PostgreSQL holds, sorted."""
        return tuple(sorted({found.database for found in self.services if self.needs_database(found)}))

    def backing(self, kind: str) -> Backing | None:
        """The backing service of this kind that the environment runs itself."""
        return next((found for found in self.environment.backing if found.kind == kind), None)

    def needs_database(self, service: Service) -> bool:
        """Whether a service has a database on the environment's own PostgreSQL."""
        return POSTGRES in backing_of(service, self.environment)

    def needs_redis(self, service: Service) -> bool:
        """Whether a service is given the environment's own Redis."""
        return REDIS in backing_of(service, self.environment)

    def public_values(self, service: Service) -> dict[str, str]:
        """What a service's containers are given besides secrets and backing services."""
        own = values_among(service, self.environment, self._urls)
        return {**usual_values(service), **own, **port_value(service)}

    @cached_property
    def internal_urls(self) -> dict[str, str]:
        """Where services call each other here: by name, on the ports that they listen on."""
        return {
            found.name: f"http://{found.name}:{found.listens or found.port}"
            for found in self.manifests.services
            if found.port
        }

    @cached_property
    def _urls(self) -> Urls:
        return Urls(self.internal_urls, public_urls(self.environment, self.manifests.services))

    def products_with(self, service: Service) -> tuple[str, ...]:
        """The products that a service is part of, or that wait for it, sorted."""
        return tuple(self._products.get(service.name, ()))

    @cached_property
    def _products(self) -> Mapping[str, Iterable[str]]:
        """The same for every service, by its name."""
        after = {found.name: found.depends_on for found in self.services}
        own: dict[str, list[str]] = {}
        for found in self.services:
            own.setdefault(found.product, []).append(found.name)
        products: dict[str, list[str]] = {}
        for product in sorted(own):
            for name in closure(after, own[product]):
                products.setdefault(name, []).append(product)
        return products
