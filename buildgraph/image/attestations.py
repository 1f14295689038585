"""What a builder attests of the images that it makes, and whether the engine's store of images can keep it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildgraph.errors import ConfigurationError
from buildgraph.image.engine import Engine

WHERE: Final = "manifests/workspace.toml: attestations"
WAY_OUT: Final = (
    'have it keep images in containerd (`"features": {"containerd-snapshotter": true}` in its daemon.json, Docker 25 '
    "and newer), build on another engine, or leave `attestations` out"
)


def check_attestations(engine: Engine, wanted: Iterable[str]) -> None:
    """ConfigurationError when the engine's store would drop what is attested: its classic one keeps images alone."""
    if tuple(wanted) and not engine.keeps_several:
        raise ConfigurationError.of(
            WHERE,
            f"the engine {engine.line.where} cannot keep them: its image store is the classic one",
            WAY_OUT,
        )
