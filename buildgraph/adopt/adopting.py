"""A workspace adopted: each project's kind or Dockerfile, its names, its port and its health, in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from buildgraph.adopt.compose import unread_files
from buildgraph.adopt.dockerfiles import Build, chosen, found_builds
from buildgraph.adopt.evidence import found_health, found_port, hears_port, is_server
from buildgraph.adopt.fitting import refusal
from buildgraph.adopt.frameworks import TITLES, WRITE_ONE, Verdict, recognise
from buildgraph.adopt.model import Adoption, Facts, Found, Open, Project
from buildgraph.adopt.names import product_of, service_names
from buildgraph.adopt.reading import is_aside
from buildgraph.adopt.unnamed import unnamed_projects
from buildgraph.adopt.unused import makes_something
from buildgraph.manifests.kinds import KINDS
from buildgraph.recipes.window import IGNORE
from buildgraph.workspace.projects import LOCKFILE, ROOT

FIRST_PORT: Final = 3001
OWN: Final = "dockerfile"
IN_ROOT: Final = "a service ({}) in the workspace's root, where no template builds one"
OUT_OF_ROOT: Final = "move it to a folder of its own, or write a Dockerfile for it and run this again"
MAKE_ONE: Final = "run `pnpm install` and commit it"
UNNAMED: Final = "its tsconfig.json takes in {}, which no package.json leads to: an image lacks it"
NAME_IT: Final = (
    "name it among the dependencies (`workspace:*`), or write its files as `inputs` of the service"
)
NO_KIND: Final = "its `build` script makes something, and no kind fits it"
IF_PAGES: Final = (
    'if it leaves pages in dist, declare it in a product (`kind = "spa"`, `path`, `port`, `host`), or '
    + WRITE_ONE
)
UNREAD: Final = "is not read for images that have no Dockerfile of yours ({})"
KEEP_OUT: Final = (
    'write what no image needs as `ignored` in manifests/workspace.toml, such as `ignored = ["*.md"]`: '
    "an edit of it builds none"
)
TOOL: Final = "offers a command (`bin`), and no server was found in it"
IF_SHIPPED: Final = 'declare it in a product if it ships (`kind = "node"`, `path`, `deployed = false`)'
ANOTHER_NAME: Final = "give it another name, and run this again"
STATIC: Final = ("astro", "spa", "expo")  # a server answers for these at any path


@dataclass(frozen=True, slots=True)
class Taken:
    """What manifests that are there already declare: names, folders and ports of their services."""

    names: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    ports: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Adopting:
    """The services found so far, without names, and what is left open."""

    facts: Facts
    services: list[Found] = field(default_factory=list)
    left_open: list[Open] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)


def adopt(facts: Facts, taken: Taken = Taken()) -> Adoption:
    """What a workspace holds that becomes an image; nothing that is `taken` is told again."""
    work = _Adopting(facts)
    builds = found_builds(facts)
    for folder in sorted({*facts.packages, *builds} - taken.folders):
        _look(work, folder, builds.get(folder, []))
    _leave_unfit(work)
    if builds:
        work.left_open += unread_files(facts)
    work.left_open += _of_root(work)
    return Adoption(_with_ports(_named(work, taken), taken.ports), _together(work.left_open))


def _of_root(work: _Adopting) -> Iterator[Open]:
    """What the root's files leave open."""
    paths = work.facts.paths
    of_kinds = [service.path for service in work.services if not service.dockerfile]
    if work.aside:
        yield Open(_all(work.aside), "left out: an example or a test", "declare it in a product if it ships")
    if of_kinds and IGNORE in paths:
        yield Open(IGNORE, UNREAD.format(_all(of_kinds)), KEEP_OUT)
    if of_kinds and LOCKFILE not in paths:
        yield Open(LOCKFILE, "is missing, and images install what it says", MAKE_ONE)


def _all(folders: list[str]) -> str:
    return folders[0] + (f" and {len(folders) - 1} more" if len(folders) > 1 else "")


def _together(left_open: Iterable[Open]) -> tuple[Open, ...]:
    """In their order, those with the same way out behind the first of them."""
    ordered = sorted(left_open)
    first = {found.way_out: found for found in reversed(ordered)}
    return tuple(sorted(ordered, key=lambda found: (first[found.way_out], found)))


def _look(work: _Adopting, folder: str, builds: list[Build]) -> None:
    """Add the service of a folder, if it has one."""
    project = work.facts.projects.get(folder)
    if builds:
        build, others = chosen(builds)
        work.left_open += [*build.problems, *others]
        if build.works:
            work.services.append(_built(work, build, project))
            return
    if project is None:
        return
    verdict = recognise(project)
    if verdict is None:
        if not builds and makes_something(work.facts, project):
            work.left_open.append(Open(folder, NO_KIND, IF_PAGES))
    else:
        _look_at(work, project, verdict)


