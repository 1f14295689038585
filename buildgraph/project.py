"""The composition root: a project's folder, its repository, this machine's settings, and snapshots read from it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from buildgraph.early import MARKS, OWN_NAME
from buildgraph.errors import ConfigurationError
from buildgraph.process import Runner, Started, SystemRunner
from buildgraph.snapshot.git import Repository, find_repository, own_folder
from buildgraph.snapshot.reading import (
    begin_status,
    begin_working_tree,
    commit_snapshot,
    read_commit,
    read_difference,
)
from buildgraph.snapshot.snapshot import Changes, Snapshot
from buildgraph.workspace.projects import WORKSPACE_FILE

if TYPE_CHECKING:
    from buildgraph.graph.nodes import Graph
    from buildgraph.layout import Layout
    from buildgraph.manifests import Manifests
    from buildgraph.manifests.site import Site
    from buildgraph.memory import Memory
    from buildgraph.picture import Picture
    from buildgraph.roster import Roster
    from buildgraph.workspace.locked import Locked

MOST_PLACES = 3  # that an error names
NO_WORKSPACE = "go to a pnpm workspace, or write one: https://pnpm.io/workspaces"


class Project:
    """An open project: everything that a command needs, made from the folder it was started in."""

    def __init__(self, folder: Path, repository: Repository, runner: Runner) -> None:
        self.folder = folder
        self.repository = repository
        self.runner = runner
        self._begun: Started | None = None
        self._read: Layout | None = None  # last

    def begin(self) -> Project:
        """Ask git for the working tree's state now: it works on it while the rest of a command is imported."""
        self._begun = begin_status(self.repository)
        if not self.own_in_git.is_dir():  # then all is read, and what that takes can be loaded meanwhile
            import buildgraph.layout  # noqa: F401
        return self

    def working_picture(self) -> Picture:
        """The working tree as it is now."""
        found = self.begun_picture
        found.snapshot.changes  # noqa: B018  # read now
        return found

    def picture_now(self) -> Picture:
        """The working tree as it is now, which may be another one than when the project was opened."""
        found = self._picture(begin_working_tree(self.repository))
        found.snapshot.changes  # noqa: B018  # read now
        return found

    def roster(self, picture: Picture) -> Roster:
        """What a build has to know of a picture's manifests; ConfigurationError with all mistakes of theirs."""
        from buildgraph.roster import roster_of

        return self.memory.roster_of(picture.snapshot, lambda: roster_of(picture.manifests))

    def picture_of(self, revision: str) -> Picture:
        """A commit by any of its names; ConfigurationError when `revision` names none here."""
        return self._picture(read_commit(self.repository, revision))

    def picture_at(self, commit: str) -> Picture:
        """A commit that is known to be here, by its full id."""
        return self._picture(commit_snapshot(self.repository, commit))

    def is_known(self, snapshot: Snapshot, commit: str) -> bool:
        """Whether a snapshot is exactly this commit, whose graph is remembered."""
        return snapshot.commit == commit and not snapshot.changes and self.memory.knows(snapshot)

    def cache_folder(self) -> Path:
        """The folder of our own among the checkout's files, for people; deleting it costs time, never truth."""
        return own_folder(self.folder)

    @cached_property
    def site(self) -> Site:
        """This machine's settings; ConfigurationError for a file or value that says nothing known."""
        from buildgraph.manifests.site import read_site

        return read_site()

    @cached_property
    def memory(self) -> Memory:
        """The graphs that are known already."""
        from buildgraph.manifests.site_file import site_state
        from buildgraph.memory import Memory, own_code

        told = f"{own_code()}\0{site_state()}\0{self.folder.name}\0{self.repository.prefix}"
        return Memory(self.own_in_git, told, self._make_graph)

    @property
    def own_in_git(self) -> Path:
        """Our folder in git's, which worktrees share: no commit can put anything there."""
        return self.repository.git_dir / OWN_NAME

    @cached_property
    def _graphs(self) -> dict[str, Graph]:
        """The graphs of commits that were asked for."""
        return {}

    @cached_property
    def begun_picture(self) -> Picture:
        """The working tree, whose edits are read when they are asked for: soon, or they are others by then."""
        return self._picture(begin_working_tree(self.repository, self._begun))

    def _picture(self, snapshot: Snapshot) -> Picture:
        from buildgraph.picture import Picture

        return Picture(snapshot, self._read_layout, self._read_manifests, self._graph_of)

    def _graph_of(self, snapshot: Snapshot) -> Graph:
        """The graph of a snapshot: what is known of its commit, or of the one it is compared with, is used again."""
        graph = self.memory.graph_of(snapshot, self._nearest(snapshot))
        if snapshot.commit is not None and not snapshot.changes:
            self._graphs[snapshot.commit] = graph
        return graph

    def _nearest(self, snapshot: Snapshot) -> tuple[Graph, Changes] | None:
        """A known graph and what differs from it in the snapshot."""
        if snapshot.commit is None or not self._graphs:
            return None
        commit, graph = next(iter(self._graphs.items()))
        if commit == snapshot.commit:
            return graph, snapshot.changes
        return graph, {**read_difference(self.repository, commit, snapshot.commit), **snapshot.changes}

    def _read_layout(self, snapshot: Snapshot) -> Layout:
        """The layout of a snapshot: whoever has its graph made and asks for its images, too, has it read once."""
        found = self._read
        if found is None or found.snapshot is not snapshot:
            from buildgraph.layout import read_layout

            found = self._read = None  # no two in memory
            found = self._read = read_layout(snapshot, self.site, self.folder.name)
        return found

    def _read_manifests(self, snapshot: Snapshot) -> Manifests:
        from buildgraph.manifests.snapshots import read_manifests

        return read_manifests(snapshot, self.folder.name)

    def _make_graph(self, snapshot: Snapshot) -> tuple[Graph, Locked | None]:
        layout = self._read_layout(snapshot)
        return layout.graph, layout.locked


def open_project(start: Path, runner: Runner | None = None) -> Project:
    """The project around `start`: the nearest folder at or above it with manifests, else with a workspace.

    Raises ConfigurationError when there is no git repository, or no workspace in it.
    """
    used = runner or SystemRunner()
    found = find_repository(start, used)
    folder = _find_folder(start.resolve(), found)
    return Project(folder, found.at(folder), used)


def _find_folder(start: Path, repository: Repository) -> Path:
    above = [start, *start.parents]
    inside = above[: above.index(repository.root) + 1] if repository.root in above else [start]
    marked = [(mark, folder) for mark in MARKS for folder in inside]
    places = [folder for mark, folder in marked if (folder / mark).is_file()] or _tracked(repository, marked)
    if not places:
        raise ConfigurationError.of(str(start), f"no {WORKSPACE_FILE} here or above", _way_down(repository))
    return places[0]


def _way_down(repository: Repository) -> str:
    """Where to go when no workspace is here or above: to those that lie below."""
    paths = repository.git("ls-files", "-z").stdout.decode(errors="replace").split("\0")
    folders = sorted(path.rpartition("/")[0] for path in paths if path.endswith(f"/{WORKSPACE_FILE}"))
    return f"go to {' or '.join(folders[:MOST_PLACES])}, where one lies" if folders else NO_WORKSPACE


def _tracked(repository: Repository, marked: Sequence[tuple[str, Path]]) -> list[Path]:
    """The folders whose mark git knows, though a sparse checkout has not put it there."""
    paths = [str(folder / mark) for mark, folder in marked]
    known = [path for path in paths if repository.git("ls-files", "-z", "--", path).stdout]
    return [folder for (mark, folder), path in zip(marked, paths, strict=True) if path in known]
