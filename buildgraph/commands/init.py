"""The verb `init`: writes the smallest manifests for a workspace that is there already, and touches nothing that is."""

from __future__ import annotations

import argparse
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path

from buildgraph.adopt.adopting import Taken, adopt
from buildgraph.adopt.files import (
    needed_files,
    template_files,
    unnamed_stand_ins,
    wanted_recipes,
    with_recipes,
    with_stand_ins,
)
from buildgraph.adopt.frameworks import TITLES
from buildgraph.adopt.model import Adoption, Facts, Found, Open
from buildgraph.adopt.names import workspace_name
from buildgraph.adopt.reading import wanted_texts
from buildgraph.adopt.rendering import DODO_FILE, TOOL_FILE, render_more_stand_ins
from buildgraph.commands.options import add_format, as_json
from buildgraph.console import answer, table
from buildgraph.errors import DONE, indent, unwritable
from buildgraph.harmless import on_one_line
from buildgraph.inside import place_inside
from buildgraph.manifests.kinds import KINDS
from buildgraph.manifests.model import Manifests, Source
from buildgraph.manifests.parsing import PRODUCTS, WORKSPACE_FILE
from buildgraph.manifests.snapshots import read_manifests
from buildgraph.project import Project, open_project
from buildgraph.snapshot import Snapshot
from buildgraph.snapshot.git import own_folder
from buildgraph.supplies import read_supplies
from buildgraph.wholeness import write_new
from buildgraph.workspace import read_workspace
from buildgraph.workspace.projects import ROOT

