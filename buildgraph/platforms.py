"""Which platform runs an environment's services, opened to read it or to change it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from buildgraph.manifests.model import Environment
from buildgraph.picture import Picture

if TYPE_CHECKING:
    from buildgraph.builder import Builder
    from buildgraph.deploy import Place, Platform
    from buildgraph.image.engine import Engine


def platform_to_read(picture: Picture, environment: Environment) -> Platform:
    """The environment's platform for one who only reads it: without secrets or base images.

    ToolError when it does not answer.
    """
    from buildgraph.deploy import EnginePlatform, Place, Secrets
    from buildgraph.image.engine import open_engine

    manifests = picture.manifests
    engine = open_engine(environment.engine)
    name = manifests.workspace.name
    return EnginePlatform(Place(engine, name, environment, {}, Secrets({}), manifests.services))


def platform_to_change(builder: Builder) -> Platform:
    """The platform of a builder's environment, with all that a deploy needs."""
    from buildgraph.deploy import EnginePlatform

    return EnginePlatform(engine_place(builder))


def engine_place(builder: Builder) -> Place:
    """A builder's environment on its engine, for what only an engine can be asked."""
    from buildgraph.deploy import Place, read_secrets

    environment, manifests = builder.environment, builder.picture.manifests
    return Place(
        engine=_engine(builder),
        workspace=manifests.workspace.name,
        environment=environment,
        images=_base_images(builder),
        secrets=read_secrets(builder.project.folder, environment, os.environ),
        catalog=manifests.services,
    )


def _engine(builder: Builder) -> Engine:
    from buildgraph.image.engine import open_engine

    address = builder.environment.engine
    return builder.engine if address == builder.address else open_engine(address)


def _base_images(builder: Builder) -> dict[str, str]:
    environment = builder.environment
    names = [environment.proxy_image, *(backing.image for backing in environment.backing)]
    return {name: builder.picture.base(name).pinned for name in names}
