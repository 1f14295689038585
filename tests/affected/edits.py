"""Random edits of a world as values: each says what it does, and makes another world of any it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from tests.affected.worlds import (
    APP,
    DEVELOPMENT,
    EXECUTABLE,
    GLOBS,
    GROUPS,
    HOOKS,
    PATCH,
    PRODUCTION,
    REGULAR,
    SYMLINK,
    Choose,
    File,
    Project,
    World,
    drawing,
    is_recipe,
    told,
    tree,
    with_entry,
    without,
    worlds,
)


@dataclass(frozen=True)
class Edit:
    """One change of a workspace, and how it is told."""

    said: str
    change: Callable[[World], World]

    def __repr__(self) -> str:
        return self.said


Verb = Callable[[World, Choose], Edit | None]  # None where a world has nothing that it could change


def apply(world: World, edits: Iterable[Edit]) -> World:
    """The world after these edits, one by one."""
    return reduce(lambda before, edit: edit.change(before), edits, world)


# Files ------------------------------------------------------------------------------------------------------


def written(path: str, file: File) -> Callable[[World], World]:
    """The change that puts a file in its place."""
    return lambda world: replace(world, files=with_entry(world.files, path, file))


def edit_file(world: World, choose: Choose) -> Edit:
    return edited(world, choose(world.sources))


def edited(world: World, path: str) -> Edit:
    """One more line in a file, or another target of a symbolic link."""
    old = world.files[path]
    content = f"{old.content}x" if old.mode == SYMLINK else f"{old.content}// edited\n"
    return Edit(f"edit {path}", written(path, File(content, old.mode)))


def add_file(world: World, choose: Choose) -> Edit | None:
    path = f"{_some_folder(world, choose)}/{choose(('new.ts', 'new.test.ts', 'NEW.md', '.npmrc'))}"
    return None if path in world.files else Edit(f"add {path}", written(path, File(f"{path}\n")))


def delete_file(world: World, choose: Choose) -> Edit:
    path = choose(world.sources)
    return Edit(f"delete {path}", lambda w: replace(w, files=without(w.files, path)))


def move_file(world: World, choose: Choose) -> Edit | None:
    path = choose(world.sources)
    target = f"{_some_folder(world, choose)}/moved/{path.rpartition('/')[2]}"
    return (
        None if target in world.files else Edit(f"move {path} to {target}", lambda w: _moved(w, path, target))
    )


def change_mode(world: World, choose: Choose) -> Edit:
    path = choose([path for path in world.sources if world.files[path].mode != SYMLINK])
    old = world.files[path]
    mode = REGULAR if old.mode == EXECUTABLE else EXECUTABLE
    return Edit(f"chmod {mode:o} {path}", written(path, File(old.content, mode)))


def retarget_link(world: World, choose: Choose) -> Edit | None:
    links = [path for path in world.sources if world.files[path].mode == SYMLINK]
    return edited(world, choose(links)) if links else None


def link_file(world: World, choose: Choose) -> Edit:
    path = choose(world.sources)
    return Edit(f"make {path} a link", written(path, File("index.ts", SYMLINK)))


def _some_folder(world: World, choose: Choose) -> str:
    apart: list[str] = [fields["path"] for _, fields in world.services.values()]
    return choose([*sorted({*world.projects, *apart} - {"."}), "shared"])


def _moved(world: World, path: str, target: str) -> World:
    return replace(world, files=with_entry(without(world.files, path), target, world.files[path]))


EVERYDAY: tuple[Verb, ...] = (
    edit_file,
    add_file,
    delete_file,
    move_file,
    change_mode,
    retarget_link,
    link_file,
)


# package.json -----------------------------------------------------------------------------------------------


def changed_project(folder: str, **fields: Any) -> Callable[[World], World]:
    """The change that gives a project other fields."""
    return lambda w: replace(
        w, projects=with_entry(w.projects, folder, replace(w.projects[folder], **fields))
    )


def add_use(world: World, choose: Choose) -> Edit | None:
    folder, project = choose(sorted(_apart(world).items()))
    free = sorted({*world.homes} - {project.name, "root", *project.uses})
    if not free:
        return None
    name, group = choose(free), choose(GROUPS)
    uses = with_entry(project.uses, name, group)
    return Edit(f"{folder} uses {name} ({group})", changed_project(folder, uses=uses))


def drop_use(world: World, choose: Choose) -> Edit | None:
    edges = [(folder, name) for folder, found in sorted(world.members.items()) for name in found.uses]
    if not edges:
        return None
    folder, name = choose(edges)
    uses = without(world.members[folder].uses, name)
    return Edit(f"{folder} uses {name} no more", changed_project(folder, uses=uses))


def regroup_use(world: World, choose: Choose) -> Edit | None:
    edges = [(at, name) for at, found in sorted(world.members.items()) for name in found.uses]
    if not edges:
        return None
    folder, name = choose(edges)
    old = world.members[folder].uses
    group = DEVELOPMENT if old[name] != DEVELOPMENT else PRODUCTION
    return Edit(f"{folder} has {name} in {group}", changed_project(folder, uses=with_entry(old, name, group)))


def change_script(world: World, choose: Choose) -> Edit:
    folder = choose(sorted(world.projects))
    old = world.projects[folder].fields
    fields = with_entry(old, "scripts", {"build": f"{old.get('scripts', '')}x", "lint": "eslint"})
    return Edit(f"another script in {folder}", changed_project(folder, fields=fields))


def change_needs(world: World, choose: Choose) -> Edit:
    folder = choose(sorted(world.projects))
    needs = choose([one for one in ((), ("left",), ("right",)) if one != world.projects[folder].needs])
    return Edit(f"{folder} needs {needs}", changed_project(folder, needs=needs))


def rename_project(world: World, choose: Choose) -> Edit | None:
    folder, old = choose(sorted(_apart(world).items()))
    name = f"{old.name}-new"
    return Edit(f"rename {old.name} to {name}", lambda w: _renamed(w, folder, name))


def _apart(world: World) -> dict[str, Project]:
    return without(world.members, ".")


def _renamed(world: World, folder: str, name: str) -> World:
    old = world.projects[folder].name
    projects = {
        at: replace(
            found,
            name=name if at == folder else found.name,
            uses={name if used == old else used: group for used, group in found.uses.items()},
            injected=tuple(name if used == old else used for used in found.injected),
        )
        for at, found in world.projects.items()
    }
    return replace(world, projects=projects)


def inject_use(world: World, choose: Choose) -> Edit | None:
    """An install copies the project instead of linking it, or links it again."""
    edges = [(at, name) for at, found in sorted(world.members.items()) for name in found.uses]
    if not edges:
        return None
    folder, name = choose(edges)
    old = world.members[folder].injected
    injected = tuple(one for one in old if one != name) if name in old else (*old, name)
    return Edit(f"{folder} has {injected} copied", changed_project(folder, injected=injected))


PACKAGES: tuple[Verb, ...] = (
    *(add_use, drop_use, regroup_use, inject_use),
    *(change_script, change_needs, rename_project),
)


# Projects come, go and move ---------------------------------------------------------------------------------


def add_project(world: World, choose: Choose) -> Edit:
    fresh = f"fresh-{_next(world.projects, 'fresh-')}"
    folder = choose((f"packages/{fresh}", f"packages/core/plugins/{fresh}"))
    user = choose([at for at in sorted(world.members) if at != "."])
    return Edit(f"add {folder}, which {user} uses", lambda w: _with_project(w, folder, user))


def _next(names: Iterable[str], mark: str) -> int:
    """A number that no name of this kind has yet."""
    taken = [int(name.rpartition(mark)[2].partition("-")[0]) for name in names if mark in name]
    return max(taken, default=0) + 1


def _with_project(world: World, folder: str, user: str) -> World:
    fresh = Project(f"@acme/{folder.rpartition('/')[2]}")
    uses = with_entry(world.projects[user].uses, fresh.name, PRODUCTION)
    grown = replace(world, projects=with_entry(world.projects, folder, fresh))
    return written(f"{folder}/src/index.ts", File("fresh\n"))(changed_project(user, uses=uses)(grown))


def add_app(world: World, choose: Choose) -> Edit:
    """A project with a service of its own, in a new product."""
    name = f"app-{_next(world.projects, 'app-')}"
    user = choose([at for at in sorted(world.members) if at != "."])
    recipe = next(path for path in sorted(world.files) if path.startswith(APP))
    fields = {"path": f"apps/{name}", "dockerfile": recipe, "health": "/", "port": free_port(world)}
    return Edit(
        f"add service {name}, like {user}",
        lambda w: replace(
            written(f"apps/{name}/src/index.ts", File(f"{name}\n"))(w),
            projects=with_entry(w.projects, f"apps/{name}", Project(f"@acme/{name}", w.projects[user].uses)),
            products=with_entry(w.products, f"{name}-product", {name: fields}),
        ),
    )


def free_port(world: World) -> int:
    """A port that no service has."""
    return max((int(fields["port"]) for _, fields in world.services.values()), default=3000) + 1


def remove_project(world: World, choose: Choose) -> Edit | None:
    free = _shared_projects(world)
    if not free:
        return None
    folder = choose(free)
    return Edit(f"remove {folder}", lambda w: _removed(w, folder))


def _removed(world: World, folder: str) -> World:
    name = world.projects[folder].name
    files = {path: file for path, file in world.files.items() if world.owner(path) != folder}
    return replace(_unused(world, name), projects=without(_unused(world, name).projects, folder), files=files)


def _unused(world: World, name: str) -> World:
    projects = {
        at: replace(one, uses=without(one.uses, name), injected=tuple({*one.injected} - {name}))
        for at, one in world.projects.items()
    }
    return replace(world, projects=projects)


def _shared_projects(world: World) -> list[str]:
    """The members that are no service."""
    services = {fields["path"] for _, fields in world.services.values()}
    return sorted({*world.members} - services - {"."})


def move_project(world: World, choose: Choose) -> Edit | None:
    free = _shared_projects(world)
    if not free:
        return None
    folder = choose(free)
    target = choose(
        (f"packages/{folder.rpartition('/')[2]}-moved", f"packages/ui/plugins/{folder.rpartition('/')[2]}")
    )
    taken = any(
        path.startswith(f"{target}/") for path in [*world.files, *(f"{at}/" for at in world.projects)]
    )
    if taken or target.startswith(f"{folder}/"):
        return None
    return Edit(f"move project {folder} to {target}", lambda w: _moved_project(w, folder, target))


def _moved_project(world: World, folder: str, target: str) -> World:
    """The project alone moves: another one that lies inside its folder stays."""
    projects = {target if at == folder else at: found for at, found in world.projects.items()}
    files = {
        target + path[len(folder) :] if world.owner(path) == folder else path: file
        for path, file in world.files.items()
    }
    return replace(world, projects=projects, files=files)


def exclude_project(world: World, choose: Choose) -> Edit | None:
    free = _shared_projects(world)
    if not free:
        return None
    folder = choose(free)
    name = world.projects[folder].name
    return Edit(
        f"shut out {folder} by a glob", lambda w: replace(_unused(w, name), excluded=(*w.excluded, folder))
    )


def respell_globs(world: World, choose: Choose) -> Edit:
    globs = choose((("packages/**", "apps/**"), GLOBS[::-1]))
    return Edit(f"globs {globs}", lambda w: replace(w, globs=globs))


PROJECTS: tuple[Verb, ...] = (add_project, remove_project, move_project, exclude_project, respell_globs)


# Manifests --------------------------------------------------------------------------------------------------


def changed_service(name: str, **fields: Any) -> Callable[[World], World]:
    """The change that gives a service other fields in its manifest; None takes one away."""
    return lambda world: _with_fields(world, name, fields)


def _with_fields(world: World, name: str, fields: Mapping[str, Any]) -> World:
    product, old = world.services[name]
    new = {key: value for key, value in {**old, **fields}.items() if value is not None}
    products = with_entry(world.products, product, with_entry(world.products[product], name, new))
    return replace(world, products=products)


def set_field(world: World, choose: Choose) -> Edit | None:
    name = choose(sorted(world.services))
    field, value = choose(FIELDS)
    if world.services[name][1].get(field) == value:
        return None
    return Edit(f"{name}: {field} = {value}", changed_service(name, **{field: value}))


FIELDS: Sequence[tuple[str, Any]] = (
    ("env", {"LEVEL": "debug"}),
    ("env", {"LEVEL": {"production": "warn", "*": "info"}}),
    ("replicas", 2),
    ("replicas", {"production": 3}),
    ("inputs", ["shared/*.txt"]),
    ("inputs", ["shared/"]),
    ("inputs", ["packages/**/README.md"]),
    ("inputs", None),
    ("build_args", {"SITE": "other"}),
    ("build_args", {"UNHEARD": "of"}),
    ("build_secrets", ["NPM_TOKEN", "NPM_TOKEN"]),
    ("health", "/ready"),
    ("resources", {"cpus": 1.5}),
)


def set_port(world: World, choose: Choose) -> Edit:
    name = choose(sorted(world.services))
    port = free_port(world)
    return Edit(f"{name} has port {port}", changed_service(name, port=port))


def call_service(world: World, choose: Choose) -> Edit:
    name, other = choose(sorted(world.services)), choose(sorted(world.services))
    return Edit(f"{name} is told of {other}", changed_service(name, env={"OTHER": f"{{service:{other}}}"}))


EXTRA: Mapping[str, Any] = {
    "dockerfile": "docker/Dockerfile.extra",
    "port": 5000,
    "health": "/",
}


def add_product(world: World, choose: Choose) -> Edit | None:
    if "extra" in world.services:
        return None
    recipe = written(EXTRA["dockerfile"], File("FROM alpine:3\nCOPY . /\n"))
    fields = {**EXTRA, "path": choose(("shared", "packages", "services"))}
    return Edit(f"add product extra-product of {fields['path']}", lambda w: _with_product(recipe(w), fields))


def _with_product(world: World, fields: Mapping[str, Any]) -> World:
    return replace(world, products=with_entry(world.products, "extra-product", {"extra": fields}))


def remove_product(world: World, choose: Choose) -> Edit | None:
    name = choose(sorted(world.products))
    gone = world.products[name]
    if len(world.products) == 1 or any(_names(world, service, name) for service in gone):
        return None
    return Edit(f"remove product {name}", lambda w: replace(w, products=without(w.products, name)))


def _names(world: World, service: str, product: str) -> bool:
    """Whether another product asks for the address of a service."""
    placeholder = f"{{service:{service}}}"
    others = (fields for home, fields in world.services.values() if home != product)
    return any(placeholder in str(fields.get("env")) for fields in others)


def move_service(world: World, choose: Choose) -> Edit | None:
    """Nothing an image sees: only which product it ships with."""
    name = choose(sorted(world.services))
    product = choose(
        [one for one in (*sorted(world.products), "moved-product") if one != world.services[name][0]]
    )
    return Edit(f"move service {name} to {product}", lambda w: _in_product(w, name, product))


def _in_product(world: World, name: str, product: str) -> World:
    old, fields = world.services[name]
    left = {**world.products, old: without(world.products[old], name)}
    grown = {**left, product: with_entry(left.get(product, {}), name, fields)}
    return replace(world, products={home: services for home, services in grown.items() if services})


def set_manifest(world: World, choose: Choose) -> Edit:
    field, value = choose(MANIFEST)
    return Edit(
        f"manifest: {field} = {value}", lambda w: replace(w, manifest=with_entry(w.manifest, field, value))
    )


MANIFEST: Sequence[tuple[str, Any]] = (
    ("ignored", ["*.md"]),
    ("ignored", ["*.md", "*.test.ts", "unheard/"]),
    ("ignored", ["bin/", "*.md"]),
    ("ignored", ["*.md", "src/*", "!index.ts"]),
    ("inputs", []),
    ("inputs", ["tsconfig.base.json", "shared/*"]),
    ("platforms", ["linux/amd64"]),
    ("root_dependencies", True),
    ("mirrors", {"docker.io": "mirror.example.com"}),
    ("fingerprint_version", 2),
)


def set_environment(world: World, choose: Choose) -> Edit:
    name = choose(sorted(world.environments))
    field, value = choose(ENVIRONMENT)
    table = with_entry(world.environments[name], field, value)
    return Edit(
        f"{name}: {field} = {value}",
        lambda w: replace(w, environments=with_entry(w.environments, name, table)),
    )


ENVIRONMENT: Sequence[tuple[str, Any]] = (
    ("domain", "{host}.example.com"),
    ("drain_within", 3),
    ("values", {"REGION": "north"}),
    ("strategy", "blue-green"),
)


def add_environment(world: World, choose: Choose) -> Edit | None:
    if "staging" in world.environments:
        return None
    table = {"proxy_port": 82}
    return Edit(
        "add staging", lambda w: replace(w, environments=with_entry(w.environments, "staging", table))
    )


MANIFESTS: tuple[Verb, ...] = (
    *(set_field, set_field, set_port, call_service, add_product, add_app, remove_product, move_service),
    *(set_manifest, set_environment, add_environment),
)


# Recipes, bases, the root -----------------------------------------------------------------------------------


def edit_recipe(world: World, choose: Choose) -> Edit:
    path = choose(sorted(path for path in world.files if is_recipe(path)))
    content = world.files[path].content + choose(
        ("RUN true\n", "# more\n", "ARG SITE\n", "COPY --from=nginx:1.25 / /\n")
    )
    return Edit(f"edit {path}", written(path, File(content)))


def move_in_recipe(world: World, choose: Choose) -> Edit | None:
    """A service gets a Dockerfile of its own, among its sources."""
    name, path = choose([(name, fields["path"]) for name, (_, fields) in sorted(world.services.items())])
    own = f"{path}/Dockerfile.own"
    if own in world.files:
        return None
    recipe = written(own, File("FROM alpine:3\nARG PACKAGE\nCOPY . /\nCOPY template/Dockerfile.b* /\n"))
    beside = written(f"{path}/Dockerfile.beside", File("beside\n"))
    return Edit(f"{name} has {own}", lambda w: changed_service(name, dockerfile=own)(beside(recipe(w))))


def stand_for_base(world: World, choose: Choose) -> Edit | None:
    """The image of a service that is built upon nothing takes the place of a base image."""
    taken = any("base_of" in fields for _, fields in world.services.values())
    free = [name for name in world.services if _starts(world, name, "FROM scratch\n")]
    if taken or not free:
        return None
    name = choose(free)
    return Edit(f"{name} stands for alpine:3", changed_service(name, base_of="alpine:3"))


def _starts(world: World, name: str, start: str) -> bool:
    return world.files[world.services[name][1]["dockerfile"]].content.startswith(start)


def mark_executable(world: World, choose: Choose) -> Edit:
    """The executable bit of any file at all, be it a manifest or the lockfile."""
    path = choose(sorted(path for path, file in tree(world).items() if file.mode != SYMLINK))
    return Edit(f"mark {path}", lambda w: replace(w, executable=w.executable ^ {path}))


def reformat_lockfile(world: World, choose: Choose) -> Edit:
    return Edit("another layout of the lockfile", lambda w: replace(w, indent=w.indent + 1))


def remark(world: World, choose: Choose) -> Edit:
    return Edit("a remark in every manifest", lambda w: replace(w, remarks=f"{w.remarks}# more\n"))


def patch_package(world: World, choose: Choose) -> Edit:
    return _grown(world, choose((PATCH, HOOKS)))


def unpatch_package(world: World, choose: Choose) -> Edit | None:
    there = [path for path in (PATCH, HOOKS) if path in world.files]
    if not there:
        return None
    path = choose(there)
    return Edit(f"delete {path}", lambda w: replace(w, files=without(w.files, path)))


def _grown(world: World, path: str) -> Edit:
    """One more line in a file that may not be there yet."""
    return Edit(f"edit {path}", written(path, File(f"{world.files.get(path, File('')).content}more\n")))


def edit_support(world: World, choose: Choose) -> Edit:
    return _grown(world, choose(("docker/site.conf", "docker/other.conf", "docker/unused.txt")))


def move_recipe(world: World, choose: Choose) -> Edit | None:
    """The same Dockerfile at another place: the build sees no difference."""
    path = choose(sorted(path for path in world.files if path.startswith("docker/Dockerfile")))
    target = f"{path}-moved"
    return None if target in world.files else Edit(f"move {path}", lambda w: moved_recipe(w, path, target))


def moved_recipe(world: World, path: str, target: str) -> World:
    """The world in which a Dockerfile stands elsewhere, and its services know."""
    users = [name for name, (_, fields) in world.services.items() if fields["dockerfile"] == path]
    moves = [Edit("", changed_service(name, dockerfile=target)) for name in users]
    return apply(_moved(world, path, target), moves)


def change_base(world: World, choose: Choose) -> Edit:
    name = choose(("node:20", "nginx:1.25", "alpine:3"))
    sign = choose([one for one in "12345" if not world.bases.get(name, "").endswith(one)])
    bases = with_entry(world.bases, name, f"sha256:{sign * 64}")
    return Edit(f"{name} is {sign}", lambda w: replace(w, bases=bases))


def forget_base(world: World, choose: Choose) -> Edit | None:
    if not world.bases:
        return None
    name = choose(sorted(world.bases))
    return Edit(f"{name} is locked no more", lambda w: replace(w, bases=without(w.bases, name)))


def bump_version(world: World, choose: Choose) -> Edit:
    name = choose(("left", "right"))
    versions = with_entry(world.versions, name, f"{world.versions[name]}1")
    return Edit(f"{name} is locked at {versions[name]}", lambda w: replace(w, versions=versions))


def change_root(world: World, choose: Choose) -> Edit:
    field, value = choose(ROOT_FIELDS)
    fields = with_entry(world.projects["."].fields, field, value)
    return Edit(f"root: {field} = {value}", changed_project(".", fields=fields))


ROOT_FIELDS: Sequence[tuple[str, Any]] = (
    ("packageManager", "pnpm@9.15.0"),
    ("packageManager", "pnpm@10.1.0"),
    ("engines", {"node": ">=20"}),
    ("description", "words"),
    ("type", "module"),
    ("pnpm", {"onlyBuiltDependencies": ["left"]}),
    ("pnpm", {"onlyBuiltDependencies": ["unheard-of"]}),
)


def use_in_root(world: World, choose: Choose) -> Edit:
    name = choose(sorted({*world.homes} - {"root"}))
    uses = with_entry(world.projects["."].uses, name, DEVELOPMENT)
    return Edit(f"the root uses {name}", changed_project(".", uses=uses))


def change_npmrc(world: World, choose: Choose) -> Edit:
    line = choose(
        ("strict-peer-dependencies=true\n", "link-workspace-packages=true\n", "engine-strict=true\n")
    )
    old = world.files.get(".npmrc", File(""))
    return Edit(f".npmrc has {line!r}", written(".npmrc", File(old.content + line)))


def change_settings(world: World, choose: Choose) -> Edit:
    field, value = choose(SETTINGS)
    return Edit(
        f"pnpm: {field} = {value}", lambda w: replace(w, settings=with_entry(w.settings, field, value))
    )


SETTINGS: Sequence[tuple[str, Any]] = (
    ("shamefullyHoist", True),
    ("linkWorkspacePackages", True),
    ("savePrefix", ""),
    ("overrides", {"right@2": "2.0.0", "left>right": "1.0.0"}),
    ("overrides", {"right": "1.0.01", "left@1": "npm:right@1.0.0", "unheard-of": "-"}),
)


ROOT: tuple[Verb, ...] = (
    *(edit_recipe, move_recipe, move_in_recipe, stand_for_base, mark_executable, reformat_lockfile, remark),
    *(patch_package, unpatch_package, edit_support, change_base, forget_base, bump_version),
    *(change_root, use_in_root, change_npmrc, change_settings),
)
ALL = (*EVERYDAY, *PACKAGES, *PROJECTS, *MANIFESTS, *ROOT)


# Edits by chance --------------------------------------------------------------------------------------------


def random_edit(world: World, choose: Choose, verbs: Sequence[Verb] = ALL) -> Edit:
    """An edit that fits the world, and changes it."""
    while True:
        edit = choose(verbs)(world, choose)
        if edit is not None:
            return edit


def random_edits(world: World, choose: Choose, verbs: Sequence[Verb] = ALL) -> list[Edit]:
    """One to four edits, each of the world that the earlier ones made."""
    found: list[Edit] = []
    for _ in range(choose((1, 1, 2, 4))):
        found.append(random_edit(apply(world, found), choose, verbs))
    return found


@dataclass(frozen=True)
class History:
    """A world and edits of it."""

    before: World
    edits: tuple[Edit, ...]

    @property
    def after(self) -> World:
        """The world that the edits make."""
        return apply(self.before, self.edits)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis tells it."""
        printer.text("\n".join(["", *told(self.before), *(f"  then {edit.said}" for edit in self.edits)]))


