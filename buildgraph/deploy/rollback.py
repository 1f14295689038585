"""A release as something to deploy again: its targets, its place, and what speaks against it; it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from buildgraph.deploy.releases import Release, ReleasedService, breaks
from buildgraph.errors import ConfigurationError, Mistake
from buildgraph.graph.deployments import deployment_id, deployment_nodes
from buildgraph.graph.fingerprints import combine_parts, labelled_parts
from buildgraph.graph.nodes import image_id
from buildgraph.image.registry import find_published
from buildgraph.manifests.model import Manifests, Product, Service, WorkspaceManifest
from buildgraph.place.model import Place, Scene, Target

AGAIN = "`git checkout {commit}` and `deploy:{product}` builds and deploys it again"


def released_scene(scene: Scene, release: Release) -> Scene:
    """The environment with the values that the release had, and the product's services as they were.

    Addresses of other services stay those of today, for these run as they do today.
    """
    names = {found.service.name for found in release.services}
    others = (s for s in scene.catalog if s.product != release.product and s.name not in names)
    catalog = (*others, *(found.service for found in release.services))
    return Scene(replace(scene.environment, values=dict(release.values)), catalog)


def released_targets(scene: Scene, release: Release) -> tuple[Target, ...]:
    """What the services of a release shall run, in its scene (see `released_scene`).

    Their migrations have run; they are not run again and never taken back.
    """
    found = (released_target(scene, part, release.commit) for part in release.services)
    return tuple(replace(target, service=replace(target.service, migration=None)) for target in found)


def released_target(scene: Scene, found: ReleasedService, commit: str) -> Target:
    """One service of a release as it shall run in a scene; the fingerprint is that of what it is given there."""
    return Target(
        service=found.service,
        image=found.image,
        image_fingerprint=found.image_fingerprint,
        fingerprint=deployment_fingerprint(scene, found.service, found.image_fingerprint),
        commit=commit,
    )


def deployment_fingerprint(scene: Scene, service: Service, image_fingerprint: str) -> str:
    """The fingerprint of a service's deployment, as the graph works it out for the working tree."""
    products = (Product(service.product, scene.catalog),)
    nodes = deployment_nodes(Manifests(WorkspaceManifest(""), products, (scene.environment,)))
    wanted = deployment_id(scene.environment.name, service.name)
    node = next(node for node in nodes if node.id == wanted)
    return combine_parts(labelled_parts(node, {image_id(service.name): image_fingerprint}))


def refuse_breaking(running: Release | None, chosen: Release) -> None:
    """ConfigurationError when what runs is marked as breaking beyond the chosen release."""
    if running is None or not breaks(chosen, running):
        return
    raise ConfigurationError.of(
        f"rollback:{chosen.product}",
        f"{chosen.name} is older than a release marked as breaking: it cannot work with today's data",
        "`force=yes` does it all the same; else deploy a version that can",
    )


def refuse_missing_images(release: Release, has_image: Callable[[str], bool]) -> None:
    """ConfigurationError that names every image of a release that cannot be had any more."""
    gone = [found for found in release.services if not has_image(found.image)]
    if gone:
        way_out = AGAIN.format(commit=release.commit.removesuffix("-dirty"), product=release.product)
        raise ConfigurationError(
            Mistake(
                f"release {release.name}",
                f"the image of {found.service.name} is gone: {found.image}",
                way_out,
            )
            for found in gone
        )


def has_image(place: Place, image: str) -> bool:
    """Whether an image can be run: the engine holds it, or its registry does."""
    if place.engine.has_image(image):
        return True
    return "@" in image and find_published(place.engine, image) is not None
