"""The verb `doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from buildgraph.commands.options import add_format, as_json
from buildgraph.console import answer, table
from buildgraph.errors import DONE, TOOL_FAILED, BuildgraphError, ConfigurationError, first_line
from buildgraph.process import Command, Runner, SystemRunner

if TYPE_CHECKING:
    from buildgraph.manifests.model import Environment
    from buildgraph.picture import Picture
    from buildgraph.recipes import Base

DECLARE = (
    "declare each: `pnpm --filter ./FOLDER add NAME` (`NAME@workspace:*` for a project of this workspace)"
)
MATCH = "correct each of the inputs, or take it out"
SHOW = (
    "have git look at such a file again (`git update-index --no-assume-unchanged --no-skip-worktree FILE`), "
    "and commit or ignore what a repository within this one holds"
)

UNLOCKED = "{name} is not locked, so nothing is built upon it here"
AS_IT_IS = "{name} is not locked, so no environment can start it from here"
LOCK_ONCE = (
    "where their registries answer, run `buildgraph bases --update` once and commit manifests/bases.toml; {} "
    "(docs/OFFLINE.md)"
)
TAKE_STAND_INS = "BUILDGRAPH_BASES=substitute takes stand-ins instead"
NAME_STAND_INS = "[substitutes] in manifests/workspace.toml names stand-ins for them"

MAKE_STAND_INS = (
    "build the recipe of each substitute under its name, or give an image of yours that name with `docker tag` "
    "(docs/OFFLINE.md)"
)

KUBECTL = "install kubectl 1.27 or later (on Debian 13: kubernetes-client)"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, what was found, and the way out when it is not.

    `warnings` are what is well enough to go on with, and yet worth a look.
    """

    name: str
    well: bool
    found: str
    way_out: str = ""
    warnings: tuple[str, ...] = ()


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `doctor`."""
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Print the findings; exit code 3 when something is missing."""
    runner = SystemRunner()
    findings = [*(look(runner) for look in LOOKS), *_bases(), *_elsewhere(), *_clusters(runner)]
    if options.format == "json":
        answer(as_json({"format": 1, "findings": [_as_dict(finding) for finding in findings]}))
    else:
        answer("\n".join(_lines(findings)))
    return DONE if all(finding.well for finding in findings) else TOOL_FAILED


def _lines(findings: list[Finding]) -> list[str]:
    rows = table([("ok" if finding.well else "--", finding.name, finding.found) for finding in findings])
    sections = [
        line
        for finding in findings
        if finding.warnings or not finding.well
        for line in ("", *_section(finding))
    ]
    return [rows, *sections]


def _section(finding: Finding) -> list[str]:
    """The warnings of a finding below its name, and the way out."""
    told = [line for text in (*finding.warnings, finding.way_out) for line in text.splitlines()]
    return [finding.name, table([("", line) for line in told])]


def _as_dict(finding: Finding) -> dict[str, object]:
    return {
        "name": finding.name,
        "ok": finding.well,
        "found": finding.found,
        "way_out": finding.way_out,
        "warnings": list(finding.warnings),
    }


def _said(runner: Runner, *argv: str) -> str | None:
    """The first line a command prints, or None when it is missing or fails."""
    try:
        result = runner.run(Command(argv))
    except BuildgraphError:
        return None
    return first_line(result.text) if result.code == 0 else None


def _git(runner: Runner) -> Finding:
    said = _said(runner, "git", "--version")
    return Finding("git", said is not None, said or "missing", "install git 2.31 or newer")


def _engine(runner: Runner) -> Finding:
    from buildgraph.image.engine import open_engine

    try:
        engine = open_engine()
    except BuildgraphError as error:
        return _unwell("engine", error)
    return Finding("engine", True, f"Docker engine {engine.version} on {engine.platform}")


def _bases() -> list[Finding]:
    """The base images of a workspace with services, and those that a build or a deploy would miss on this machine."""
    from buildgraph.commands.bases import is_known, named_bases
    from buildgraph.manifests.model import Source

    picture = _picture()
    if picture is None or not picture.manifests.services:
        return []
    try:
        names = named_bases(picture)
        upon = {name for plan in picture.images.values() for name in plan.bases}
    except BuildgraphError:
        return []
    unknown = [name for name in names if not is_known(picture, name)]
    lacking = _lacking_stand_ins([picture.base(name) for name in names if name not in unknown])
    warnings = (*((UNLOCKED if name in upon else AS_IT_IS).format(name=name) for name in unknown), *lacking)
    instead = NAME_STAND_INS if picture.site.source is Source.SUBSTITUTE else TAKE_STAND_INS
    ways_out = [LOCK_ONCE.format(instead)] * bool(unknown) + [MAKE_STAND_INS] * bool(lacking)
    found = f"{len(names)} named, {len(names) - len(unknown)} of them known by digest or as stand-ins"
    return [Finding("base images", True, found, "; ".join(ways_out), warnings)]


