"""What one snapshot says: its graph, known already or made, and the values behind it when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from buildgraph.errors import ConfigurationError, UnknownName
from buildgraph.graph.nodes import Graph
from buildgraph.snapshot.snapshot import Snapshot

if TYPE_CHECKING:
    from buildgraph.graph.images import ImagePlan
    from buildgraph.layout import Layout
    from buildgraph.manifests.model import Environment, Manifests, Product, Service
    from buildgraph.manifests.site import Site
    from buildgraph.recipes import Base
    from buildgraph.workspace import Workspace


class Picture:
    """One snapshot; each value is read and checked when it is asked for.

    Everything may raise ConfigurationError with all mistakes of manifests, or of workspace and lockfile.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        read_layout: Callable[[Snapshot], Layout],
        read_manifests: Callable[[Snapshot], Manifests],
        graph_of: Callable[[Snapshot], Graph],
    ) -> None:
        self.snapshot = snapshot
        self._read_layout = read_layout
        self._read_manifests = read_manifests
        self._graph_of = graph_of

    @cached_property
    def graph(self) -> Graph:
        """The graph of this snapshot."""
        return self._graph_of(self.snapshot)

    def is_seen(self, path: str) -> bool:
        """Whether git sees a path: a commit has it, or the next one would."""
        return path in self.snapshot.entries

    @cached_property
    def layout(self) -> Layout:
        """All that the snapshot says, read and checked."""
        return self._read_layout(self.snapshot)

    @property
    def manifests(self) -> Manifests:
        """The manifests, which the graph was made from; `layout` holds them against the workspace, too."""
        return self._manifests

    @cached_property
    def _manifests(self) -> Manifests:
        return self._read_manifests(self.snapshot)

    @property
    def workspace(self) -> Workspace:
        """The pnpm workspace."""
        return self.layout.workspace

    @property
    def images(self) -> Mapping[str, ImagePlan]:
        """The image plan of every service, by name."""
        return self.layout.images

    @property
    def site(self) -> Site:
        """This machine's settings."""
        return self.layout.site

    @property
    def commit_label(self) -> str:
        """The commit for labels: with `-dirty` when edits are in the snapshot; `none` before the first commit."""
        return (self.snapshot.commit or "none") + ("-dirty" if self.snapshot.dirty else "")

    def product(self, name: str) -> Product:
        """The product of this name; UnknownName otherwise."""
        products = {product.name: product for product in self.manifests.products}
        if name not in products:
            raise UnknownName("product", name, products)
        return products[name]

    def service(self, name: str) -> Service:
        """The service of this name; UnknownName otherwise."""
        services = {service.name: service for service in self.manifests.services}
        if name not in services:
            raise UnknownName("service", name, services)
        return services[name]

    def environment(self, name: str) -> Environment:
        """The environment of this name; UnknownName otherwise."""
        environments = {environment.name: environment for environment in self.manifests.environments}
        if not environments:
            place, way_out = (
                f"manifests/environments/{name}.toml",
                "write it; `proxy_port = 8480` may be all it says",
            )
            raise ConfigurationError.of(
                place, f"there is no environment {name!r} yet, nor any other", way_out
            )
        if name not in environments:
            another = f"another one is a file manifests/environments/{name}.toml"
            raise UnknownName("environment", name, environments, another)
        return environments[name]

    def fingerprint(self, service: str) -> str:
        """The fingerprint of a service's image."""
        return self.graph.fingerprints[f"image:{service}"]

    def local_reference(self, service: str) -> str:
        """The name that the image of a service has on an engine."""
        from buildgraph.plan.steps import local_reference

        return local_reference(self.manifests.workspace.name, service, self.fingerprint(service))

    def base(self, reference: str) -> Base:
        """What a base image is on this machine; ConfigurationError when it is neither locked nor replaced."""
        return self.layout.base(reference)
