"""Services as compose files: a second door for people without this tool, and for Coolify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from buildgraph.manifests.model import Manifests
from buildgraph.render.compose.dev import TRAEFIK, render_dev
from buildgraph.render.compose.prod import render_prod
from buildgraph.render.compose.stack import Stack
from buildgraph.render.compose.taken import check_names
from buildgraph.render.compose.words import DATABASES, migration_name
from buildgraph.servers import POSTGRES, REDIS

OURS: Final = (POSTGRES, DATABASES, REDIS, TRAEFIK)
FILES = {
    "development": ("docker/compose.dev.yml", render_dev),
    "production": ("docker/compose.prod.yml", render_prod),
}


def render_compose(manifests: Manifests) -> Mapping[str, str]:
    """A file for each of the environments `development` and `production` that is there.

    ConfigurationError when a service is called like a container that a file has beside the services.
    """
    check_names(manifests, _taken(manifests))
    found: dict[str, str] = {}
    for environment in manifests.environments:
        if environment.name in FILES:
            path, render = FILES[environment.name]
            found[path] = render(Stack(manifests, environment))
    return found


def _taken(manifests: Manifests) -> set[str]:
    return {*OURS, *(migration_name(service) for service in manifests.services if service.migration)}


__all__ = ["Stack", "render_compose", "render_dev", "render_prod"]
