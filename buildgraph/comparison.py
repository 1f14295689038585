"""Two snapshots compared: which ones, whether the base could be found, and what is affected between them."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import NamedTuple

from buildgraph.errors import ConfigurationError, indent
from buildgraph.graph.nodes import Graph, Kind, Node
from buildgraph.harmless import on_one_line
from buildgraph.picture import Picture
from buildgraph.plan.affected import USER_KINDS, Affected, affected_nodes, all_nodes
from buildgraph.plan.reasons import Reason
from buildgraph.project import Project
from buildgraph.since import default_head, find_base
from buildgraph.workspace.projects import LOCKFILE

UNREADABLE = Reason("lockfile", LOCKFILE)
UNKNOWN_BASE = "the base is not known, so everything counts as affected: "
UNREADABLE_LOCKFILE = "the lockfile cannot be read, so everything counts as affected: "


class Comparison(NamedTuple):
    """The affected nodes between two snapshots.

    `base` is None when it could not be resolved, and `why_incomplete` says why. Where what runs is the
    base, `bases` are the commits that nodes were deployed from, as their labels tell, and `gone` the nodes
    that run and that no manifest has any more.
    """

    base_ref: str
    base_commit: str | None
    head_ref: str | None
    head_commit: str | None
    head: Picture
    nodes: tuple[Affected, ...] = ()
    base: Picture | None = None
    why_incomplete: str = ""
    bases: Mapping[str, str] | None = None
    gone: tuple[Node, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the base was found; else everything counts as affected.

        What runs tells its fingerprints, so it is one whatever is known of the commits.
        """
        return self.base is not None or self.bases is not None

    @property
    def either_graph(self) -> Graph:
        """A graph that knows the nodes of both sides; head's where both have one."""
        before = self.base.graph.nodes if self.base else {node.id: node for node in self.gone}
        return Graph({**before, **self.head.graph.nodes})


def compare(
    project: Project, base: str | None, head: str | None, kinds: Collection[Kind] = USER_KINDS
) -> Comparison:
    """Compare two commits, or a commit with the working tree when `head` is not given (in CI: with HEAD).

    A base that cannot be resolved makes everything affected, with that reason, never nothing; so does a
    lockfile of either side that cannot be read. A head that cannot be resolved, or with other mistakes, is a
    ConfigurationError.
    """
    wanted = default_head(os.environ) if head is None else head
    picture = project.picture_of(wanted) if wanted is not None else project.begun_picture
    found = find_base(project.repository, base, picture.snapshot.commit, os.environ)
    bare = Comparison(
        found.ref, found.commit, wanted, None if wanted is None else picture.snapshot.commit, picture
    )
    unresolved = Reason("unresolved-base", found.ref)
    if found.commit is None:
        return _everything(bare, picture.graph, unresolved, UNKNOWN_BASE + on_one_line(found.problem), kinds)
    before = project.picture_at(found.commit)
    if project.is_known(picture.snapshot, found.commit):
        return bare._replace(base=before)
    try:
        known = before.graph
    except ConfigurationError as error:
        reason = UNREADABLE if _is_unreadable_lockfile(error, before) else unresolved
        told = f"{UNKNOWN_BASE}{on_one_line(found.ref)} has mistakes:\n{indent(str(error))}"
        return _everything(bare, picture.graph, reason, told, kinds)
    try:
        nodes = affected_nodes(known, picture.graph, kinds)
    except ConfigurationError as error:
        if not _is_unreadable_lockfile(error, picture):
            raise
        return _everything(bare, known, UNREADABLE, UNREADABLE_LOCKFILE + str(error), kinds)
    return bare._replace(nodes=nodes, base=before)


def _everything(
    bare: Comparison, graph: Graph, reason: Reason, problem: str, kinds: Collection[Kind]
) -> Comparison:
    """All nodes, because there is nothing to compare them with."""
    return bare._replace(nodes=all_nodes(graph, reason, kinds), why_incomplete=problem)


def _is_unreadable_lockfile(error: ConfigurationError, picture: Picture) -> bool:
    """Whether a lockfile that is there, and nothing else, keeps the graph from being made."""
    files = {mistake.where.partition(":")[0] for mistake in error.mistakes}
    return all(file.endswith(LOCKFILE) and file in picture.snapshot.entries for file in files)
