"""What a script sees: its package and those that it depends on, and their files in one snapshot; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from buildgraph.checks.script import Script
from buildgraph.graph.listing import parse_run
from buildgraph.graph.nodes import Graph, Kind
from buildgraph.order import closure
from buildgraph.workspace.projects import ROOT


@dataclass(frozen=True)
class Sight:
    """The files that scripts see, in one graph."""

    graph: Graph

    def packages(self, script: Script) -> list[str]:
        """The ids of the package and of all that it depends on, itself first."""
        own = self.package(script)
        reached = closure(self._uses, [own])
        return [own, *sorted(node_id for node_id in reached - {own} if node_id in self.graph.files)]

    def folders(self, script: Script) -> list[str]:
        """The folders of those packages, and the root, where a script finds what is installed for it."""
        return [ROOT, *(self.graph.nodes[node_id].path for node_id in self.packages(script))]

    def others(self, script: Script) -> set[str]:
        """The folders of packages that it does not depend on, and its own: what others get of these is no matter."""
        used = {*self.nodes(script)} - {self.package(script)}
        return {node.path for node in self.graph.of_kind(Kind.PACKAGE) if node.id not in used}

    def nodes(self, script: Script) -> list[str]:
        """The ids of all nodes that it sees files of: those packages, what the root links, and the root's settings."""
        return sorted(closure(self._all_uses, [self.package(script)]))

    def files(self, node_id: str) -> list[str]:
        """The files of a node, from the workspace root, and those that its parts are made of.

        A part's name is a path, or a path and a place in that file.
        """
        named = {part.name.partition(": ")[0] for part in self.graph.nodes[node_id].parts if part.name}
        return sorted(named.union(self.listed(node_id)))

    def listed(self, node_id: str) -> Mapping[str, str]:
        """The files of a node that git knows, or would: mode and blob by path."""
        listing = self.graph.files.get(node_id)
        return parse_run(listing.seen) | parse_run(listing.hidden) if listing else {}

    def package(self, script: Script) -> str:
        """The id of its package."""
        return f"{Kind.PACKAGE.value}:{script.package}"

    @cached_property
    def _uses(self) -> Mapping[str, Collection[str]]:
        return {node.id: node.uses for node in self.graph.of_kind(Kind.PACKAGE)}

    @cached_property
    def _all_uses(self) -> Mapping[str, Collection[str]]:
        """The same, and what the root links for every package."""
        return {node.id: node.uses for node in self.graph.of_kind(Kind.PACKAGE, Kind.SETTINGS)}
