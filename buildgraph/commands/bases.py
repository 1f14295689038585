"""The verb `bases`: the base images that Dockerfiles and environments name, and what each is locked to."""

from __future__ import annotations

import argparse
from pathlib import Path

from buildgraph.commands.options import add_format, as_json
from buildgraph.console import answer, table, tell
from buildgraph.errors import DONE, BuildgraphError, ConfigurationError
from buildgraph.inside import place_inside
from buildgraph.picture import Picture
from buildgraph.project import Project, open_project
from buildgraph.wholeness import write_whole

LOCK = "manifests/bases.toml"
HEADING = "# Base images locked by digest; `buildgraph bases --update` writes this file.\n[digests]\n"


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `bases`."""
    parser.add_argument("--update", action="store_true", help="ask the registries and write the lock")
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the base images, or lock them anew; returns the exit code."""
    project = open_project(Path.cwd())
    picture = project.working_picture()
    names = named_bases(picture)
    if options.update:
        write_lock(project, ask_digests(picture, names))
        return DONE
    rows = [(name, *_state(picture, name)) for name in names]
    if options.format == "json":
        keys = ("reference", "identity", "pinned")
        answer(as_json({"format": 1, "bases": [dict(zip(keys, row, strict=True)) for row in rows]}))
    else:
        answer(table(rows))
    return DONE


def named_bases(picture: Picture) -> list[str]:
    """Every external image that a service's Dockerfile or an environment names, sorted."""
    built_upon = {name for plan in picture.images.values() for name in plan.bases}
    run_as_is = {backing.image for env in picture.manifests.environments for backing in env.backing}
    proxies = {environment.proxy_image for environment in picture.manifests.environments}
    return sorted(built_upon | run_as_is | proxies)


def ask_digests(picture: Picture, names: list[str]) -> dict[str, str]:
    """The digest each name has in its registry now; ToolError when a registry gives no answer."""
    from buildgraph.image.engine import open_engine
    from buildgraph.image.registry import find_published

    engine = open_engine()
    found: dict[str, str] = {}
    for name in names:
        published = find_published(engine, name)
        if published is None:
            raise ConfigurationError.of("", f"no registry has the base image {name}", "mend its name")
        found[name] = published.digest
        before = picture.manifests.bases.get(name)
        tell(
            f"{name}  {published.digest}"
            + ("" if before == published.digest else f"  (was {before or 'not locked'})")
        )
    return found


def write_lock(project: Project, digests: dict[str, str]) -> None:
    """Write the lock into the project, sorted, so that a change is a diff of one line."""
    lines = [f'"{name}" = "{digest}"\n' for name, digest in sorted(digests.items())]
    file = place_inside(project.folder, LOCK)
    file.parent.mkdir(exist_ok=True)
    try:
        write_whole(file, (HEADING + "".join(lines)).encode(), project.cache_folder())
    except OSError as error:
        raise ConfigurationError.of(str(LOCK), f"cannot be written: {error.strerror}") from error
    tell(f"wrote {LOCK}: commit it")


def _state(picture: Picture, name: str) -> tuple[str, str]:
    try:
        base = picture.base(name)
    except BuildgraphError:
        return "not locked", ""
    return base.identity, base.pinned