def _look_at(work: _Adopting, project: Project, verdict: Verdict) -> None:
    """Add the service of a project that its frameworks tell, or why it is none."""
    folder = project.folder
    if folder == ROOT:
        if verdict.kind:
            work.left_open.append(Open(ROOT, IN_ROOT.format(TITLES[verdict.kind]), OUT_OF_ROOT))
        elif len(work.facts.packages) == 1:  # else its scripts mostly steer the others'
            work.left_open.append(Open(ROOT, verdict.problem, OUT_OF_ROOT))
    elif is_aside(folder):
        work.aside.append(folder)
    elif verdict.problem:
        work.left_open.append(Open(folder, verdict.problem, verdict.way_out))
    elif verdict.kind == "node" and "bin" in project.package.document and not is_server(project):
        work.left_open.append(Open(folder, TOOL, IF_SHIPPED))
    else:
        work.left_open += [
            Open(folder, UNNAMED.format(other), NAME_IT) for other in unnamed_projects(work.facts, project)
        ]
        work.services.append(_of_kind(work, project, verdict.kind))


def _leave_unfit(work: _Adopting) -> None:
    """Leave open what a manifest could not say: it would be refused by every verb from now on."""
    services, work.services = work.services, []
    for service in services:
        why, plain = refusal(service), replace(service, health="")
        if not why:
            work.services.append(service)
        elif not refusal(plain):
            work.services.append(plain)
            work.left_open.append(Open(service.path, why, "write the path that answers 200 as `health`"))
        else:
            work.left_open.append(Open(service.path, why, ANOTHER_NAME))


def _of_kind(work: _Adopting, project: Project, kind: str) -> Found:
    usual = KINDS[kind]
    found = Found("", "", kind, project.folder, port=found_port(project))
    if usual.listens == 0 and not hears_port(project):
        found = replace(found, listens=found.port)
    if kind in STATIC:
        return found
    if kind == "node" and not is_server(project):
        work.left_open.append(
            Open(
                project.folder,
                "no server was found in it",
                "write `port` and `health`, or `health_command` for a worker",
            )
        )
        return replace(found, deployed=False)
    health = found_health(project, kind)
    if not health:
        way_out = "add such a route, or write the path that answers 200 as `health`"
        work.left_open.append(
            Open(project.folder, f"no route tells its health; {usual.health} is asked", way_out)
        )
    return replace(found, health="" if health == usual.health else health)


def _built(work: _Adopting, build: Build, project: Project | None) -> Found:
    """The service of a Dockerfile; what it does not say itself, its project's sources may."""
    verdict = recognise(project) if project else None
    kind = verdict.kind if verdict else ""
    listens = build.port or (found_port(project) if project else 0)
    health = (
        build.health
        or (found_health(project, kind or OWN) if project else "")
        or ("/" if kind in STATIC else "")
    )
    if build.context == ROOT and not build.problems:
        _tell_whole(work, build)
    deployed = bool(listens and health)
    if not deployed:
        lacking = " and ".join(name for name, has in (("port", listens), ("health", health)) if not has)
        way_out = (
            f"write `{lacking.replace(' and ', '` and `')}` (or `health_command`), and take away `deployed`"
        )
        work.left_open.append(Open(build.dockerfile, f"nothing tells its {lacking}", way_out))
    return Found(
        "",
        "",
        OWN,
        build.folder,
        build.dockerfile,
        build.context,
        build.target,
        listens if deployed else 0,
        listens if deployed else 0,
        health if deployed else "",
        deployed,
    )


def _tell_whole(work: _Adopting, build: Build) -> None:
    """An image that copies everything is rebuilt by everything."""
    text = work.facts.texts.get(build.dockerfile, "")
    if any(
        line.split()[-2:] in ([".", "."], [".", "./"])
        for line in text.splitlines()
        if line.startswith("COPY ")
    ):
        work.left_open.append(
            Open(
                build.dockerfile,
                "it copies the whole workspace, so that every change rebuilds it",
                "copy what it needs, name the rest in .dockerignore, or write a `kind` in place of `dockerfile`",
            )
        )


def _named(work: _Adopting, taken: Taken) -> list[Found]:
    facts = work.facts
    packages = {
        found.path: facts.packages[found.path].name
        if found.path in facts.packages and found.path != ROOT
        else ""
        for found in work.services
    }
    names = service_names(packages, facts.name, taken.names)
    return sorted(
        (
            replace(found, name=names[found.path], product=product_of(found.path, facts.name))
            for found in work.services
        ),
        key=lambda found: found.name,
    )


def _with_ports(services: Iterable[Found], taken: Collection[int]) -> tuple[Found, ...]:
    """Ports of their own: the one that a service names where it is free, else the next one."""
    used = set(taken)
    found: list[Found] = []
    for service in services:
        if not service.deployed:
            found.append(replace(service, port=0, listens=0))
            continue
        port = service.port if service.port and service.port not in used else _next_free(used)
        used.add(port)
        found.append(replace(service, port=port, listens=0 if service.listens == port else service.listens))
    return tuple(found)


def _next_free(used: Collection[int]) -> int:
    port = FIRST_PORT
    while port in used:
        port += 1
    return port
