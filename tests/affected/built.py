"""What builds see, worked out apart from all fingerprints: archives, arguments, bases, parents."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from buildgraph.graph.context import ContextFile
from buildgraph.graph.images import ImagePlan
from buildgraph.picture import Picture


@dataclass(frozen=True)
class Build:
    """All that can change one image besides the images it is built upon."""

    archive: tuple[tuple[str, int, str], ...]
    arguments: Mapping[str, str]
    bases: Mapping[str, str]
    parents: Mapping[str, str]
    platforms: tuple[str, ...]
    secrets: frozenset[str]
    attestations: tuple[str, ...]
    target: str
    syntax: str
    fingerprint_version: int


def builds(picture: Picture) -> dict[str, Build]:
    """What the build of every service's image sees, by service."""
    version = picture.manifests.workspace.fingerprint_version
    return {name: _build(plan, version) for name, plan in picture.images.items()}


def _build(plan: ImagePlan, version: int) -> Build:
    return Build(
        archive=tuple((file.path, file.mode, _blob(file)) for file in plan.context.files),
        arguments=dict(plan.arguments),
        bases={name: identity for name, (_, identity) in plan.bases.items()},
        parents=dict(plan.parents),
        platforms=plan.platforms,
        secrets=frozenset(plan.service.build_secrets),
        attestations=plan.attestations,
        target=plan.service.target,
        syntax=plan.syntax,
        fingerprint_version=version,
    )


def _blob(file: ContextFile) -> str:
    """The content as git names it, whether it came from git or was rendered."""
    header = f"blob {len(file.content)}\0".encode()
    return file.blob or hashlib.sha1(header + file.content).hexdigest()


def differing(before: Mapping[str, Build], after: Mapping[str, Build]) -> set[str]:
    """The image ids of services whose build, or whose parent's build, sees something else."""
    names = before.keys() | after.keys()
    found = {name for name in names if before.get(name) != after.get(name)}
    while more := {name for name in names - found if found & {*after[name].parents.values()}}:
        found |= more
    return {f"image:{name}" for name in found}
