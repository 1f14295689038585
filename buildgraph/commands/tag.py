"""The verb `tag`: further names, in a registry, for the image that it holds of the working tree's very fingerprint."""

from __future__ import annotations

import argparse
from pathlib import Path

from buildgraph.chain import Chain, open_chain
from buildgraph.commands.options import add_environment
from buildgraph.console import tell
from buildgraph.errors import DONE, ConfigurationError, Mistake, StepFailed
from buildgraph.plan.steps import registry_reference
from buildgraph.project import open_project


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `tag`."""
    parser.add_argument("service", metavar="SERVICE", help="the service whose image gets them")
    parser.add_argument(
        "tags",
        nargs="+",
        metavar="TAG",
        help="a name such as v1.2.0 or main; the image's repository may stand before it",
    )
    add_environment(parser)


def run(options: argparse.Namespace) -> int:
    """Have the registry name the image so, and read every name back; returns the exit code.

    ConfigurationError tells all names that cannot be, before any is given.
    """
    from buildgraph.image.copying import way_to_name
    from buildgraph.image.naming import tag_mistakes
    from buildgraph.image.registry import find_published

    chain = open_chain(open_project(Path.cwd()), options.env)
    chain.picture.service(options.service)
    tags = [tag.rpartition(":")[2] for tag in options.tags]
    if mistakes := [*tag_mistakes(tags), *_misplaced(chain, options)]:
        raise ConfigurationError(mistakes)
    chain.builder.where_pushed(options.service)  # an environment without a registry is told
    image = chain.builder.deployable(options.service)
    name, _, digest = image.partition("@")
    give = way_to_name(chain.builder.engine, chain.builder.project.runner, image)
    for tag in tags:
        give(tag)
    for tag in tags:
        found = find_published(chain.builder.engine, f"{name}:{tag}")
        if found is None or found.digest != digest:
            stands = found.digest if found else "nothing"
            raise StepFailed(f"tag:{options.service}", f"{name}:{tag} names {stands}, not {digest}")
        tell(f"{name}:{tag} names {digest}")
    return DONE


def _misplaced(chain: Chain, options: argparse.Namespace) -> list[Mistake]:
    """Names in other repositories; an environment without a registry has none, which is told by itself."""
    from buildgraph.image.naming import place_mistakes

    registry = chain.environment.registry
    image = registry_reference(registry, options.service, "").rstrip(":")
    return place_mistakes(options.tags, image) if registry else []