@st.composite
def histories(draw: st.DrawFn, verbs: Sequence[Verb] = ALL) -> History:
    """A world and edits of it."""
    before = draw(worlds())
    return History(before, tuple(random_edits(before, drawing(draw), verbs)))


@dataclass(frozen=True)
class Fork:
    """A world and two sets of everyday edits of it that touch no file in common."""

    before: World
    one: tuple[Edit, ...]
    other: tuple[Edit, ...]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis tells it."""
        lines = (f"  {side} {edit.said}" for side in ("one", "other") for edit in getattr(self, side))
        printer.text("\n".join(["", *told(self.before), *lines]))


@st.composite
def forks(draw: st.DrawFn) -> Fork:
    """A world and two sets of everyday edits that have no file in common."""
    before, choose = draw(worlds()), drawing(draw)
    halves = [_half(before, before.sources[start::2]) for start in (0, 1)]
    one, other = (tuple(random_edits(half, choose, EVERYDAY)) for half in halves)
    assume(not _touched(before, one) & _touched(before, other))
    return Fork(before, one, other)


def _half(world: World, hidden: Sequence[str]) -> World:
    return replace(world, files=without(world.files, *hidden))


def _touched(world: World, edits: Iterable[Edit]) -> set[str]:
    """The paths whose file is another after these edits."""
    before, after = world.files, apply(world, edits).files
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
