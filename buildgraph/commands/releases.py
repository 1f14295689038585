"""The verb `releases`: what ran in an environment, verified: when, how it came, from which commit, by whom."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, short_commit, table
from buildgraph.errors import DONE, UnknownName, first_line
from buildgraph.harmless import on_one_line
from buildgraph.platforms import platform_to_read
from buildgraph.project import open_project

if TYPE_CHECKING:
    from buildgraph.deploy import Platform, Release
    from buildgraph.place.audit import Event

HEADER = ("RELEASE", "RUNS", "WHEN", "HOW", "COMMIT", "BY", "SERVICES")
EVENTS_HEADER = ("WHEN", "EVENT", "PRODUCT", "RELEASE", "COMMIT", "BY", "DETAIL")


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `releases`."""
    parser.add_argument("product", nargs="?", default="", metavar="PRODUCT", help="only this product's")
    parser.add_argument(
        "--events", action="store_true", help="the audit log: all that was done, failures too"
    )
    add_environment(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the releases, or the events; returns the exit code."""
    picture = open_project(Path.cwd()).working_picture()
    platform = platform_to_read(picture, picture.environment(options.env))
    declared = [product.name for product in picture.manifests.products]
    tell = _tell_events if options.events else _tell_releases
    answer(tell(platform, options, declared))
    return DONE


def _tell_releases(platform: Platform, options: argparse.Namespace, declared: list[str]) -> str:
    from buildgraph.deploy import built_as, find_running, versions_of

    history = platform.history()
    _check_product(options.product, [*declared, *history])
    now = platform.running()
    found = [r for product, kept in history.items() for r in kept if options.product in ("", product)]
    running = {
        r.name
        for name, kept in history.items()
        if (r := find_running(versions_of(now, name), built_as(now, kept)))
    }
    if options.format == "json":
        told = [_as_dict(release, running) for release in found]
        return as_json({"format": 1, "environment": options.env, "releases": told})
    return table([_row(release, running) for release in found], HEADER) if found else "no release is recorded"


def _tell_events(platform: Platform, options: argparse.Namespace, declared: list[str]) -> str:
    events = platform.events(options.product)
    _check_product(options.product, [*declared, *(event.product for event in events)])
    if options.format == "json":
        return as_json(
            {"format": 1, "environment": options.env, "events": [asdict(event) for event in events]}
        )
    return (
        table([_event_row(event) for event in events], EVENTS_HEADER) if events else "nothing was done here"
    )


def _check_product(name: str, known: Iterable[str]) -> None:
    if name and name not in known:
        raise UnknownName("product", name, known)


def _row(release: Release, running: Collection[str]) -> tuple[str, ...]:
    how = f"{release.kind} of {release.origin}" if release.origin else release.kind
    told = (
        release.name,
        "yes" if release.name in running else "",
        _to_the_second(release.at),
        f"{how}, breaking" if release.is_breaking else how,
        short_commit(release.commit),
        release.who,
        release.unreadable or ", ".join(release.versions),
    )
    return tuple(map(on_one_line, told))


def _as_dict(release: Release, running: Collection[str]) -> dict[str, Any]:
    return {
        "name": release.name,
        "product": release.product,
        "running": release.name in running,
        "at": release.at,
        "kind": release.kind,
        "origin": release.origin or None,
        "breaking": release.is_breaking,
        "commit": release.commit,
        "who": release.who,
        "unreadable": release.unreadable or None,
        "services": [
            {
                "service": found.service.name,
                "image": found.image,
                "image_fingerprint": found.image_fingerprint,
                "fingerprint": found.fingerprint,
            }
            for found in release.services
        ],
    }


def _event_row(event: Event) -> tuple[str, ...]:
    told = (
        _to_the_second(event.at),
        event.kind,
        event.product,
        event.release,
        short_commit(event.commit),
        event.who,
        first_line(event.detail),
    )
    return tuple(map(on_one_line, told))


def _to_the_second(moment: str) -> str:
    """A UTC time in ISO 8601 as people read it."""
    return f"{moment[:19]}Z" if moment else ""
