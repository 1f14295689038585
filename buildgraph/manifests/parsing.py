"""Manifest files to one checked value, every mistake of every file told at once; it reads no disk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.manifests.checks import Declared, Known, check_environments, check_services
from buildgraph.manifests.coolify_checks import check_coolify
from buildgraph.manifests.fields import BASES, WORKSPACE, environment_reader, product_reader
from buildgraph.manifests.kubernetes_checks import check_clusters
from buildgraph.manifests.model import Environment, Manifests, Product, Service, WorkspaceManifest
from buildgraph.manifests.reading import Place, Reader, Refused
from buildgraph.manifests.toml import parse_toml
from buildgraph.manifests.values import check_name

WORKSPACE_FILE: Final = "manifests/workspace.toml"
BASES_FILE: Final = "manifests/bases.toml"
PRODUCTS: Final = "manifests/products"
ENVIRONMENTS: Final = "manifests/environments"


def parse_manifests(files: Mapping[str, bytes]) -> Manifests:
    """The manifests of a project: `files` maps paths seen from its folder to contents.

    Files not named *.toml are left alone. ConfigurationError tells every mistake of every file.
    """
    reading = _Reading(files)
    workspace = reading.workspace()
    products = {name: reading.product(path, name) for path, name in reading.below(PRODUCTS)}
    environments = [reading.environment(path, name) for path, name in reading.below(ENVIRONMENTS)]
    bases = reading.read(BASES_FILE, BASES, {})
    reading.refuse_strays()
    services = [found for of_product in products.values() for found in of_product]
    check_services(services, reading.known())
    check_environments(environments)
    check_clusters(environments, services)
    check_coolify(environments, services, reading.known())
    if reading.mistakes:
        raise ConfigurationError(reading.mistakes)
    return Manifests(
        workspace=workspace,
        products=tuple(Product(name, _by_name(services)) for name, services in products.items()),
        environments=tuple(found.value for found in environments),
        bases=bases.get("digests", {}),
    )


@dataclass(slots=True)
class _Reading:
    """The files being read, the mistakes met so far, and the files that are no TOML at all."""

    files: Mapping[str, bytes]
    mistakes: list[Mistake] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    def place(self, path: str) -> Place:
        return Place(path, mistakes=self.mistakes)

    def read(self, path: str, reader: Reader[Any], default: Any) -> Any:
        """What `reader` makes of a file; `default` when it is not there or no TOML."""
        if path not in self.files:
            return default
        try:
            raw = parse_toml(self.files[path])
        except Refused as refused:
            self.place(path).refuse(refused.what, refused.way_out)
            self.unreadable.add(path)
            return default
        return reader.read(raw, self.place(path))

    def workspace(self) -> WorkspaceManifest:
        if WORKSPACE_FILE not in self.files:
            self.place(WORKSPACE_FILE).refuse("is missing", 'write at least: name = "..."')
        found: WorkspaceManifest = self.read(WORKSPACE_FILE, WORKSPACE, WorkspaceManifest(""))
        return found

    def product(self, path: str, name: str) -> list[Declared[Service]]:
        found = self.read(path, product_reader(name), {})
        return [Declared(service, place) for service, place in found.get("services", {}).values()]

    def environment(self, path: str, name: str) -> Declared[Environment]:
        found: Environment = self.read(path, environment_reader(name), Environment(name))
        return Declared(found, self.place(path))

    def below(self, folder: str) -> list[tuple[str, str]]:
        """The manifests right inside `folder`: path and name, sorted; a bad name is a mistake."""
        paths = sorted(path for path in self.files if _is_in(path, folder))
        for path in paths:
            with self.place(path).keeping():
                check_name(PurePosixPath(path).stem)
        return [(path, PurePosixPath(path).stem) for path in paths]

    def known(self) -> Known:
        """What the manifests may name; an unreadable product may hold any service."""
        environments = frozenset(name for _, name in self.below(ENVIRONMENTS))
        return Known(environments, is_complete=not any(_is_in(path, PRODUCTS) for path in self.unreadable))

    def refuse_strays(self) -> None:
        """A manifest in a folder where none is read would do nothing, without a word."""
        for path in self.files:
            if path.endswith(".toml") and not _is_read(path):
                way_out = f"products stand in {PRODUCTS}, environments in {ENVIRONMENTS}"
                self.place(path).refuse("no manifest is read from here", way_out)


def _is_in(path: str, folder: str) -> bool:
    return path.endswith(".toml") and str(PurePosixPath(path).parent) == folder


def _is_read(path: str) -> bool:
    return path in (WORKSPACE_FILE, BASES_FILE) or _is_in(path, PRODUCTS) or _is_in(path, ENVIRONMENTS)


def _by_name(services: list[Declared[Service]]) -> tuple[Service, ...]:
    return tuple(sorted((found.value for found in services), key=lambda service: service.name))
