"""Manifests: what the TOML files under `manifests/` say, as checked values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildgraph.lazy import offering

if TYPE_CHECKING:
    from buildgraph.manifests.model import (
        Manifests,
    )
    from buildgraph.manifests.parsing import (
        parse_manifests,
    )
    from buildgraph.manifests.presence import (
        check_against,
    )

__all__ = [
    "Manifests",
    "check_against",
    "parse_manifests",
]

__getattr__ = offering(
    __name__,
    {
        "Manifests": "model",
        "check_against": "presence",
        "parse_manifests": "parsing",
    },
)
