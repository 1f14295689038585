"""The labels of a picture's images: where each comes from, and what it is made of."""

from __future__ import annotations

from datetime import UTC, datetime

from buildgraph.graph.fingerprints import labelled_parts
from buildgraph.graph.images import EPOCH
from buildgraph.graph.nodes import image_id
from buildgraph.image.labels import Origin, image_labels
from buildgraph.picture import Picture
from buildgraph.snapshot.git import Repository
from buildgraph.snapshot.history import origin_address


def labels_of(picture: Picture, repository: Repository, service: str) -> dict[str, str]:
    """The labels of a service's image that is built now from a picture of this repository."""
    graph = picture.graph
    has_date_of_its_own = EPOCH in picture.images[service].arguments
    origin = Origin(
        workspace=picture.manifests.workspace.name,
        service=service,
        commit=picture.commit_label,
        source=origin_address(repository),
        built=datetime.now(UTC).isoformat(timespec="seconds") if has_date_of_its_own else "",
    )
    parts = labelled_parts(graph.nodes[image_id(service)], graph.fingerprints)
    return image_labels(origin, picture.fingerprint(service), parts)
