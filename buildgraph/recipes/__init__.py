"""Recipes: what Dockerfiles build upon and copy, and what base images are here; nothing reads a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from buildgraph.lazy import offering

if TYPE_CHECKING:
    from buildgraph.recipes.bases import (
        Base,
        left_to_others,
        recipe_beginnings,
        recipe_named,
        resolve_base,
    )
    from buildgraph.recipes.dockerfile import (
        Dockerfile,
        parse_dockerfile,
    )
    from buildgraph.recipes.links import (
        CopiedLinks,
    )
    from buildgraph.recipes.window import (
        Window,
        ignore_files,
        parse_ignored,
    )

__all__ = [
    "Base",
    "CopiedLinks",
    "Dockerfile",
    "Window",
    "ignore_files",
    "left_to_others",
    "parse_dockerfile",
    "parse_ignored",
    "recipe_beginnings",
    "recipe_named",
    "resolve_base",
]

__getattr__ = offering(
    __name__,
    {
        "Base": "bases",
        "CopiedLinks": "links",
        "Dockerfile": "dockerfile",
        "Window": "window",
        "ignore_files": "window",
        "left_to_others": "bases",
        "parse_dockerfile": "dockerfile",
        "parse_ignored": "window",
        "recipe_beginnings": "bases",
        "recipe_named": "bases",
        "resolve_base": "bases",
    },
)
