"""Services as compose files: a second door for people without this tool, and for Coolify."""

from __future__ import annotations

from collections.abc import Mapping

from buildgraph.manifests.model import Manifests
from buildgraph.render.compose.dev import render_dev
from buildgraph.render.compose.prod import render_prod
from buildgraph.render.compose.stack import Stack

FILES = {
    "development": ("docker/compose.dev.yml", render_dev),
    "production": ("docker/compose.prod.yml", render_prod),
}


def render_compose(manifests: Manifests) -> Mapping[str, str]:
    """A file for each of the environments `development` and `production` that is there."""
    found: dict[str, str] = {}
    for environment in manifests.environments:
        if environment.name in FILES:
            path, render = FILES[environment.name]
            found[path] = render(Stack(manifests, environment))
    return found


__all__ = ["Stack", "render_compose", "render_dev", "render_prod"]
