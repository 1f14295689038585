"""The composition root: a project's folder, its repository, this machine's settings, and snapshots read from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.site import Site, read_site
from buildgraph.picture import Picture, read_picture
from buildgraph.process import Runner, SystemRunner
from buildgraph.snapshot import Repository, find_repository, read_commit, read_working_tree
from buildgraph.snapshot.git import own_folder
from buildgraph.workspace import WORKSPACE_FILE

MARKS = ("manifests/workspace.toml", WORKSPACE_FILE)
NO_WORKSPACE = "go to a pnpm workspace, or write one: https://pnpm.io/workspaces"


@dataclass(frozen=True)
class Project:
    """An open project: everything that a command needs, made from the folder it was started in."""

    folder: Path
    repository: Repository
    runner: Runner
    site: Site

    def working_picture(self) -> Picture:
        """The working tree as it is now."""
        return self._picture

    def picture_of(self, revision: str) -> Picture:
        """A commit; ConfigurationError when `revision` names none here."""
        return read_picture(read_commit(self.repository, revision), self.site, self.folder.name)

    def cache_folder(self) -> Path:
        """The folder of our own; deleting it costs time, never truth."""
        return own_folder(self.folder)

    @cached_property
    def _picture(self) -> Picture:
        return read_picture(read_working_tree(self.repository), self.site, self.folder.name)


def open_project(start: Path, runner: Runner | None = None) -> Project:
    """The project around `start`: the nearest folder at or above it with manifests, else with a workspace.

    Raises ConfigurationError when there is no git repository, or no workspace in it.
    """
    used = runner or SystemRunner()
    top = find_repository(start, used).root
    folder = _find_folder(start.resolve(), top.resolve())
    return Project(folder, find_repository(folder, used), used, read_site())


def _find_folder(start: Path, top: Path) -> Path:
    above = [start, *start.parents]
    inside = above[: above.index(top) + 1] if top in above else [start]
    for mark in MARKS:
        for folder in inside:
            if (folder / mark).is_file():
                return folder
    raise ConfigurationError.of(str(start), f"no {WORKSPACE_FILE} here or above", NO_WORKSPACE)
