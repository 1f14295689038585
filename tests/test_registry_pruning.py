"""Who else uses a registry, and what they need of it, however its name is written."""

from __future__ import annotations

import pytest

from buildgraph.manifests.model import Environment
from buildgraph.registry_pruning import digests_of, sharing


@pytest.mark.parametrize(
    ("one", "other"), [("acme", "docker.io/acme"), ("docker.io/acme/", "acme"), ("ghcr.io/a/", "ghcr.io/a")]
)
def test_a_registry_that_is_written_otherwise_is_the_same_one(one: str, other: str) -> None:
    """Pitfall 61: what any environment needs stays."""
    environments = [
        Environment("staging", registry=other),
        Environment("local"),
        Environment("x", registry="y"),
    ]

    assert [found.name for found in sharing(environments, one)] == ["staging"]
    assert digests_of({f"{other.strip('/')}/api@sha256:1": "staging"}, f"{one.strip('/')}/api") == {
        "sha256:1": "staging"
    }


def test_other_images_and_references_without_a_digest_are_not_meant() -> None:
    references = {
        "acme/apix@sha256:1": "a",
        "ghcr.io/acme/api@sha256:2": "b",
        "acme/api": "c",
        "sha256:3": "d",
    }

    assert digests_of(references, "acme/api") == {}