def _lacking_stand_ins(bases: list[Base]) -> list[str]:
    """A line for every stand-in that the engine does not hold; none where no engine answers, which is told already."""
    from buildgraph.builder import lacks_stand_in
    from buildgraph.image.engine import open_engine

    stand_ins = [base for base in bases if base.is_substitute]
    if not stand_ins:
        return []
    try:
        engine = open_engine()
        return [lacks_stand_in(base) for base in stand_ins if not engine.has_image(base.pinned)]
    except BuildgraphError:
        return []


def _elsewhere() -> list[Finding]:
    """Every engine or server that an environment names, asked at the same time: one that is silent takes its time."""
    from concurrent.futures import ThreadPoolExecutor

    picture = _picture()
    environments = picture.manifests.environments if picture else ()
    looks: list[Callable[[], Finding]] = [
        partial(_engine_of, found) for found in environments if found.engine
    ]
    if picture:
        looks += [partial(_coolify_of, picture, found) for found in environments if found.coolify]
    if not looks:
        return []
    with ThreadPoolExecutor(len(looks)) as pool:
        return list(pool.map(lambda look: look(), looks))


def _clusters(runner: Runner) -> list[Finding]:
    """kubectl, where an environment is on a cluster, and each cluster, asked whether it is ready."""
    picture = _picture()
    declared = picture.manifests.environments if picture else ()
    environments = [found for found in declared if found.kubernetes]
    if not environments:
        return []
    if _said(runner, "kubectl", "version", "--client") is None:
        return [Finding("kubectl", False, "missing", KUBECTL)]
    return [_cluster_of(environment, runner) for environment in environments]


def _cluster_of(environment: Environment, runner: Runner) -> Finding:
    from buildgraph.platforms import kubectl_of

    name = f"cluster of {environment.name}"
    try:
        kubectl = kubectl_of(environment, runner)
        kubectl.run("get", "--raw=/readyz")
    except BuildgraphError as error:
        return _unwell(name, error)
    return Finding(name, True, f"{kubectl.context} is ready")


def _picture() -> Picture | None:
    """The workspace; one that cannot be read has been told of already."""
    from buildgraph.project import open_project

    try:
        picture = open_project(Path.cwd()).working_picture()
        picture.manifests  # noqa: B018  # read now, where mistakes are expected
    except BuildgraphError:
        return None
    return picture


def _coolify_of(picture: Picture, environment: Environment) -> Finding:
    from buildgraph.platforms import coolify_to_read

    name = f"Coolify of {environment.name}"
    place = coolify_to_read(picture, environment)
    try:
        version = place.api.version()
        place.api.variables(place.coolify.state)
    except BuildgraphError as error:
        return _unwell(name, error)
    return Finding(name, True, f"Coolify {version} at {place.coolify.url}")


def _engine_of(environment: Environment) -> Finding:
    from buildgraph.image.engine import open_engine

    name = f"engine of {environment.name}"
    try:
        engine = open_engine(environment.engine)
    except BuildgraphError as error:
        return _unwell(name, error)
    return Finding(name, True, f"Docker engine {engine.version} on {engine.platform}, {engine.line.where}")


def _buildx(runner: Runner) -> Finding:
    said = _said(runner, "docker", "buildx", "version")
    way_out = "install Docker's buildx plugin (on Debian: docker-buildx; Docker Desktop has it)"
    return Finding("buildx", said is not None, said or "missing", way_out)


def _workspace(runner: Runner) -> Finding:
    from buildgraph.project import open_project
    from buildgraph.unseen import idle_inputs, passed_over, undeclared_imports

    try:
        project = open_project(Path.cwd())
        picture = project.working_picture()
        picture.images  # noqa: B018  # what no image can be planned of would stop every build
        imports, inputs = undeclared_imports(picture), idle_inputs(picture)
        hidden = passed_over(picture, project.repository)
    except BuildgraphError as error:
        return _unwell("workspace", error)
    found = f"{len(picture.workspace.packages)} packages, {len(picture.manifests.services)} services"
    ways_out = [DECLARE] * bool(imports) + [MATCH] * bool(inputs) + [SHOW] * bool(hidden)
    return Finding("workspace", True, found, "; ".join(ways_out), (*imports, *inputs, *hidden))


def _unwell(name: str, error: BuildgraphError) -> Finding:
    """What is wrong and the way out; of several mistakes the first, and all of them below it."""
    mistakes = error.mistakes if isinstance(error, ConfigurationError) else ()
    what, _, way_out = str(error).partition("\n")
    if len(mistakes) > 1:
        return Finding(name, False, f"{what} (and {len(mistakes) - 1} more)", "", tuple(map(str, mistakes)))
    return Finding(name, False, what, way_out.strip() or "mend it, then look again")


def _site(runner: Runner) -> Finding:
    from buildgraph.manifests.site import read_site

    try:
        site = read_site()
    except BuildgraphError as error:
        return _unwell("site", error)
    trusted = f", builds trust {site.ca}" if site.ca else ""
    builder = f", the builder {site.builder} builds" if site.builder else ""
    return Finding("site", True, f"base images from {site.source.value}{trusted}{builder}")


LOOKS: tuple[Callable[[Runner], Finding], ...] = (_git, _engine, _buildx, _site, _workspace)
