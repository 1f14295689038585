"""Refuses a run for which secrets or base images are missing, before anything starts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from buildgraph.chain import Chain
from buildgraph.obstacles import refuse_unready_bases
from buildgraph.platforms import base_images
from buildgraph.promotion import Promotion
from buildgraph.refusals import Terms

OF_CONTAINERS: Final = ("deploy", "migrate")  # the tasks that start containers after builds


def refuse_unready(chain: Chain, tasks: Iterable[str], terms: Terms) -> None:
    """Refuse what these tasks come to need and nobody has: secrets, and bases of images that are to be built."""
    wanted = list(tasks)
    refuse_missing_secrets(chain, wanted, terms)
    on_engine = not (chain.environment.coolify or chain.environment.kubernetes)
    if on_engine and any(task.startswith(OF_CONTAINERS) for task in wanted):
        base_images(chain.builder)
    built = {name for phase, _, name in (task.partition(":") for task in wanted) if phase == "build"}
    refuse_unready_bases(chain.builder, (service.name for service in chain.services if service.name in built))


def refuse_missing_secrets(chain: Chain, tasks: Iterable[str], terms: Terms) -> None:
    """ConfigurationError that names every secret that these tasks come to need and nobody tells; who needs it, too.

    An image that is there needs none for its build; what is promoted needs those of the manifests that it was released
    with. ToolError when a command that tells secrets fails, or who runs such a release does not answer.
    """
    told = [task.partition(":") for task in tasks]
    needed: dict[str, tuple[str, ...]] = _of_builds(
        chain, {name for phase, _, name in told if phase == "build"}
    )
    products = {name for phase, _, name in told if phase in OF_CONTAINERS and name}
    if products:
        needed |= _of_containers(chain, products)
    needed |= _of_promotions(chain, {name for phase, _, name in told if phase == "promote" and name}, terms)
    if any(needed.values()):
        from buildgraph.place.secrets import refuse_missing

        refuse_missing(needed, chain.environment, chain.builder.secrets)


def _of_builds(chain: Chain, names: set[str]) -> dict[str, tuple[str, ...]]:
    from buildgraph.place.secrets import build_needs

    seeing = [service for service in chain.services if service.name in names and service.build_secrets]
    return build_needs(service for service in seeing if not chain.builder.where_built(service.name))


def _of_containers(chain: Chain, products: set[str]) -> dict[str, tuple[str, ...]]:
    from buildgraph.place.secrets import needed_secrets

    return {
        service.name: needed_secrets(service, chain.environment)
        for service in chain.services
        if service.product in products and service.deployed
    }


def _of_promotions(chain: Chain, products: set[str], terms: Terms) -> dict[str, tuple[str, ...]]:
    """Images are copied and signed before a promotion's containers are given anything, so it is looked at here."""
    from buildgraph.place.secrets import needed_secrets

    released = [Promotion(chain.deployer, product, terms).release for product in sorted(products)]
    return {
        part.service.name: needed_secrets(part.service, chain.environment)
        for release in released
        for part in release.services
    }
