"""Random workspaces as values: projects, services and loose files, and the tree of files that tells them."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")

REGULAR, EXECUTABLE, SYMLINK = 0o100644, 0o100755, 0o120000
PRODUCTION, DEVELOPMENT, OPTIONAL = "dependencies", "devDependencies", "optionalDependencies"
GROUPS = (PRODUCTION, DEVELOPMENT, OPTIONAL)
GLOBS = ("packages/*", "packages/*/plugins/*", "apps/*")
NAMES = ("core", "ui", "auth", "data", "mail", "clock", "forms", "queue")
SERVICES = ("web", "api", "shop", "docs")
PLAIN = ("base", "proxy", "tool")
APP, SITE, WIDE = "docker/Dockerfile.app", "docker/Dockerfile.site", "docker/Dockerfile.wide"
LAYERS = "ARG SERVICE_PATH\nCOPY manifests/ ./\nCOPY dependencies/ ./\nCOPY app/ ./\n"
TEMPLATES = {
    APP: f"FROM node:20\nARG PORT\nARG PNPM_VERSION\n{LAYERS}",
    SITE: f"FROM node:20 AS build\nARG SITE=plain\n{LAYERS}FROM nginx:1.25\nCOPY template/*.conf /etc/\n",
    "docker/site.conf": "listen 80;\n",
    # the workspace as it lies, without what its own ignore file names
    WIDE: "FROM node:20\nCOPY package.json pnpm-lock.yaml ./\nCOPY packages/*/src apps /src/\nCOPY shared/ .\n",
    f"{WIDE}.dockerignore": "**/*.tmp\npackages/u*\napps/*/src/[a-m]*\n!apps/api\n",
}
SHARED = "shared/a.json"
PATCH, HOOKS = "patches/left.patch", ".pnpmfile.cjs"
KEEP = "shared/.keep"  # no edit takes it away, so the folder stays
RECORDED = "0" * 26  # the same whatever the file says: an edit of the file must count by itself
STARTS = ("FROM scratch\n", "FROM alpine:3\nARG SITE\n", "FROM base\n")


class Choose(Protocol):
    """Takes one of some options: hypothesis draws it, or a seeded generator does."""

    def __call__(self, options: Sequence[T], /) -> T:
        """One of the options, of which there is at least one."""
        ...


@dataclass(frozen=True)
class File:
    """A file's content (a symbolic link's target) and its git mode."""

    content: str
    mode: int = REGULAR


@dataclass(frozen=True)
class Project:
    """A package.json: its name, the projects it uses (by name, with the group), registry packages, the rest.

    `injected` are names of projects that an install copies instead of linking them.
    """

    name: str
    uses: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    injected: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


Table = Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """A whole workspace.

    `projects` are by folder, `.` is the root; those in `excluded` are shut out by a glob. `versions` are
    what the lockfile resolves registry packages to, `indent` is how it is laid out. `products`,
    `environments`, `manifest` and `bases` are the manifests, `remarks` stand below each; `settings` is the
    rest of pnpm-workspace.yaml. `files` are all others, by path; `executable` are paths, of any file, that
    bear the executable bit. `root` is the folder of the workspace in the project; all paths here are seen
    from it, those of manifests and templates from the project.
    """

    projects: Mapping[str, Project]
    products: Mapping[str, Mapping[str, Table]]
    files: Mapping[str, File]
    manifest: Table
    bases: Mapping[str, str]
    environments: Mapping[str, Table]
    versions: Mapping[str, str] = field(default_factory=lambda: {"left": "1.0.0", "right": "1.0.0"})
    settings: Table = field(default_factory=dict)
    globs: tuple[str, ...] = GLOBS
    excluded: tuple[str, ...] = ()
    executable: frozenset[str] = frozenset()
    root: str = "."
    remarks: str = ""
    indent: int = 1

    @property
    def members(self) -> dict[str, Project]:
        """The projects that the globs find."""
        return {folder: found for folder, found in self.projects.items() if folder not in self.excluded}

    @property
    def homes(self) -> dict[str, str]:
        """The folder of each member, by name."""
        return {found.name: folder for folder, found in self.members.items()}

    @property
    def services(self) -> dict[str, tuple[str, Table]]:
        """Every service's product and fields, by name."""
        return {
            name: (product, fields)
            for product, services in sorted(self.products.items())
            for name, fields in sorted(services.items())
        }

    @property
    def sources(self) -> list[str]:
        """The loose files that steer nothing, sorted: any edit of them is an everyday one."""
        return sorted(
            path
            for path in self.files
            if not path.startswith((".", "docker/", "patches/")) and not is_recipe(path) and path != KEEP
        )

    def owner(self, path: str) -> str:
        """The folder of the member that a file belongs to."""
        folder = posixpath.dirname(path)
        while folder and folder not in self.members:
            folder = posixpath.dirname(folder)
        return folder or "."

    def closure(self, folder: str) -> set[str]:
        """The folders of a member and of all that it uses, however far."""
        reached, left = set[str](), [folder]
        while left:
            here = left.pop()
            if here not in reached:
                reached.add(here)
                left += [self.homes[name] for name in self.members[here].uses]
        return reached

    def readers(self, path: str) -> set[str]:
        """The folders of members whose tsconfig.json extends a file."""
        configs = {folder: self.files.get(f"{folder}/tsconfig.json") for folder in self.members}
        return {at for at, file in configs.items() if file and file.content == extending(at, path)}

    def users(self, folder: str) -> set[str]:
        """The folders of a member and of all that use it, however far."""
        return {other for other in self.members if folder in self.closure(other)}

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis tells it."""
        printer.text("\n".join(["", *told(self)]))


def is_recipe(path: str) -> bool:
    """Whether a file is a Dockerfile."""
    return posixpath.basename(path).startswith("Dockerfile")


def with_entry(table: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """A mapping with one more or another value."""
    return {**table, key: value}


def without(table: Mapping[K, V], *keys: K) -> dict[K, V]:
    """A mapping without some keys."""
    return {key: value for key, value in table.items() if key not in keys}


# A world told in lines, for whoever reads a failure ---------------------------------------------------------


def told(world: World) -> Iterator[str]:
    """A world as lines to read."""
    for folder, project in sorted(world.projects.items()):
        uses = ", ".join(f"{name} ({group})" for name, group in project.uses.items())
        shut = " [excluded]" if folder in world.excluded else ""
        yield f"  {folder}{shut}: {project.name} -> {uses or 'nothing'} {project.needs} {dict(project.fields)}"
        yield from (f"    copies {name}" for name in project.injected)
    for name, (product, fields) in world.services.items():
        yield f"  service {name} of {product}: {dict(fields)}"
    yield f"  manifest {dict(world.manifest)} bases {dict(world.bases)} environments {dict(world.environments)}"
    yield f"  versions {dict(world.versions)} settings {dict(world.settings)} globs {world.globs}"
    yield f"  executable {sorted(world.executable)} remarks {world.remarks!r} root {world.root} indent {world.indent}"
    for path, file in sorted(world.files.items()):
        yield f"  {file.mode:o} {path} {file.content!r}"


# A world as the files that say it ---------------------------------------------------------------------------


def tree(world: World) -> dict[str, File]:
    """Every file of a world, by path."""
    written = {
        **{posixpath.normpath(f"{at}/package.json"): package_json(one) for at, one in world.projects.items()},
        "pnpm-workspace.yaml": workspace_yaml(world),
        "pnpm-lock.yaml": lockfile(world),
        **{f"manifests/{name}.toml": f"{text}{world.remarks}" for name, text in manifests(world)},
    }
    files = {**world.files, **{path: File(content) for path, content in written.items()}}
    marked = {path: File(files[path].content, EXECUTABLE) for path in world.executable & files.keys()}
    below = "" if world.root == "." else f"{world.root}/"
    return {place(path, below): file for path, file in {**files, **marked}.items()}


def place(path: str, below: str) -> str:
    """Where a file lies: manifests and templates stand beside the workspace, when it is in a folder."""
    return path if path.startswith(("manifests/", "docker/")) else posixpath.normpath(below + path)


def manifests(world: World) -> Iterator[tuple[str, str]]:
    """Every manifest's name and text."""
    yield "workspace", toml({**world.manifest, **({} if world.root == "." else {"root": world.root})})
    yield "bases", toml({"digests": world.bases})
    for name, services in world.products.items():
        yield (
            f"products/{name}",
            toml({"services": {key: _declared(world, one) for key, one in services.items()}}),
        )
    yield from ((f"environments/{name}", toml(one)) for name, one in world.environments.items())


