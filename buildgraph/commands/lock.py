"""The verb `lock`: who holds the deploy lock of a product, why and since when; takes one for people, releases one."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, table, tell
from buildgraph.durations import seconds
from buildgraph.errors import DONE, ConfigurationError, UnknownName
from buildgraph.harmless import on_one_line
from buildgraph.platforms import platform_to_read
from buildgraph.project import Project, open_project

if TYPE_CHECKING:
    from buildgraph.deploy import Platform
    from buildgraph.place.holding import Holding

HEADER = ("PRODUCT", "HELD BY", "REASON", "AGE")
SHARED = "(shared)"  # the short lock on what all products of an environment share


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `lock`."""
    parser.add_argument("product", nargs="?", default="", metavar="PRODUCT", help="only this product's")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--reason", metavar="TEXT", help="take the lock, so that nobody deploys until --release"
    )
    what.add_argument("--release", action="store_true", help="take the lock from whoever holds it")
    add_environment(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print, take or release locks; returns the exit code."""
    project = open_project(Path.cwd())
    if options.reason is None and not options.release:
        answer(_told(project, options))
        return DONE
    if not options.product:
        raise ConfigurationError.of("lock", "names no product", "write `buildgraph lock PRODUCT …`")
    if options.release:
        _release(project, options)
    else:
        _keep(project, options)
    return DONE


def _told(project: Project, options: argparse.Namespace) -> str:
    found = _read(_platform(project, options), options.product)
    if options.format == "json":
        return as_json({"format": 1, "environment": options.env, "locks": [_as_dict(held) for held in found]})
    return table([_row(held) for held in found], HEADER) if found else "nobody holds a lock"


def _platform(project: Project, options: argparse.Namespace) -> Platform:
    picture = project.working_picture()
    return platform_to_read(picture, picture.environment(options.env))


def _read(platform: Platform, product: str) -> list[Holding]:
    """The locks that are held here, or that of one product."""
    found = platform.locks()
    known = {service.product for service in platform.scene.catalog} | {held.product for held in found}
    if product and product not in known:
        raise UnknownName("product", product, known - {""})
    return [held for held in found if product in ("", held.product)]


def _keep(project: Project, options: argparse.Namespace) -> None:
    """Hold the lock for a person: with the base images, for the lock is a container of one."""
    from buildgraph.chain import open_chain

    platform = open_chain(project, options.env).deployer.platform
    _read(platform, options.product)
    platform.keep_lock(options.product, options.reason, tell)
    tell(
        f"{options.product} is locked in {options.env}: `buildgraph lock {options.product} --release` ends it"
    )


def _release(project: Project, options: argparse.Namespace) -> None:
    platform = _platform(project, options)
    found = _read(platform, options.product)
    if not found:
        tell(f"nobody holds the lock of {options.product}")
    for held in found:
        platform.release_lock(held)
        tell(f"{held.product}: released, it was held by {held.whose}")


def _row(held: Holding) -> tuple[str, ...]:
    told = (held.product or SHARED, held.holder, held.reason, seconds(held.age))
    return tuple(map(on_one_line, told))


def _as_dict(held: Holding) -> dict[str, Any]:
    return {name: value for name, value in asdict(held).items() if name != "handle"}