HAND_OVER = "buildgraph.dodo:HandOver"
NOTHING = "no project or Dockerfile here becomes an image; `graph`, `affected` and `why` need no manifest"
NOTHING_NEW = "nothing new: the manifests declare every project and Dockerfile here that is recognised"
UNNAMED = "does not name these stand-ins, so nothing is built upon them"
NEXT = {
    Source.REGISTRY: "next: `buildgraph graph`; `buildgraph bases --update` locks base images, then `buildgraph build`",
    Source.SUBSTITUTE: "next: `buildgraph graph`, then `buildgraph build`, on the stand-ins of this machine",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """One file: what shall stand in it, and what does already (None: it is not there)."""

    path: str
    text: str
    before: str | None

    @property
    def is_there(self) -> bool:
        """Whether there is such a file, which is then left as it is."""
        return self.before is not None

    @property
    def is_lacking(self) -> bool:
        """Whether the file that is there has to say something more."""
        if self.before is None:
            return False
        return self.path.startswith(f"{PRODUCTS}/") or (
            self.path == TOOL_FILE and HAND_OVER not in self.before
        )


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of `init`."""
    parser.add_argument(
        "--dry-run", action="store_true", help="show what would be written, and write nothing"
    )
    add_format(parser)


def run(options: argparse.Namespace) -> int:
    """Recognise, write what is missing, and tell it all; returns the exit code."""
    project = open_project(Path.cwd())
    snapshot = project.working_picture().snapshot
    manifests = read_manifests(snapshot, project.folder.name)
    root = manifests.workspace.root
    inside = posixpath.normpath(posixpath.join(project.repository.prefix, root))
    facts = replace(read_facts(snapshot, manifests, project.folder.name), inside=inside)
    adoption = _seen_from_project(adopt(facts, _taken(manifests)), root)
    facts = _seen_texts(facts, root)
    if adoption.services:
        needed = files = _planned(project, manifests, facts, adoption)
    else:
        needed = _declared(project, manifests)
        files = [file for file in needed if not file.is_there]
    kept = [*_kept(needed), *_unnamed(manifests, needed)]
    adoption = replace(adoption, left_open=(*adoption.left_open, *kept))
    if not options.dry_run:
        _write(project.folder, files)
    if options.format == "json":
        answer(as_json(_as_dict(facts.name, adoption, files, is_dry=options.dry_run)))
    else:
        goes_on = not options.dry_run and (adoption.services or kept)
        ending = _next(kept, project.site.source) if goes_on else ""
        told = _told(adoption, NOTHING_NEW if manifests.services else NOTHING)
        answer(
            "\n\n".join(filter(None, [*told, _dry(files) if options.dry_run else _written(files), ending]))
        )
    return DONE


def read_facts(snapshot: Snapshot, manifests: Manifests, folder: str) -> Facts:
    """What recognition looks at, from the workspace of a snapshot; `folder` names it when nothing else does."""
    below = snapshot.below(manifests.workspace.root)
    packages = read_workspace(snapshot, manifests.workspace.root).packages
    paths = tuple(sorted(below.entries))
    shown = below.shown(wanted_texts(paths, packages))
    texts = {path: content.decode("utf-8", "replace") for path, content in shown.items()}
    package = packages[ROOT].name if ROOT in packages else ""
    is_declared = WORKSPACE_FILE in snapshot.entries
    name = manifests.workspace.name if is_declared else workspace_name(package, folder)
    return Facts(name, packages, paths, texts)


def _taken(manifests: Manifests) -> Taken:
    services = manifests.services
    return Taken(
        frozenset({*(service.name for service in services), *(service.host for service in services)}),
        frozenset(service.path for service in services),
        frozenset(service.port for service in services if service.port),
    )


def _seen_from_project(adoption: Adoption, root: str) -> Adoption:
    """Dockerfiles are named as seen from the project's folder, whose workspace may lie below it."""

    def moved(service: Found) -> Found:
        path = posixpath.normpath(posixpath.join(root, service.dockerfile))
        return replace(service, dockerfile=path) if service.dockerfile else service

    return replace(adoption, services=tuple(map(moved, adoption.services)))


def _seen_texts(facts: Facts, root: str) -> Facts:
    """The same facts, their texts by paths as seen from the project's folder."""
    texts = {posixpath.normpath(posixpath.join(root, path)): text for path, text in facts.texts.items()}
    return replace(facts, texts=texts)


def _planned(project: Project, manifests: Manifests, facts: Facts, adoption: Adoption) -> list[Planned]:
    files = needed_files(adoption, facts.name, read_supplies("templates"))
    if project.site.source is Source.SUBSTITUTE:
        recipes = wanted_recipes(read_supplies("substitutes"), manifests)
        files = with_stand_ins(files, adoption, facts.texts, recipes)
    return [Planned(path, text, _read(place_inside(project.folder, path))) for path, text in files.items()]


def _declared(project: Project, manifests: Manifests) -> list[Planned]:
    """The templates of declared services, and on a machine with stand-ins the recipes for what they build upon."""
    kinds = {
        service.kind for service in manifests.services if service.dockerfile == KINDS[service.kind].template
    }
    files = template_files(kinds, read_supplies("templates"))
    if project.site.source is Source.SUBSTITUTE:
        there = {path: _read(place_inside(project.folder, path)) or text for path, text in files.items()}
        recipes = wanted_recipes(read_supplies("substitutes"), manifests)
        files = {**with_recipes(there, recipes), **files}
    return [Planned(path, text, _read(place_inside(project.folder, path))) for path, text in files.items()]


def _read(file: Path) -> str | None:
    """The text of a file, or None; whatever else bears its name counts as a file, too."""
    try:
        return file.read_text(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return ""


def _kept(files: Iterable[Planned]) -> list[Open]:
    """What a file lacks that is there, and that we do not touch."""
    return [
        Open(file.path, "is there already and was not touched", f"add to it:\n{indent(file.text.strip())}")
        for file in files
        if file.is_lacking
    ]


def _unnamed(manifests: Manifests, files: Iterable[Planned]) -> list[Open]:
    """The stand-ins that the manifest of the workspace does not name, unless it is written now."""
    texts = {file.path: file.text for file in files}
    is_written = any(file.path == WORKSPACE_FILE and not file.is_there for file in files)
    stand_ins = unnamed_stand_ins(texts, manifests)
    if is_written or not stand_ins:
        return []
    text = render_more_stand_ins(stand_ins, is_table_there=bool(manifests.workspace.substitutes))
    return [Open(WORKSPACE_FILE, UNNAMED, f"add to it:\n{indent(text)}")]


def _write(folder: Path, files: Iterable[Planned]) -> None:
    """Write what is missing; products last: once they are declared, another run looks for nothing more to do."""
    for file in sorted(files, key=lambda file: file.path.startswith(f"{PRODUCTS}/")):
        if file.is_there:
            continue
        place = place_inside(folder, file.path)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            write_new(place, file.text.encode(), own_folder(folder))
        except OSError as error:
            raise unwritable(file.path, error) from error


def _told(adoption: Adoption, nothing: str) -> list[str]:
    """What was found, or that it is nothing; and what is left open."""
    left_open = ["\n".join(["left open", *_open(adoption.left_open)])] if adoption.left_open else []
    return [_found(adoption) if adoption.services else nothing, *left_open]


def _found(adoption: Adoption) -> str:
    rows = [
        (f"  {service.name}", TITLES[service.kind], service.path, _where(service))
        for service in adoption.services
    ]
    return "found\n" + table(rows)


def _where(service: Found) -> str:
    told = [service.dockerfile] if service.dockerfile else []
    told += [f"from {service.context}"] if service.context not in ("", service.path) else []
    told += [f"port {service.port}"] if service.port else ["not deployed"]
    return ", ".join(told)


def _open(left_open: Iterable[Open]) -> Iterator[str]:
    """A line for each; a way out that several in a row share stands once, below them."""
    for way_out, alike in groupby(left_open, key=lambda found: found.way_out):
        yield from (f"  {on_one_line(found.where)}: {on_one_line(found.what)}" for found in alike)
        yield from (f"    {line}" for line in way_out.splitlines())


def _written(files: list[Planned]) -> str:
    if not files:
        return ""
    lines = [f"  {file.path}" for file in files if not file.is_there]
    kept = [f"  {file.path}" for file in files if file.is_there]
    told = ["wrote", *lines] if lines else ["wrote nothing"]
    return "\n".join([*told, *(["kept as it is", *kept] if kept else [])])


def _next(kept: Iterable[Open], source: Source) -> str:
    """What to do now: what a manifest lacks comes first, as without it nothing new can be built."""
    lacking = [found.where for found in kept if found.where != TOOL_FILE]
    return f"next: add the lines above to {' and '.join(lacking)}" if lacking else NEXT[source]


def _dry(files: list[Planned]) -> str:
    """Every file that would be written: short ones in full, the others by name."""
    missing = [file for file in files if not file.is_there]
    full = [file for file in missing if file.path.endswith(".toml") or file.path == DODO_FILE]
    names = [f"would write {file.path}" for file in missing if file not in full]
    return "\n\n".join(
        [*(f"would write {file.path}\n{indent(file.text)}" for file in full), "\n".join(names)]
    ).strip()


def _as_dict(name: str, adoption: Adoption, files: list[Planned], *, is_dry: bool) -> Mapping[str, object]:
    new = "missing" if is_dry else "written"
    return {
        "format": 1,
        "workspace": name,
        "services": [asdict(service) for service in adoption.services],
        "open": [asdict(found) for found in adoption.left_open],
        "files": [{"path": file.path, "state": "kept" if file.is_there else new} for file in files],
    }
