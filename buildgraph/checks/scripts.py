"""The scripts of all packages, read from their package.json files alone."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Final

from buildgraph.graph.nodes import Graph, Kind
from buildgraph.snapshot.snapshot import BlobReader
from buildgraph.workspace.package import scripts_of

MANIFEST: Final = "package.json"


def read_scripts(graph: Graph, blobs: BlobReader) -> dict[str, Mapping[str, str]] | None:
    """Folder -> name -> command; None where the graph does not tell of every package where its package.json is."""
    places = {
        node.path: graph.files[node.id].blob_of(posixpath.normpath(f"{node.path}/{MANIFEST}"))
        for node in graph.of_kind(Kind.PACKAGE)
    }
    if not all(places.values()):
        return None
    contents = blobs.read_blobs(set(places.values()))
    read = {blob: json.loads(content.decode("utf-8-sig")) for blob, content in contents.items()}
    return {folder: scripts_of(read[blob]) for folder, blob in places.items()}
