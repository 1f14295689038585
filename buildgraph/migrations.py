"""The additive rule: the new migrations of a deployment looked at before they run, for what older code cannot bear."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from buildgraph.console import short_commit
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.manifests.model import Service
from buildgraph.manifests.switching import BLUE_GREEN
from buildgraph.schema_changes import Reading, read_losses
from buildgraph.snapshot import Repository, Snapshot
from buildgraph.workspace.globs import parse_globs

DIRTY: Final = "-dirty"
# Where drizzle-kit, Prisma and those who write SQL by hand keep it, seen from the service's folder.
USUAL: Final = ("drizzle/*.sql", "prisma/migrations/*/*.sql", "migrations/**/*.sql")
WAY_OUT: Final = (
    "add now and take away in a later release, when no version that runs needs it; or raise `breaking` of {};"
    " or say `force=yes`"
)


@dataclass(frozen=True, slots=True)
class Move:
    """A service whose database moves on from what runs: `running` is that commit's label, "" for none.

    `marked` tells the mark (`breaking`) of the version that runs; it is asked only where something is lost.
    """

    service: Service
    running: str
    marked: Callable[[], int] = int

    @property
    def is_known(self) -> bool:
        """Whether what runs is a commit; with edits in it, nobody can tell which migrations it has brought."""
        return not self.running.endswith(DIRTY)

    @property
    def is_marked(self) -> bool:
        """Whether its new version says that older code cannot work with its data."""
        return self.service.breaking > self.marked()


@dataclass(frozen=True, slots=True)
class Sources:
    """Where migrations are read: the snapshot that is deployed, the folder of the workspace in it, and its history."""

    snapshot: Snapshot
    repository: Repository
    root: str


def check_migrations(
    sources: Sources, moves: Iterable[Move], strategy: str, *, force: bool, tell: Callable[[str], None]
) -> None:
    """Tell what new migrations take away; ConfigurationError where versions run side by side, unless it is said.

    It is said by raising `breaking`, or by force. A service that does not run yet, or runs from a commit that is
    not here, is not judged; the latter is told. Nor is refused what may have run already, with edits that were
    deployed.
    """
    mistakes: list[Mistake] = []
    for move in moves:
        losses = _losses(sources, move, tell)
        is_refused = strategy == BLUE_GREEN and not force and move.is_known
        if losses and is_refused and not move.is_marked:
            way_out = WAY_OUT.format(move.service.name)
            mistakes += [Mistake(f"migration of {move.service.name}", what, way_out) for what in losses]
        else:
            for what in losses:
                tell(f"{move.service.name}: its migration {what}; code that is older cannot live with that")
    if mistakes:
        raise ConfigurationError(mistakes)


def _losses(sources: Sources, move: Move, tell: Callable[[str], None]) -> list[str]:
    """What the new migrations of a service take away, with their files."""
    if move.service.migration is None or not move.running:
        return []
    base = commit_of(sources.repository, move.running)
    if base is None:
        commit = short_commit(move.running)
        tell(f"{move.service.name}: its migrations are not checked, {commit} that runs is not in this clone")
        return []
    reading = _read(new_files(sources, move.service, base))
    for unread in reading.unread:
        tell(f"{move.service.name}: {unread.file} is not checked: {unread.why}")
    return [f"{loss.what} ({loss.file})" for loss in reading.losses]


def commit_of(repository: Repository, label: str) -> Snapshot | None:
    """The commit that a label names (`-dirty` and all), or None when it is not here."""
    from buildgraph.snapshot.history import resolve_commits
    from buildgraph.snapshot.reading import commit_snapshot

    commit = label.removesuffix(DIRTY)
    known = resolve_commits(repository, [commit] if commit else [])
    return commit_snapshot(repository, known[commit]) if commit in known else None


def new_files(sources: Sources, service: Service, base: Snapshot) -> dict[str, str]:
    """The migration files of a service whose content an older snapshot has nowhere among its own, with their text."""
    now = _files(sources.snapshot, sources.root, service)
    before = set(_files(base, sources.root, service).values())
    new = [path for path, blob in now.items() if blob not in before]
    contents = sources.snapshot.read_many(new) if new else {}
    return {path: contents[path].decode("utf-8-sig", "replace") for path in new}


def _files(snapshot: Snapshot, root: str, service: Service) -> Mapping[str, str]:
    """The migration files of a service in a snapshot, with their blobs."""
    written = service.migration.files if service.migration else ()
    above = posixpath.normpath(posixpath.join(root or ".", service.path))
    place = f"manifests/products/{service.product}.toml: services.{service.name}.migration.files"
    globs = (posixpath.normpath(posixpath.join(above, glob)) for glob in written or USUAL)
    is_named = parse_globs(globs, place)
    entries = snapshot.entries if written else snapshot.entries_in(f"{above}/")
    return {path: entry.blob for path, entry in entries.items() if is_named(path)}


def _read(files: Mapping[str, str]) -> Reading:
    return read_losses(files) if files else Reading()
