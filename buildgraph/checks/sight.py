"""What a script sees: its package and those that it depends on, and their files in one snapshot; pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from buildgraph.checks.script import Script
from buildgraph.graph.listing import parse_run
from buildgraph.graph.nodes import Graph, Kind
from buildgraph.order import closure
from buildgraph.workspace.projects import ROOT


@dataclass(frozen=True)
class Sight:
    """The files that scripts see, in one graph; what a package has is looked for once."""

    graph: Graph
    _found: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def packages(self, script: Script) -> list[str]:
        """The ids of the package and of all that it depends on, itself first."""
        own = f"{Kind.PACKAGE.value}:{script.package}"
        reached = closure(self._uses, [own])
        return [own, *sorted(node_id for node_id in reached - {own} if node_id in self.graph.files)]

    def folders(self, script: Script) -> list[str]:
        """The folders of those packages, and the root, where a script finds what is installed for it."""
        return [ROOT, *(self.graph.nodes[node_id].path for node_id in self.packages(script))]

    def files(self, script: Script) -> dict[str, str]:
        """All files that count for it, from the workspace root: mode and blob; "" where only a part names one.

        A part's name is a path, or a path and a place in that file.
        """
        own = f"{Kind.PACKAGE.value}:{script.package}"
        reached = closure(self._all_uses, [own])
        parts = (part for node_id in reached for part in self.graph.nodes[node_id].parts)
        found = dict.fromkeys((part.name.partition(": ")[0] for part in parts if part.name), "")
        for node_id in reached:
            found.update(self._listed(node_id))
        return found

    @cached_property
    def _uses(self) -> Mapping[str, Collection[str]]:
        return {node.id: node.uses for node in self.graph.of_kind(Kind.PACKAGE)}

    @cached_property
    def _all_uses(self) -> Mapping[str, Collection[str]]:
        """The same, and what the root links for every package."""
        return {node.id: node.uses for node in self.graph.of_kind(Kind.PACKAGE, Kind.SETTINGS)}

    def _listed(self, node_id: str) -> Mapping[str, str]:
        if node_id not in self._found:
            listing = self.graph.files.get(node_id)
            self._found[node_id] = parse_run(listing.seen) | parse_run(listing.hidden) if listing else {}
        return self._found[node_id]