def _declared(world: World, fields: Table) -> Table:
    """A service's fields as its manifest has them: its Dockerfile is seen from the project's folder."""
    below = "" if world.root == "." else f"{world.root}/"
    return with_entry(fields, "dockerfile", place(fields["dockerfile"], below))


def package_json(project: Project) -> str:
    """A project's package.json, its dependencies in the order they came in."""
    groups: dict[str, dict[str, str]] = {}
    for name, group in project.uses.items():
        groups.setdefault(group, {})[name] = "workspace:*"
    for name in project.needs:
        groups.setdefault(PRODUCTION, {})[name] = "^1.0.0"
    meta = {name: {"injected": True} for name in project.injected}
    known = {
        "name": project.name,
        "version": "1.0.0",
        **groups,
        **({"dependenciesMeta": meta} if meta else {}),
    }
    return json.dumps({**known, **project.fields}, indent=1) + "\n"


def workspace_yaml(world: World) -> str:
    """pnpm-workspace.yaml; JSON is YAML."""
    packages = [*world.globs, *(f"!{folder}" for folder in world.excluded)]
    patched = {"patchedDependencies": {"left": PATCH}} if PATCH in world.files else {}
    return json.dumps({"packages": packages, **patched, **world.settings}, indent=1) + "\n"


def lockfile(world: World) -> str:
    """The lockfile that pnpm would write for the members."""
    needed = {name for project in world.members.values() for name in project.needs}
    keys = sorted({"left", "right"} if "left" in needed else needed)
    copied = sorted(_copied(world))
    document = {
        "lockfileVersion": "9.0",
        **dict(_steering(world)),
        "importers": {folder: _importer(world, folder) for folder in sorted(world.members)},
        "packages": {
            **{f"{name}@{world.versions[name]}": _resolution(world, name) for name in keys},
            **{f"{world.members[at].name}@file:{at}": _directory(at) for at in copied},
        },
        "snapshots": {
            **{f"{name}@{_version(world, name)}": _snapshot(world, name) for name in keys},
            **{f"{world.members[at].name}@file:{at}": _links(world, at) for at in copied},
        },
    }
    return json.dumps(document, indent=world.indent) + "\n"


