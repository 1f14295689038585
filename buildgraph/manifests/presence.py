"""Whether what the manifests name is there: folders, packages, Dockerfiles; it reads no disk."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from buildgraph.errors import Likeness, Mistake, WayOut
from buildgraph.manifests.kinds import KINDS
from buildgraph.manifests.model import Manifests, Service, WorkspaceManifest
from buildgraph.manifests.reading import Place

PUT_TEMPLATES: Final = "`buildgraph init` puts it there; or name a `dockerfile` of your own"


@dataclass(frozen=True, slots=True)
class _Presence:
    """What is there: `files` (sorted) from the project's folder, the others from the workspace's."""

    root: str
    files: Sequence[str]
    folders: Collection[str]
    packages: Mapping[str, Sequence[str]]

    def has_file(self, path: str) -> bool:
        index = bisect_left(self.files, path)
        return index < len(self.files) and self.files[index] == path

    def has_folder(self, path: str) -> bool:
        start = f"{path}/"
        index = bisect_left(self.files, start)
        return path == "." or (index < len(self.files) and self.files[index].startswith(start))

    def from_project(self, path: str) -> str:
        """A path of the workspace, seen from the project's folder."""
        return posixpath.normpath(posixpath.join(self.root, path))


def check_against(
    manifests: Manifests,
    folders: Collection[str],
    packages: Mapping[str, Sequence[str]],
    files: Collection[str],
) -> list[Mistake]:
    """The mistakes of manifests that name what is not there, sorted.

    `folders` are the projects of the pnpm workspace and `packages` the folders of each package name,
    both seen from the workspace's root; `files` are all files, seen from the project's folder.
    """
    present = _Presence(manifests.workspace.root, sorted(files), folders, packages)
    mistakes: list[Mistake] = []
    _check_workspace(manifests.workspace, Place("manifests/workspace.toml", mistakes=mistakes), present)
    for service in manifests.services if present.has_folder(present.root) else ():
        file = Place(f"manifests/products/{service.product}.toml", mistakes=mistakes)
        for check in CHECKS:
            check(service, file.at("services", service.name), present)
    return sorted(mistakes)


def _check_path(service: Service, place: Place, present: _Presence) -> None:
    if present.has_folder(present.from_project(service.path)):
        return
    place.at("path").refuse(f"there is no folder {service.path!r}", _like(service.path, present.folders))


def _check_context(service: Service, place: Place, present: _Presence) -> None:
    if service.context and not present.has_folder(present.from_project(service.context)):
        way_out = _like(service.context, present.folders)
        place.at("context").refuse(f"there is no folder {service.context!r}", way_out)


def _check_node_project(service: Service, place: Place, present: _Presence) -> None:
    """A node kind is built by pnpm, which must know its folder."""
    if not KINDS[service.kind].is_node or service.path in present.folders:
        return
    if not present.has_file(present.from_project(f"{service.path}/package.json")):
        place.at("path").refuse(f"{service.path} has no package.json, which kind {service.kind} needs")
        return
    way_out = "add its folder to pnpm-workspace.yaml"
    place.at("path").refuse(f"{service.path} is no project of the pnpm workspace", way_out)


def _check_package(service: Service, place: Place, present: _Presence) -> None:
    if not service.package:
        return
    homes = present.packages.get(service.package, ())
    if not homes:
        what = f"there is no package {service.package!r}"
        place.at("package").refuse(what, _like(service.package, present.packages))
    elif service.path not in homes:
        place.at("package").refuse(
            f"{service.package} is in {', '.join(sorted(homes))}, not in {service.path}"
        )
    elif len(homes) > 1:
        others = ", ".join(sorted(set(homes) - {service.path}))
        place.at("package").refuse(f"{service.package} is also the name of {others}", "rename one package")


def _check_dockerfile(service: Service, place: Place, present: _Presence) -> None:
    if present.has_file(service.dockerfile):
        return
    is_template = service.dockerfile == KINDS[service.kind].template
    known = [path for path in present.files if "Dockerfile" in path]
    way_out: WayOut = PUT_TEMPLATES if is_template else _like(service.dockerfile, known)
    place.at("kind" if is_template else "dockerfile").refuse(
        f"there is no file {service.dockerfile!r}", way_out
    )


CHECKS: Final[tuple[Callable[[Service, Place, _Presence], None], ...]] = (
    _check_path,
    _check_context,
    _check_node_project,
    _check_package,
    _check_dockerfile,
)


def _check_workspace(workspace: WorkspaceManifest, place: Place, present: _Presence) -> None:
    if not present.has_folder(workspace.root):
        way_out = _like(workspace.root, _top_folders(present.files))
        place.at("root").refuse(f"there is no folder {workspace.root!r}", way_out)
    for reference, recipe in workspace.substitutes.items():
        if not present.has_file(recipe):
            place.at("substitutes", reference).refuse(f"there is no file {recipe!r}")
    known = {*present.packages, *(f"./{folder}" for folder in present.folders), "."}
    for name in workspace.checks.packages if present.folders else ():
        if name not in known:
            way_out = _like(name, known)
            place.at("checks", "packages", name).refuse(f"there is no package {name!r}", way_out)


def _like(name: str, known: Iterable[str]) -> Likeness:
    """As `suggest`, where all the known ones are too many to be told."""
    return Likeness(name, tuple(known), lists_all=False)


def _top_folders(files: Sequence[str]) -> Iterator[str]:
    seen = {path.split("/", 1)[0] for path in files if "/" in path}
    seen |= {"/".join(path.split("/", 2)[:2]) for path in files if path.count("/") > 1}
    yield from sorted(seen)
