"""The verb `bases`: the base images that Dockerfiles and environments name, and what each is locked to."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from buildgraph.commands.options import add_format, as_json
from buildgraph.console import answer, table, tell
from buildgraph.errors import (
    DONE,
    FAILED,
    BuildgraphError,
    ConfigurationError,
    Mistake,
    ToolError,
    unwritable,
)
from buildgraph.graph.nodes import image_id
from buildgraph.inside import place_inside
from buildgraph.order import closure
from buildgraph.picture import Picture
from buildgraph.project import Project, open_project
from buildgraph.recipes.references import parse_reference
from buildgraph.wholeness import write_whole

LOCK = "manifests/bases.toml"
HEADING = "# Base images locked by digest; `buildgraph bases --update` writes this file.\n[digests]\n"
MEND = "mend its name, or log in: `docker login` says to whom we are known"
LEFT = (
    "has ONBUILD lines: what they copy counts for no image; where the Dockerfile of a service has a `context` "
    "name it in the service's `inputs` ({})"
)
UPDATE = "`buildgraph bases --update` locks what the registries have now"


@dataclass(frozen=True, slots=True)
class Relock:
    """A base image, what it is locked to ("": not at all) and what its registry has now ("": nobody names it any more).

    `images` are the services whose images another digest affects, `environments` those that run it as it is.
    """

    reference: str
    locked: str
    standing: str
    images: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()

    @property
    def is_stale(self) -> bool:
        """Whether the lock says something else than the registry of an image that is named."""
        return bool(self.standing) and self.locked != self.standing


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `bases`."""
    asking = parser.add_mutually_exclusive_group()
    asking.add_argument("--update", action="store_true", help="ask the registries and write the lock")
    asking.add_argument(
        "--check",
        action="store_true",
        help="ask the registries; exit code 1 when a lock is not what they have",
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the base images, hold their locks against the registries, or lock them anew; returns the exit code."""
    project = open_project(Path.cwd())
    picture = project.working_picture()
    if not (options.update or options.check):
        return _list(picture, as_data=options.format == "json")
    found = find_relocks(picture)
    _tell_relocks(found, as_data=options.format == "json")
    is_stale = any(relock.is_stale for relock in found)
    if options.update:
        _tell_left(found)
        write_lock(project, {relock.reference: relock.standing for relock in found if relock.standing})
        return DONE
    tell(UPDATE if is_stale else "every lock is what its registry has")
    return FAILED if is_stale else DONE


def named_bases(picture: Picture) -> list[str]:
    """Every external image that a service's Dockerfile or an environment names, sorted."""
    built_upon = {name for plan in picture.images.values() for name in plan.bases}
    return sorted(built_upon | {name for environment in _run_as_is(picture).values() for name in environment})


def is_known(picture: Picture, name: str) -> bool:
    """Whether it is known what a base image is on this machine: it is locked, or a stand-in takes its place."""
    return bool(_state(picture, name)[1])


def find_relocks(picture: Picture) -> list[Relock]:
    """Every base image that is named or locked, with its lock and its registry's word, sorted.

    ConfigurationError for all that no registry has, ToolError when one gives no answer.
    """
    locked = picture.manifests.bases
    standing = ask_digests(named_bases(picture))
    return [
        _relock(picture, name, locked.get(name, ""), standing.get(name, ""))
        for name in sorted({*locked, *standing})
    ]


def ask_digests(names: Iterable[str]) -> dict[str, str]:
    """The digest each name has in its registry now."""
    from buildgraph.image.engine import open_engine
    from buildgraph.image.registry import find_published

    engine = open_engine()
    found = {name: find_published(engine, name) for name in names}
    missing = [name for name, published in found.items() if published is None]
    if missing:
        raise ConfigurationError(
            Mistake("", f"no registry has the base image {name}", MEND) for name in missing
        )
    return {name: published.digest for name, published in found.items() if published}


def write_lock(project: Project, digests: dict[str, str]) -> None:
    """Write the lock into the project, sorted, so that a change is a diff of one line."""
    lines = [f'"{name}" = "{digest}"\n' for name, digest in sorted(digests.items())]
    file = place_inside(project.folder, LOCK)
    content = HEADING + "".join(lines)
    try:
        if file.exists() and file.read_text() == content:
            tell(f"{LOCK} says so already")
            return
        file.parent.mkdir(exist_ok=True)
        write_whole(file, content.encode(), project.cache_folder())
    except OSError as error:
        raise unwritable(LOCK, error) from error
    tell(f"wrote {LOCK}: commit it")


def _tell_left(found: Iterable[Relock]) -> None:
    """Tell of bases that leave something to be done in what is built upon them, as nobody sees what that copies."""
    from buildgraph.image.registry_content import Registry

    beyond: set[str] = set()  # registries that the engine may reach, and this process does not
    for relock in found:
        wanted = parse_reference(relock.reference)
        if not relock.images or wanted.registry in beyond:
            continue
        try:
            left = Registry(wanted.registry).triggers(wanted.repository, relock.standing)
        except ToolError:
            beyond.add(wanted.registry)
        else:
            if left:
                tell(f"{relock.reference} {LEFT.format(', '.join(relock.images))}")


def _relock(picture: Picture, name: str, locked: str, standing: str) -> Relock:
    """A base with what another digest of it reaches: images that name it, those built upon them, and environments."""
    naming = [image_id(service) for service, plan in picture.images.items() if name in plan.bases]
    reached = closure(picture.graph.dependents, naming)
    images = sorted(node.removeprefix("image:") for node in reached if node.startswith("image:"))
    running = [environment for environment, names in _run_as_is(picture).items() if name in names]
    return Relock(name, locked, standing, tuple(images), tuple(running))


def _run_as_is(picture: Picture) -> dict[str, set[str]]:
    """The images that environments run without building upon them."""
    return {
        environment.name: {environment.proxy_image, *(backing.image for backing in environment.backing)}
        for environment in picture.manifests.environments
    }


def _tell_relocks(found: Sequence[Relock], *, as_data: bool) -> None:
    if as_data:
        answer(as_json({"format": 1, "bases": [_as_dict(relock) for relock in found]}))
    else:
        answer("\n".join(line for relock in found for line in _lines(relock)))


def _lines(relock: Relock) -> Iterable[str]:
    """A base as a difference is read: what goes, what comes, and what that reaches."""
    if relock.locked == relock.standing:
        yield f"  {relock.reference}  {relock.standing}"
        return
    if relock.locked:
        yield f"- {relock.reference}  {relock.locked}"
    if not relock.standing:
        yield "    nothing names it any more"
        return
    yield f"+ {relock.reference}  {relock.standing}"
    if relock.images:
        yield f"    affects the images of {', '.join(relock.images)}"
    if relock.environments:
        yield f"    runs as it is in {', '.join(relock.environments)}"


def _as_dict(relock: Relock) -> dict[str, Any]:
    return {
        "reference": relock.reference,
        "locked": relock.locked,
        "published": relock.standing,
        "stale": relock.is_stale,
        "images": list(relock.images),
        "environments": list(relock.environments),
    }


def _list(picture: Picture, *, as_data: bool) -> int:
    rows = [(name, *_state(picture, name)) for name in named_bases(picture)]
    if as_data:
        keys = ("reference", "identity", "pinned")
        answer(as_json({"format": 1, "bases": [dict(zip(keys, row, strict=True)) for row in rows]}))
    else:
        answer(table(rows))
    return DONE


def _state(picture: Picture, name: str) -> tuple[str, str]:
    try:
        base = picture.base(name)
    except BuildgraphError:
        return "not locked", ""
    return base.identity, base.pinned
