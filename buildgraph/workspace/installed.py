"""Which published packages two lockfiles install otherwise for a project; it explains, and decides nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from buildgraph.order import closure
from buildgraph.workspace.digests import recorded
from buildgraph.workspace.lockfile import Importer, Lockfile
from buildgraph.workspace.references import LINK, name_of, without_suffix


class InstalledChange(NamedTuple):
    """A package that is installed otherwise: its versions before and after, `""` where it is not installed.

    The versions are the same where something else of it differs: its integrity, a patch, its peers.
    """

    name: str
    before: str
    after: str


def installed_changes(
    before: Lockfile | None, after: Lockfile | None, folder: str
) -> tuple[InstalledChange, ...]:
    """The packages that differ for the importer in `folder`, sorted by name.

    A package counts when its own facts or edges differ; one that merely needs such a package does not.
    """
    old, new = _installed(before, folder), _installed(after, folder)
    names: dict[str, None] = {name_of(key): None for key in sorted(_differing(old, new))}
    found = (InstalledChange(name, _versions(old, new, name), _versions(new, old, name)) for name in names)
    return tuple(change for change in found if change.name)


def _differing(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    return (key for key in old.keys() | new.keys() if old.get(key) != new.get(key))


def _installed(lockfile: Lockfile | None, folder: str) -> dict[str, object]:
    """The snapshots that an importer reaches, with what they are by themselves."""
    if lockfile is None:
        return {}
    lines = lockfile.importers.get(folder, Importer(folder)).dependencies
    links = {line.alias: line.version for line in lines if line.version.startswith(LINK)}
    named = (lockfile.key_of(line.alias, line.version) for line in lines)
    keys = closure(lockfile.edges, [key for key in named if key is not None])
    facts = {key: (recorded(lockfile.package_of(key)), recorded(lockfile.snapshots[key])) for key in keys}
    return facts | {f"{alias}@{version}": version for alias, version in links.items()}


def _versions(here: Mapping[str, object], there: Mapping[str, object], name: str) -> str:
    """The versions of a package on one side, those that differ first; several stand side by side."""
    own = [key for key in sorted(here) if name_of(key) == name]
    differing = [key for key in own if here[key] != there.get(key)] or own
    versions = (without_suffix(key).removeprefix("/").removeprefix(f"{name}@") for key in differing)
    return ", ".join(dict.fromkeys(versions))
