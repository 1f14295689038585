"""What a pruned install reads besides its importers and packages, worked out for many closures at once.

Pruning walks a closure to see which overrides, patches and settings are in use there. Asked for every image
of a workspace that is the same walk again and again, so here each importer is marked once with the few
things that anybody asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from buildgraph.workspace.holding import holders
from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.marks import (
    ARCHIVE,
    FOLDER,
    MET,
    NAME,
    OWN,
    PATCH,
    Mark,
    selecting_names,
    snapshots_by_mark,
)
from buildgraph.workspace.overriding import met_by_projects, used_overrides
from buildgraph.workspace.package import Package
from buildgraph.workspace.projects import ROOT
from buildgraph.workspace.pruning import declared_names, other_keys
from buildgraph.workspace.settings import WorkspaceSettings


@dataclass(frozen=True, slots=True)
class Frame:
    """A pruned lockfile without what importers say one by one, and what the closure holds of what is asked for.

    `names` are package names that settings speak of; `archives` and `folders` those in the workspace that
    an install unpacks and copies.
    """

    lockfile: Lockfile
    names: frozenset[str]
    archives: tuple[str, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True)
class Frames:
    """Makes the frames of one workspace."""

    lockfile: Lockfile
    settings: WorkspaceSettings
    packages: Mapping[str, Package]
    root_dependencies: bool = False

    def frame(self, folders: Iterable[str]) -> Frame:
        """The frame of the closure in `folders`: pruning to these projects tells the same."""
        installing = {ROOT, *folders} if self.root_dependencies else {*folders} - {ROOT}
        marks = set[Mark]().union(*(self._marks[folder] for folder in installing & self._marks.keys()))
        names = frozenset(name for kind, name in marks if kind == NAME)
        bare = self.lockfile._replace(
            importers={},
            packages={},
            snapshots={},
            catalogs={},
            overrides=self._overrides(marks, folders),
            patches={key: patch for key, patch in self.lockfile.patches.items() if (PATCH, key) in marks},
            others=other_keys(self.lockfile, names),
        )
        return Frame(bare, names, _sorted(marks, ARCHIVE), _sorted(marks, FOLDER))

    def _overrides(self, marks: set[Mark], folders: Iterable[str]) -> dict[str, str]:
        if not self.lockfile.overrides:
            return {}
        asking = [self.packages[name] for name in folders if name != ROOT or self.root_dependencies]
        occurring = {text for kind, text in marks if kind == NAME} | declared_names(asking)
        owned, met = ({text for found, text in marks if found == kind} for kind in (OWN, MET))
        return used_overrides(self.lockfile, frozenset(occurring), owned, met)

    @cached_property
    def _marks(self) -> Mapping[str, set[Mark]]:
        """The marks in what each importer installs and in what it calls it, by its folder; most have none."""
        found = {folder: set(marks) for folder, marks in self._held.items()}
        for folder, importer in self.lockfile.importers.items() if self._names else ():
            aliases = {(NAME, line.alias) for line in importer.dependencies if line.alias in self._names}
            if aliases:
                met = {(MET, selector) for selector in met_by_projects(self.lockfile, [importer])}
                found.setdefault(folder, set()).update(aliases, met)
        return found

    @cached_property
    def _names(self) -> frozenset[str]:
        """The package names that settings or lockfile select by."""
        return selecting_names(self.lockfile, self.settings, self.packages)

    @cached_property
    def _held(self) -> Mapping[str, set[Mark]]:
        """The marks in what each importer installs, by its folder."""
        return holders(self.lockfile, snapshots_by_mark(self.lockfile, self._names))


def _sorted(marks: Iterable[Mark], kind: str) -> tuple[str, ...]:
    return tuple(sorted(text for found, text in marks if found == kind))
