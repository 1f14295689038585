"""Two snapshots compared: which ones, whether the base could be found, and what is affected between them."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace

from buildgraph.errors import ConfigurationError, indent
from buildgraph.graph.nodes import Graph, Kind
from buildgraph.picture import Picture
from buildgraph.plan.affected import USER_KINDS, Affected, affected_nodes, all_nodes
from buildgraph.plan.reasons import Reason
from buildgraph.project import Project
from buildgraph.since import default_head, find_base


@dataclass(frozen=True, slots=True)
class Comparison:
    """The affected nodes between two snapshots. `complete` is false when the base could not be resolved."""

    base_ref: str
    base_commit: str | None
    head_ref: str | None
    head_commit: str | None
    head: Picture
    nodes: tuple[Affected, ...] = ()
    base: Picture | None = None
    why_incomplete: str = ""

    @property
    def complete(self) -> bool:
        """Whether the base was found; else everything counts as affected."""
        return self.base is not None

    @property
    def either_graph(self) -> Graph:
        """A graph that knows the nodes of both snapshots; head's where both have one."""
        before = self.base.graph.nodes if self.base else {}
        return Graph({**before, **self.head.graph.nodes})


def compare(
    project: Project, base: str | None, head: str | None, kinds: Collection[Kind] = USER_KINDS
) -> Comparison:
    """Compare two commits, or a commit with the working tree when `head` is not given (in CI: with HEAD).

    A base that cannot be resolved makes everything affected, with that reason, never nothing; a head that
    cannot be resolved is a ConfigurationError.
    """
    wanted = head or default_head(os.environ)
    picture = project.picture_of(wanted) if wanted else project.working_picture()
    found = find_base(project.repository, base, picture.snapshot.commit, os.environ)
    bare = Comparison(found.ref, found.commit, wanted, picture.snapshot.commit if wanted else None, picture)
    if found.commit is None:
        return _everything(bare, found.problem, kinds)
    try:
        before = project.picture_at(found.commit)
        known = before.graph
    except ConfigurationError as error:
        return _everything(bare, f"{found.ref} has mistakes:\n{indent(str(error))}", kinds)
    return replace(bare, nodes=affected_nodes(known, picture.graph, kinds), base=before)


def _everything(bare: Comparison, problem: str, kinds: Collection[Kind]) -> Comparison:
    """All nodes of head, because there is nothing to compare them with."""
    reason = Reason("unresolved-base", bare.base_ref)
    return replace(bare, nodes=all_nodes(bare.head.graph, reason, kinds), why_incomplete=problem)
