"""The chain of one environment as the front doors see it: its services and products, its builder and deployer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from buildgraph.builder import Builder
from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Environment, Service
from buildgraph.order import closure, components
from buildgraph.picture import Picture
from buildgraph.project import Project
from buildgraph.vetting import where_scanned

if TYPE_CHECKING:
    from buildgraph.builder import Watch
    from buildgraph.deployer import Deployer

NO_SERVICE = "no manifest declares a service, so there is nothing to build or deploy"
WRITE_ONE = "`buildgraph init` writes one for what is here; `affected`, `why` and `graph` need none"


@dataclass(frozen=True)
class Chain:
    """The working tree as it was when the chain was opened, and what can be done with it in one environment."""

    picture: Picture
    environment: Environment
    builder: Builder

    @cached_property
    def deployer(self) -> Deployer:
        """The deployer of the environment; who only builds does not load it."""
        from buildgraph.deployer import Deployer

        return Deployer(self.builder)

    @property
    def services(self) -> Sequence[Service]:
        """All services of the manifests, sorted by name."""
        return self.picture.manifests.services

    @property
    def products(self) -> Mapping[str, list[str]]:
        """Every product with the names of its services."""
        return {p.name: [service.name for service in p.services] for p in self.picture.manifests.products}

    def has_passed(self, service: str) -> str:
        """That the image of a service is where only those come that were scanned: in the registry, else at work."""
        if self.environment.registry:
            return where_scanned(self.builder, service)
        running = self.deployer.platform.running().get(service)
        runs = running is not None and running.image_fingerprint == self.picture.fingerprint(service)
        return "it runs" if runs else ""

    def products_before(self, product: str) -> list[str]:
        """The other products that services of this one depend on."""
        owner = {service.name: service.product for service in self.services}
        needed = {
            owner[other]
            for service in self.services
            if service.product == product
            for other in service.depends_on
        }
        return sorted(needed - {product})

    def products_for(self, product: str) -> list[str]:
        """A product after all others that a deploy of it brings."""
        uses = {name: self.products_before(name) for name in self.products}
        needed = closure(uses, [product])
        return [name for group in components(uses) for name in group if name in needed]


def open_chain(
    project: Project, environment: str, watch: Watch | None = None, builder: str = "", *, asks: bool = True
) -> Chain:
    """The chain for the environment of this name; ConfigurationError for one that is not declared.

    So it is where no service is declared: there is nothing to be done. `watch` hears what becomes known meanwhile.
    `builder` is the builder of buildx that builds, "" for the one that this machine's settings name. Whoever does not
    `asks` runs no command that tells secrets.
    """
    picture = project.working_picture()
    picture.graph  # noqa: B018  # all mistakes are told before anything begins
    if not picture.manifests.services:
        raise ConfigurationError.of("manifests/products", NO_SERVICE, WRITE_ONE)
    found = picture.environment(environment)
    return Chain(picture, found, Builder(project, picture, found, watch, builder, asks=asks))
