"""Plans: the ordered steps that would bring images, registry and environment to the snapshot; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from buildgraph.graph.nodes import Graph, Node
from buildgraph.order import closure, components
from buildgraph.plan.held import MISSING, Held


class Phase(Enum):
    """What a step does to its node."""

    BUILD = "build"
    PUSH = "push"
    DEPLOY = "deploy"
    SMOKE = "smoke"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan: its phase, node and fingerprint, and why it is needed."""

    phase: Phase
    node: str
    fingerprint: str
    reason: str


def local_reference(workspace: str, service: str, fingerprint: str) -> str:
    """The name an image has on an engine; a fingerprint tag is written once."""
    return f"{workspace}/{service}:{fingerprint}"


def registry_reference(registry: str, service: str, fingerprint: str) -> str:
    """The name an image has in a registry."""
    return f"{registry.rstrip('/')}/{service}:{fingerprint}"


def needed_images(graph: Graph, wanted: Iterable[str]) -> list[Node]:
    """The image nodes that `wanted` ones are or are built on, dependencies first."""
    uses = {node.id: node.uses for node in graph.nodes.values()}
    needed = {node_id for node_id in closure(uses, wanted) if node_id.startswith("image:")}
    order = [member for group in components({name: uses[name] for name in needed}) for member in group]
    return [graph.nodes[name] for name in order]


def build_steps(graph: Graph, wanted: Iterable[str], references: Mapping[str, str], held: Held) -> list[Step]:
    """A build step for every needed image that is found nowhere; `references` maps image ids to names."""
    return [
        Step(
            Phase.BUILD,
            node.id,
            graph.fingerprints[node.id],
            held.anew.get(references[node.id], MISSING),
        )
        for node in needed_images(graph, wanted)
        if not held.holds(references[node.id])
    ]


def push_steps(graph: Graph, wanted: Iterable[str], references: Mapping[str, str], held: Held) -> list[Step]:
    """A push step for every wanted image that the registry lacks."""
    return [
        Step(Phase.PUSH, node_id, graph.fingerprints[node_id], "the registry lacks it")
        for node_id in sorted(wanted)
        if references[node_id] not in held.registry
    ]
