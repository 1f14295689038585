"""The verb `prune`: former versions and images that nobody needs any more go; no data of an environment does."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from buildgraph.chain import Chain, open_chain
from buildgraph.commands.options import add_environment, add_format, as_json
from buildgraph.console import answer, table
from buildgraph.errors import DONE, BuildgraphError
from buildgraph.needs import Needed, branch_needs
from buildgraph.plan.steps import local_reference, registry_reference
from buildgraph.project import Project, open_project
from buildgraph.registry_pruning import Pruning, TaggedImage

if TYPE_CHECKING:
    from buildgraph.deploy import Verdict

DAYS: Final = 14  # another branch's images stay this long
STORE_DAY: Final = 86400  # seconds: a build that runs may still read what it saw of edited files
MEGABYTE: Final = 1e6


class Fate(NamedTuple):
    """What becomes of a thing (colour, image, files), and why."""

    kind: str
    name: str
    fate: str
    why: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `prune`."""
    parser.add_argument("--dry-run", action="store_true", help="only tell what would go, and what stays")
    parser.add_argument(
        "--days",
        type=float,
        default=DAYS,
        metavar="N",
        help=f"keep all images younger than this (default: {DAYS})",
    )
    add_environment(parser)
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Remove what is not needed, or tell it; returns the exit code."""
    project = open_project(Path.cwd())
    chain = open_chain(project, options.env)
    branches = branch_needs(project)
    fates = [
        *_prune_colours(chain, options.dry_run),
        *_prune_images(chain, branches, options.days, options.dry_run),
        *_prune_files(project, options.dry_run),
    ]
    problem = _prune_registry(chain, branches, options, fates)
    shown = [fate for fate in fates if options.dry_run or fate.fate != "kept"]
    if options.format == "json":
        told = [fate._asdict() for fate in shown]
        answer(as_json({"format": 1, "environment": options.env, "dry_run": options.dry_run, "things": told}))
    else:
        answer(table([(fate.fate, fate.kind, fate.name, fate.why) for fate in shown]) or "nothing to remove")
    if problem is not None:  # after what was done has been told
        raise problem
    return DONE


def _prune_colours(chain: Chain, dry: bool) -> list[Fate]:
    from buildgraph.deploy import ended_colours, prune_colours
    from buildgraph.place.model import silently

    place = chain.deployer.place
    names = ended_colours(place) if dry else prune_colours(place, silently)
    return [Fate("former version", name, _gone(dry), "its rollback window is over") for name in names]


def _prune_registry(
    chain: Chain, branches: Needed, options: argparse.Namespace, fates: list[Fate]
) -> BuildgraphError | None:
    """Add what becomes of the images in the environment's registry; the error that ended it, if one did."""
    if not chain.environment.registry:
        return None
    pruning = Pruning(chain.picture, chain.environment, branches, options.days, options.dry_run)
    try:
        for found in pruning.run():
            fates.append(_registry_fate(found, options.dry_run))  # noqa: PERF401  # an error keeps what came before it
    except BuildgraphError as error:
        return error
    return None


def _registry_fate(found: TaggedImage, dry: bool) -> Fate:
    if found.needed:
        return Fate("image in the registry", found.name, "kept", found.needed)
    below = f"; {found.manifests - 1} manifests below it go too" if found.manifests > 1 else ""
    why = f"no environment, release or branch needs it{below}"
    return Fate("image in the registry", found.name, _gone(dry), why)


def _prune_images(chain: Chain, branches: Needed, days: float, dry: bool) -> Iterable[Fate]:
    from buildgraph.deploy import judge_images, remove_image

    place = chain.deployer.place
    for verdict in judge_images(place, _current(chain, branches), days):
        image = verdict.image
        if verdict.needed:
            yield Fate("image", image.name, "kept", verdict.needed)
        elif dry or remove_image(place, image):
            yield Fate("image", image.name, _gone(dry), _why(verdict))


def _why(verdict: Verdict) -> str:
    image = verdict.image
    return (
        f"nothing runs it and no release names it; {image.age:.0f} days old, {image.size / MEGABYTE:.0f} MB"
    )


def _current(chain: Chain, branches: Needed) -> dict[str, str]:
    """The names that the images of the working tree and of branches have on an engine, with who would deploy them."""
    workspace, registry = chain.picture.manifests.workspace.name, chain.environment.registry
    found = {local_reference(workspace, *pair): who for pair, who in branches.prints.items()}
    if registry:
        found |= {registry_reference(registry, *pair): who for pair, who in branches.prints.items()}
    return found


def _prune_files(project: Project, dry: bool) -> Iterable[Fate]:
    """What caches hold that nobody reads any more: a former version's store, and edits of days gone by."""
    former = project.cache_folder() / "objects"
    if former.is_dir() and former != project.repository.store:
        yield Fate("files", str(former), _gone(dry), "an earlier version kept edited files there")
        if not dry:
            shutil.rmtree(former, ignore_errors=True)
    old = [file for file in project.repository.store.glob("??/*") if _is_old(file)]
    if old:
        yield Fate("files", f"{len(old)} in {project.repository.store}", _gone(dry), "edits older than a day")
    for file in () if dry else old:
        file.unlink(missing_ok=True)


def _is_old(file: Path) -> bool:
    """Whether a blob was last written a day ago: git marks what it writes again as new."""
    try:
        return file.stat().st_mtime < time.time() - STORE_DAY
    except FileNotFoundError:
        return False


def _gone(dry: bool) -> str:
    return "would go" if dry else "removed"
