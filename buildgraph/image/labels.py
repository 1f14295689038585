"""The labels of an image: OCI's own, and what it was made of in coarse parts, so that it can explain itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from buildgraph.errors import StepFailed
from buildgraph.graph.nodes import Part

BUILT = "buildgraph.built"
TOOL = "tool"  # the kind of parts that tell by which version of what an image was made
MOVE_BACK = "somebody has moved a tag: move its tag back, or remove that, and run the same again"
SHOWN = 16  # characters of a part's digest
FINGERPRINT, PARTS, WORKSPACE, SERVICE = (
    "buildgraph.fingerprint",
    "buildgraph.parts",
    "buildgraph.workspace",
    "buildgraph.service",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an image comes from: workspace, service, commit (`-dirty` when edits are in it), the repository.

    `built` is when (RFC 3339), for an image whose own date says something else; "" for others.
    """

    workspace: str
    service: str
    commit: str
    source: str = ""
    built: str = ""


def image_labels(origin: Origin, fingerprint: str, parts: Iterable[Part]) -> dict[str, str]:
    """Labels of an image: `org.opencontainers.image.*` (OCI image spec, annotations) and our own."""
    return {
        "org.opencontainers.image.title": origin.service,
        "org.opencontainers.image.revision": origin.commit,
        "org.opencontainers.image.version": fingerprint,
        **({"org.opencontainers.image.source": origin.source} if origin.source else {}),
        WORKSPACE: origin.workspace,
        SERVICE: origin.service,
        FINGERPRINT: fingerprint,
        BUILT: origin.built,  # also where it is empty: an image has the labels of what it is built upon
        PARTS: json.dumps(
            [[part.kind, part.name, part.digest[:SHOWN]] for part in parts], separators=(",", ":")
        ),
    }


def confirm_made_as(fingerprint: str, labels: Mapping[str, str], image: str) -> None:
    """StepFailed for an image that says of itself that it was made as another one than is known of it, if anything is.

    A tag is whoever's who may write to the registry: moved by hand, it would have another version run as this one.
    """
    told = labels.get(FINGERPRINT)
    if told and fingerprint and told != fingerprint:
        what = f"says of itself that it was made as {told}, and stands for {fingerprint}"
        raise StepFailed(image, what, MOVE_BACK)


def tools_in(labels: Mapping[str, str]) -> dict[str, str]:
    """The numbers by which an image was made, by name, as its labels tell; none where they are not ours."""
    try:
        parts = json.loads(labels.get(PARTS) or "[]")
        return {str(name): str(digest) for kind, name, digest in parts if kind == TOOL}
    except (ValueError, TypeError, RecursionError):
        return {}


def built_at(labels: Mapping[str, str] | None) -> str:
    """When an image was built (RFC 3339), as its label says; "" where its own date does, or the label is no moment."""
    told = str((labels or {}).get(BUILT) or "")
    try:
        datetime.fromisoformat(told)
    except ValueError:
        return ""
    return told
