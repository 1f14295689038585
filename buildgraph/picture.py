"""A snapshot made into values: manifests, workspace, image plans and the graph that they all give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from buildgraph.errors import ConfigurationError, UnknownName
from buildgraph.graph.building import build_graph
from buildgraph.graph.contexts import ContextMaker, shared_parts
from buildgraph.graph.files import Files
from buildgraph.graph.images import ImagePlan, image_id
from buildgraph.graph.nodes import Graph, Part, digest_of
from buildgraph.image_plans import plan_images
from buildgraph.manifests import Manifests, check_against, parse_manifests
from buildgraph.manifests.model import Environment, Service, WorkspaceManifest
from buildgraph.manifests.site import Site
from buildgraph.plan.steps import local_reference
from buildgraph.recipes import Base, resolve_base
from buildgraph.snapshot import Snapshot
from buildgraph.workspace import NPMRC, WORKSPACE_FILE, Workspace, read_workspace
from buildgraph.workspace.projects import ROOT
from buildgraph.workspace.root_files import PNPMFILE

UNLOCKED = "unlocked"
MANIFESTS = "manifests/"


@dataclass(frozen=True)
class Picture:
    """What one snapshot says, read and checked."""

    snapshot: Snapshot
    site: Site
    manifests: Manifests
    workspace: Workspace
    files: Files

    @cached_property
    def images(self) -> Mapping[str, ImagePlan]:
        """The image plan of every service, by name; ConfigurationError tells what cannot be planned."""
        return plan_images(self.snapshot, self.manifests, self._maker, self._known_base)

    @cached_property
    def graph(self) -> Graph:
        """The graph of this snapshot."""
        return build_graph(self.manifests, self.workspace, self.files, self.images, self._settings())

    @property
    def commit_label(self) -> str:
        """The commit for labels: with `-dirty` when edits are in the snapshot; `none` before the first commit."""
        return (self.snapshot.commit or "none") + ("-dirty" if self.snapshot.dirty else "")

    def service(self, name: str) -> Service:
        """The service of this name; UnknownName otherwise."""
        services = {service.name: service for service in self.manifests.services}
        if name not in services:
            raise UnknownName("service", name, services)
        return services[name]

    def environment(self, name: str) -> Environment:
        """The environment of this name; UnknownName otherwise."""
        environments = {environment.name: environment for environment in self.manifests.environments}
        if name not in environments:
            raise UnknownName("environment", name, environments)
        return environments[name]

    def fingerprint(self, service: str) -> str:
        """The fingerprint of a service's image."""
        return self.graph.fingerprints[image_id(service)]

    def local_reference(self, service: str) -> str:
        """The name that the image of a service has on an engine."""
        return local_reference(self.manifests.workspace.name, service, self.fingerprint(service))

    def base(self, reference: str) -> Base:
        """What a base image is on this machine; ConfigurationError when it is neither locked nor replaced."""
        declared = self.manifests.workspace
        return resolve_base(
            reference,
            digests=self.manifests.bases,
            mirrors=declared.mirrors,
            substitutes=declared.substitutes,
            source=self.site.source,
            recipes=self._substitute_recipes,
        )

    @cached_property
    def _substitute_recipes(self) -> Mapping[str, str]:
        folders = {recipe.rpartition("/")[0] for recipe in self.manifests.workspace.substitutes.values()}
        entries = self.snapshot.entries
        return {path: entry.blob for path, entry in entries.items() if path.rpartition("/")[0] in folders}

    @property
    def _maker(self) -> ContextMaker:
        return ContextMaker(self.workspace, self.files, self.manifests.workspace)

    def _known_base(self, reference: str) -> Base:
        """A base image for the graph: one that is not locked must not keep the reading verbs from answering."""
        try:
            return self.base(reference)
        except ConfigurationError:
            return Base(reference, "", UNLOCKED)

    def _settings(self) -> list[Part]:
        """pnpm's settings as parts of every package: they change what installs and builds see."""
        entries = self.files.entries
        found = [Part("setting", name, entries[name].blob) for name in (NPMRC, PNPMFILE) if name in entries]
        root = self.workspace.packages.get(ROOT)
        manager = root.package_manager if root else ""
        document = {
            key: value for key, value in self.workspace.settings.document.items() if key != "packages"
        }
        told = json.dumps([document, dict(root.pnpm) if root else {}], sort_keys=True)
        return [
            *found,
            *shared_parts(self.files, self.files.matching(self.manifests.workspace.inputs)),
            Part("setting", "packageManager", digest_of(manager)),
            Part("setting", WORKSPACE_FILE, digest_of(told)),
        ]


def read_picture(snapshot: Snapshot, site: Site, name: str) -> Picture:
    """Read a snapshot; `name` is the workspace's when no manifest names it.

    Raises ConfigurationError with every mistake of manifests, or of workspace and lockfile.
    """
    manifests = _read_manifests(snapshot, name)
    root = manifests.workspace.root
    workspace = read_workspace(snapshot, root)
    mistakes = check_against(manifests, workspace.packages, workspace.names, snapshot.entries)
    if mistakes:
        raise ConfigurationError(mistakes)
    files = Files(snapshot.below(root).entries, frozenset(workspace.packages), manifests.workspace.ignored)
    return Picture(snapshot, site, manifests, workspace, files)


def _read_manifests(snapshot: Snapshot, name: str) -> Manifests:
    paths = [path for path in snapshot.entries if path.startswith(MANIFESTS) and path.endswith(".toml")]
    if not paths:
        return Manifests(WorkspaceManifest(name))
    return parse_manifests(snapshot.read_many(paths))
