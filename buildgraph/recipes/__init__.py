"""Recipes: what Dockerfiles build upon and copy, and what base images are here; nothing reads a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildgraph.lazy import offering

if TYPE_CHECKING:
    from buildgraph.recipes.bases import (
        Base,
        resolve_base,
    )
    from buildgraph.recipes.dockerfile import (
        Dockerfile,
        parse_dockerfile,
    )

__all__ = [
    "Base",
    "Dockerfile",
    "parse_dockerfile",
    "resolve_base",
]

__getattr__ = offering(
    __name__,
    {
        "Base": "bases",
        "Dockerfile": "dockerfile",
        "parse_dockerfile": "dockerfile",
        "resolve_base": "bases",
    },
)
