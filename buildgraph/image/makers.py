"""By which numbers images were made: the workspace's and this program's, as the images that an engine holds tell."""

from __future__ import annotations

from collections.abc import Mapping

from buildgraph.graph.nodes import Node
from buildgraph.image.engine import Engine
from buildgraph.image.labels import TOOL, tools_in

Numbers = Mapping[str, str]  # by name: `fingerprint` is the workspace's, `images` this program's


def numbers_held(engine: Engine, workspace: str) -> dict[str, Numbers]:
    """The numbers by which the newest image of each service was made, of those that the engine holds."""
    newest = engine.newest_labels(f"{workspace}/*")
    return {name.rpartition("/")[2]: tools_in(labels) for name, labels in newest.items()}


def numbers_changed(before: Numbers, node: Node) -> str:
    """Which numbers of an image's node are others than before, such as `images 1 -> 2`; "" for none."""
    now = {part.name: part.digest for part in node.parts if part.kind == TOOL}
    changed = {name: number for name, number in now.items() if before.get(name, number) != number}
    return ", ".join(f"{name} {before[name]} -> {number}" for name, number in sorted(changed.items()))
