"""The manifests of a snapshot: which of its files they are."""

from __future__ import annotations

from buildgraph.manifests.model import Manifests, WorkspaceManifest
from buildgraph.manifests.parsing import parse_manifests
from buildgraph.snapshot.snapshot import Snapshot

FOLDER = "manifests/"


def read_manifests(snapshot: Snapshot, name: str) -> Manifests:
    """The manifests of a snapshot; `name` is the workspace's when no manifest names it.

    ConfigurationError tells all their mistakes, without a look at what they name.
    """
    paths = [path for path in snapshot.entries_in(FOLDER) if path.endswith(".toml")]
    if not paths:
        return Manifests(WorkspaceManifest(name))
    places = {path: snapshot.followed(path) for path in paths}
    contents = snapshot.read_many(set(places.values()))
    return parse_manifests({path: contents[place] for path, place in places.items()})