def _steering(world: World) -> Iterator[tuple[str, Any]]:
    """The overrides, hooks and patches that the lockfile was made with."""
    if "overrides" in world.settings:
        yield "overrides", world.settings["overrides"]
    if HOOKS in world.files:
        yield "pnpmfileChecksum", RECORDED
    if PATCH in world.files:
        yield "patchedDependencies", {"left": {"hash": RECORDED, "path": PATCH}}


def _version(world: World, name: str) -> str:
    is_patched = name == "left" and PATCH in world.files
    return world.versions[name] + (f"(patch_hash={RECORDED})" if is_patched else "")


def _importer(world: World, folder: str) -> dict[str, dict[str, Any]]:
    project, groups = world.members[folder], dict[str, dict[str, Any]]()
    for name, group in project.uses.items():
        home = world.homes[name]
        reached = f"file:{home}" if name in project.injected else f"link:{os.path.relpath(home, folder)}"
        groups.setdefault(group, {})[name] = {"specifier": "workspace:*", "version": reached}
    for name in project.needs:
        line = {"specifier": "^1.0.0", "version": _version(world, name)}
        groups.setdefault(PRODUCTION, {})[name] = line
    return groups


def _copied(world: World) -> set[str]:
    """The folders that installs copy instead of linking them."""
    members = world.members.values()
    return {world.homes[name] for found in members for name in found.injected if name in found.uses}


def _directory(folder: str) -> dict[str, Any]:
    return {"resolution": {"directory": folder, "type": "directory"}}


def _links(world: World, folder: str) -> dict[str, Any]:
    used = {name: f"link:{world.homes[name]}" for name in world.members[folder].uses}
    return {"dependencies": used} if used else {}


def _resolution(world: World, name: str) -> dict[str, Any]:
    return {"resolution": {"integrity": f"sha512-{name}@{world.versions[name]}"}}


def _snapshot(world: World, name: str) -> dict[str, Any]:
    return {"dependencies": {"right": world.versions["right"]}} if name == "left" else {}


def toml(table: Table) -> str:
    """A table as TOML: its own tables by heading one level deep, all below them inline."""
    plain = [
        f"{json.dumps(key)} = {_inline(value)}"
        for key, value in table.items()
        if not isinstance(value, Mapping)
    ]
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    blocks = [f"[{json.dumps(key)}]\n{toml_lines(value)}" for key, value in inner.items()]
    return "\n".join([*plain, *blocks, ""])


def toml_lines(table: Table) -> str:
    """The entries of one table, each on its line."""
    return "\n".join(f"{json.dumps(key)} = {_inline(value)}" for key, value in table.items())


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_inline(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)


# Worlds by chance -------------------------------------------------------------------------------------------


