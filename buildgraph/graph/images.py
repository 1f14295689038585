"""Image plans: what a service's build sees, from which its node, its archive and its command all follow; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from buildgraph.graph.context import Context
from buildgraph.graph.nodes import Kind, Node, Part, digest_of, image_id
from buildgraph.manifests.model import Service
from buildgraph.recipes.window import Window

# Raised when this program makes other archives of the same files, or builds them otherwise: all images are built anew.
IMAGE_VERSION: Final = 1
EPOCH = "SOURCE_DATE_EPOCH"  # BuildKit's own argument: the date of all that a build makes, seconds since 1970


@dataclass(frozen=True)
class ImagePlan:
    """All that a service's build sees.

    `bases` maps each external base image that the Dockerfile names to (what to pull, what enters the
    fingerprint); `parents` maps a name in FROM to the service whose image it is. `syntax` is the image of
    the frontend that the Dockerfile asks for, and `scanner` that which makes the SBOM, bases like the others.
    `sources` are the nodes of the packages it is built from, and `parts` stand for the rest of its context, which is
    made when it is asked for. `window` is what it sees of the workspace as it lies, where it is built so.
    """

    service: Service
    make_context: Callable[[], Context]
    dockerfile: str = "Dockerfile"
    arguments: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    syntax: str = ""
    scanner: str = ""
    platforms: tuple[str, ...] = ()
    attestations: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    window: Window | None = None

    @cached_property
    def context(self) -> Context:
        """Every file of the build, before a byte of it is read."""
        return self.make_context()


def image_node(plan: ImagePlan, fingerprint_version: int) -> Node:
    """The node of an image: its own parts, the sources of its closure and the images it builds on.

    `fingerprint_version` is the workspace's number, beside ours: either builds everything anew.
    """
    own = [
        Part("tool", "fingerprint", str(fingerprint_version)),
        Part("tool", "images", str(IMAGE_VERSION)),
        Part("setting", "platforms", digest_of(" ".join(plan.platforms))),
        Part("setting", "target", digest_of(plan.service.target)),
        *_extras(plan),
        *_values(plan.arguments),
        *_bases(plan.bases),
        *_parents(plan.parents),
        *plan.parts,
    ]
    uses = {*plan.sources, *(image_id(parent) for parent in plan.parents.values())}
    return Node(
        image_id(plan.service.name), Kind.IMAGE, plan.service.path, tuple(sorted(own)), tuple(sorted(uses))
    )


def _extras(plan: ImagePlan) -> Iterable[Part]:
    """What few builds have: attestations; and secrets, which count by name, as a build may do without."""
    if plan.attestations:
        yield Part("setting", "attestations", digest_of(" ".join(plan.attestations)))
    for name in set(plan.service.build_secrets):
        yield Part("setting", f"secret {name}", digest_of("seen"))


def _values(arguments: Mapping[str, str]) -> Iterable[Part]:
    return (Part("value", name, digest_of(value)) for name, value in arguments.items())


def _bases(bases: Mapping[str, tuple[str, str]]) -> Iterable[Part]:
    return (Part("base-image", name, digest_of(identity)) for name, (_, identity) in bases.items())


def _parents(parents: Mapping[str, str]) -> Iterable[Part]:
    """Which image stands behind which name; what the images are, their own nodes tell."""
    return (Part("setting", f"parent {name}", digest_of(service)) for name, service in parents.items())
