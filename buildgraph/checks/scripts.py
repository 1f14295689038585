"""The scripts of all packages, and what they need in development alone, read from their package.json files."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from buildgraph.graph.nodes import Graph, Kind
from buildgraph.snapshot.snapshot import BlobReader
from buildgraph.workspace.package import DEVELOPMENT, GROUPS, Package, scripts_of

MANIFEST: Final = "package.json"


class PackageScripts(NamedTuple):
    """What a package.json says of running: the command of each script, and what is needed for it.

    `needed` are the names that it depends on, `development` those of them that development alone needs.
    """

    commands: Mapping[str, str] = {}
    development: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()


def read_scripts(
    graph: Graph, blobs: BlobReader, packages: Callable[[], Mapping[str, Package]]
) -> dict[str, PackageScripts]:
    """What each package.json says of running, by folder.

    `packages` reads a workspace whole, which takes longer: it is asked where the graph does not tell of every package
    where its package.json is.
    """
    places = {
        node.path: graph.files[node.id].blob_of(posixpath.normpath(f"{node.path}/{MANIFEST}"))
        for node in graph.of_kind(Kind.PACKAGE)
    }
    if not all(places.values()):
        return {
            folder: _told(package.scripts, package.dependencies) for folder, package in packages().items()
        }
    contents = blobs.read_blobs(set(places.values()))
    read = {blob: json.loads(content.decode("utf-8-sig")) for blob, content in contents.items()}
    return {folder: _told(scripts_of(read[blob]), read[blob]) for folder, blob in places.items()}


def _told(commands: Mapping[str, str], groups: Mapping[str, Any]) -> PackageScripts:
    needed = frozenset(name for group in GROUPS for name in groups.get(group) or ())
    return PackageScripts(commands, development_of(groups), needed)


def development_of(groups: Mapping[str, Any]) -> frozenset[str]:
    """What a package.json names among `devDependencies` and in no other group."""
    others = (groups.get(group) or {} for group in GROUPS if group != DEVELOPMENT)
    return frozenset(groups.get(DEVELOPMENT) or ()).difference(*others)