def random_world(choose: Choose) -> World:
    """Five to twelve projects, up to four of them services, and up to three services that are no projects."""
    packages = NAMES[: choose(range(3, 9))]
    apps = SERVICES[: choose(range(2, 5))]
    folders = {f"@acme/{name}": _folder(name, choose) for name in packages}
    folders.update({f"@acme/{name}": f"apps/{name}" for name in apps})
    projects = {folder: _project(name, list(folders), choose) for name, folder in folders.items()}
    plain = PLAIN[: choose(range(1, 4))]
    return World(
        projects={".": Project("root", fields={"private": True}), **projects},
        products=_products([*(_app(name, choose) for name in apps), *(_plain(name) for name in plain)]),
        files={**_loose(plain, choose), **dict(_sources(projects, choose))},
        manifest={"name": "acme", "ignored": ["*.md", "*.test.ts"], "inputs": ["tsconfig.base.json"]},
        bases=dict.fromkeys(("node:20", "nginx:1.25", "alpine:3"), f"sha256:{'0' * 64}"),
        environments={"development": {"proxy_port": 80}, "production": {"proxy_port": 81}},
        root=choose((".", ".", "inner")),
    )


def _folder(name: str, choose: Choose) -> str:
    """Most projects lie side by side, some inside another."""
    return choose([f"packages/{name}", f"packages/{name}", "packages/core/plugins/" + name])


def _project(name: str, names: list[str], choose: Choose) -> Project:
    """Uses of earlier projects, and now and then a development use of any: that makes cycles."""
    earlier = names[: names.index(name)]
    uses = {
        choose(earlier): choose((PRODUCTION, PRODUCTION, OPTIONAL))
        for _ in range(choose(range(3)))
        if earlier
    }
    others = [other for other in names if other != name and other not in uses]
    if others and choose(range(5)) == 4:
        uses[choose(others)] = DEVELOPMENT
    return Project(name, uses, choose(((), (), ("left",), ("right",))), fields={"scripts": {"build": "tsc"}})


def _app(name: str, choose: Choose) -> tuple[str, dict[str, Any]]:
    fields: dict[str, Any] = {"path": f"apps/{name}", "dockerfile": choose((APP, SITE)), "health": "/"}
    fields["port"] = 3000 + SERVICES.index(name)
    if choose(range(4)) == 3:
        fields |= {"dockerfile": WIDE, "context": choose((".", "apps"))}
    if choose((False, True)):
        fields["inputs"] = ["shared/*.json"]
    return name, {**fields, "env": {"LEVEL": "info", "SECRET": {"secret": True}}}


def _plain(name: str) -> tuple[str, dict[str, Any]]:
    fields = {"path": f"services/{name}", "dockerfile": f"services/{name}/Dockerfile", "health": "/"}
    return name, {**fields, "port": 4000 + PLAIN.index(name)}


def _products(services: list[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Table]]:
    """One product per service, but for the first two, which ship together."""
    names = [name for name, _ in services]
    homes = {name: "suite" if name in names[:2] else f"{name}-product" for name in names}
    return {home: {name: one for name, one in services if homes[name] == home} for home in homes.values()}


def _loose(plain: Sequence[str], choose: Choose) -> dict[str, File]:
    found = {path: File(content) for path, content in TEMPLATES.items()}
    found.update(
        {
            "tsconfig.base.json": File("{}\n"),
            SHARED: File("{}\n"),
            KEEP: File(""),
            "shared/b.txt": File("2\n"),
        }
    )
    for name in plain:
        start = choose(STARTS[:2] if name == "base" else STARTS)
        found[f"services/{name}/Dockerfile"] = File(f"{start}COPY services/{name}/ /\n")
        found[f"services/{name}/start.sh"] = File("true\n", choose((REGULAR, EXECUTABLE)))
    return found


def _sources(projects: Mapping[str, Project], choose: Choose) -> Iterator[tuple[str, File]]:
    for folder in projects:
        yield f"{folder}/src/index.ts", File(f"export const at = '{folder}'\n")
        yield from choose(EXTRAS)(folder)


def extending(folder: str, path: str) -> str:
    """A tsconfig.json in a folder that extends another file."""
    return json.dumps({"extends": os.path.relpath(path, folder)}) + "\n"


EXTRAS: tuple[Callable[[str], list[tuple[str, File]]], ...] = (
    lambda folder: [],
    lambda folder: [(f"{folder}/README.md", File("read me\n")), (f"{folder}/src/a.test.ts", File("test\n"))],
    lambda folder: [(f"{folder}/bin/run", File("#!/bin/sh\n", EXECUTABLE))],
    lambda folder: [(f"{folder}/tsconfig.json", File(extending(folder, SHARED)))],
    lambda folder: [(f"{folder}/link", File("src/index.ts", SYMLINK)), (f"{folder}/größe ü.ts", File("ü\n"))],
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Any world."""
    return random_world(drawing(draw))


def drawing(draw: st.DrawFn) -> Choose:
    """Choices that hypothesis makes, and makes smaller when a test fails."""

    def choose(options: Sequence[T]) -> T:
        return draw(st.sampled_from(options))

    return choose
