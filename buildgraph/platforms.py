"""Which platform runs an environment's services, opened to read it or to change it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import Environment
from buildgraph.picture import Picture
from buildgraph.process import Runner, SystemRunner

if TYPE_CHECKING:
    from buildgraph.builder import Builder
    from buildgraph.coolify import CoolifyPlace
    from buildgraph.deploy import Platform
    from buildgraph.image.engine import Engine
    from buildgraph.kubernetes import Kubectl
    from buildgraph.manifests.site import Site
    from buildgraph.place.model import Place
    from buildgraph.place.secrets import Secrets

COOLIFY_DOES = "Coolify keeps and backs up databases itself, and cleans its servers; see docs/COOLIFY.md"


def platform_to_read(picture: Picture, environment: Environment) -> Platform:
    """The environment's platform for one who only reads it: without secrets or base images.

    ToolError when it does not answer.
    """
    if environment.kubernetes:
        return _kubernetes(picture, environment)
    from buildgraph.coolify import CoolifyPlatform
    from buildgraph.deploy import EnginePlatform
    from buildgraph.image.engine import open_engine
    from buildgraph.place.model import Place
    from buildgraph.place.secrets import Secrets

    manifests = picture.manifests
    if environment.coolify:
        return CoolifyPlatform(coolify_to_read(picture, environment))
    engine = open_engine(environment.engine)
    name = manifests.workspace.name
    return EnginePlatform(Place(engine, name, environment, {}, Secrets({}), manifests.services))


def platform_to_change(builder: Builder) -> Platform:
    """The platform of a builder's environment, with all that a deploy needs."""
    if builder.environment.kubernetes:
        return _kubernetes(builder.picture, builder.environment, builder)
    from buildgraph.coolify import CoolifyPlatform
    from buildgraph.deploy import EnginePlatform

    environment = builder.environment
    if environment.coolify:
        return CoolifyPlatform(
            _coolify_place(builder.picture, environment, builder.secrets, builder.project.site)
        )
    return EnginePlatform(engine_place(builder))


def coolify_to_read(picture: Picture, environment: Environment) -> CoolifyPlace:
    """An environment on its Coolify server for one who only reads it: without secrets."""
    from buildgraph.manifests.site import read_site
    from buildgraph.place.secrets import Secrets

    return _coolify_place(picture, environment, Secrets({}), read_site())


def _coolify_place(picture: Picture, environment: Environment, secrets: Secrets, site: Site) -> CoolifyPlace:
    """An environment on its Coolify server; this machine's engine is asked when it is needed, and not before."""
    from buildgraph.coolify import CoolifyPlace
    from buildgraph.coolify.place import TOKEN
    from buildgraph.image.engine import Engine
    from buildgraph.place.model import Place
    from buildgraph.place.secrets import Secrets

    manifests = picture.manifests
    place = Place(Engine(""), manifests.workspace.name, environment, {}, secrets, manifests.services)
    access = Secrets({TOKEN: os.environ.get(TOKEN, "")})
    return CoolifyPlace(place, access, site.ca)


def engine_place(builder: Builder) -> Place:
    """A builder's environment on its engine, for what only an engine can be asked.

    ConfigurationError for an environment whose services run elsewhere.
    """
    from buildgraph.place.model import Place

    environment, manifests = builder.environment, builder.picture.manifests
    if environment.coolify:
        where = f"manifests/environments/{environment.name}.toml: coolify"
        raise ConfigurationError.of(where, "this is asked of Docker engines only", COOLIFY_DOES)
    return Place(
        engine=_engine(builder),
        workspace=manifests.workspace.name,
        environment=environment,
        images=base_images(builder),
        secrets=builder.secrets,
        catalog=manifests.services,
    )


def _kubernetes(picture: Picture, environment: Environment, builder: Builder | None = None) -> Platform:
    """An environment on a cluster; without a builder, for one who only reads it."""
    from buildgraph.kubernetes import Cluster, KubernetesPlatform
    from buildgraph.place.model import Scene
    from buildgraph.place.secrets import Secrets

    runner = builder.project.runner if builder else SystemRunner()
    secrets = builder.secrets if builder else Secrets({})
    manifests = picture.manifests
    return KubernetesPlatform(
        Cluster(
            kubectl=kubectl_of(environment, runner),
            workspace=manifests.workspace.name,
            scene=Scene(environment, manifests.services),
            secrets=secrets,
            is_published=lambda image: _is_published(builder, image),
        )
    )


def kubectl_of(environment: Environment, runner: Runner) -> Kubectl:
    """kubectl as it reaches an environment's cluster from this machine."""
    from buildgraph.kubernetes import Kubectl
    from buildgraph.manifests.site import read_site

    declared = environment.kubernetes
    assert declared is not None  # nobody comes here for another environment
    file = read_site().kubeconfigs.get(declared.context)
    return Kubectl(runner, declared.context, declared.namespace, file)


def _is_published(builder: Builder | None, image: str) -> bool:
    """Whether an image's registry holds it; the building engine asks for us."""
    from buildgraph.image.engine import open_engine
    from buildgraph.image.registry import find_published

    return find_published(builder.engine if builder else open_engine(), image) is not None


def _engine(builder: Builder) -> Engine:
    from buildgraph.image.engine import open_engine

    address = builder.environment.engine
    return builder.engine if address == builder.address else open_engine(address)


def base_images(builder: Builder) -> dict[str, str]:
    """What an environment on an engine runs beside its services; ConfigurationError for what is not locked."""
    environment = builder.environment
    names = [environment.proxy_image, *(backing.image for backing in environment.backing)]
    return {name: builder.picture.base(name).pinned for name in names}
