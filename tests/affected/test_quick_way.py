"""Graphs that are made from others say what a graph made from nothing says: cases that a short cut may miss."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.comparison import compare
from buildgraph.errors import ConfigurationError
from buildgraph.graph.nodes import Kind
from buildgraph.project import open_project
from tests.affected.built import builds, differing
from tests.affected.commits import commit_worlds, empty_repository, forget_caches
from tests.affected.edits import changed_project, changed_service, written
from tests.affected.worlds import PRODUCTION, SYMLINK, File, World, random_world, with_entry, without
from tests.support.monorepo import Monorepo

FIRST = changed_project("apps/web", uses={"@acme/core": PRODUCTION})(random_world(lambda options: options[0]))
RECIPE = "docker/Dockerfile.plain"
CONFIG = "packages/core/tsconfig.json"
EXTENDS = File('{"extends": "../../configs/base"}\n')


@pytest.fixture
def town(tmp_path: Path) -> Monorepo:
    return empty_repository(tmp_path / "town")


def holding(world: World, files: Mapping[str, str]) -> World:
    """A world with more files, or others."""
    return replace(world, files={**world.files, **{path: File(text) for path, text in files.items()}})


def inputs(**patterns: list[str]) -> World:
    """A world whose services declare these inputs."""
    world = FIRST
    for name, listed in patterns.items():
        world = changed_service(name, inputs=listed)(world)
    return world


def plain(recipe: str) -> World:
    """A world with a service whose Dockerfile stands apart from its folder, services/base."""
    moved = changed_service("base", dockerfile=RECIPE)(written(RECIPE, File(recipe))(FIRST))
    return replace(moved, files=without(moved.files, "services/base/Dockerfile"))


def over_packages() -> World:
    """A world with a service whose context is the folder of all packages."""
    fields = {"path": "packages", "dockerfile": RECIPE, "port": 9000, "health": "/"}
    world = holding(FIRST, {RECIPE: "FROM scratch\nCOPY . /\n"})
    return replace(world, products=with_entry(world.products, "all", {"all": fields}))


def copied_by_the_root() -> World:
    """A world whose root has a project copied, in images whose service does not use it."""
    world = changed_project(".", uses={"@acme/ui": PRODUCTION}, injected=("@acme/ui",))(FIRST)
    return replace(world, manifest={**world.manifest, "root_dependencies": True})


def rootless(world: World) -> World:
    """A world whose root is no project."""
    return replace(world, projects=without(world.projects, "."))


CASES = {
    "a file that an install copies for the root": (
        copied_by_the_root(),
        {"packages/ui/src/index.ts": "new"},
    ),
    "inputs, after another service's exception": (
        inputs(web=["docs/*", "!shared/*"], api=["shared/*.json"]),
        {"shared/a.json": "new"},
    ),
    "inputs, before another service's exception": (
        inputs(web=["shared/*.json"], api=["docs/*", "!shared/*"]),
        {"shared/a.json": "new"},
    ),
    "inputs that another service leaves out": (
        inputs(web=["shared/*", "!shared/a.json"], api=["shared/*.json"]),
        {"shared/a.json": "new"},
    ),
    "a support file of a plain service": (
        plain("FROM scratch\nCOPY template/site.conf /\n"),
        {"docker/site.conf": "new"},
    ),
    "a new support file": (plain("FROM scratch\nCOPY template/ /\n"), {"docker/new.txt": "new"}),
    "a file of a package that two images see": (over_packages(), {"packages/core/src/index.ts": "new"}),
    "a file between packages": (over_packages(), {"packages/loose.ts": "new"}),
    "a tsconfig's base that was missing": (
        written(CONFIG, EXTENDS)(FIRST),
        {"configs/base.json": "{}"},
    ),
    "a tsconfig's base that is nearer": (
        holding(written(CONFIG, EXTENDS)(FIRST), {"configs/base.json": "{}"}),
        {"configs/base": "{}"},
    ),
    "a tsconfig's base beside a root that is no project": (
        rootless(written(CONFIG, EXTENDS)(FIRST)),
        {"configs/base.json": "{}"},
    ),
    "what a linked tsconfig leads to": (
        holding(
            written(CONFIG, File("../../configs/base.json", SYMLINK))(FIRST),
            {"configs/base.json": "{}", "configs/a.json": "{}"},
        ),
        {"configs/base.json": '{"extends": "./a.json"}'},
    ),
    "a file where only a folder is ignored": (
        replace(FIRST, manifest={**FIRST.manifest, "ignored": ["dist/"]}),
        {"packages/core/dist": "new"},
    ),
}


@pytest.mark.parametrize(("before", "edits"), CASES.values(), ids=CASES)
def test_an_edit_put_into_a_known_graph_says_what_a_new_graph_says(
    town: Monorepo, before: World, edits: Mapping[str, str]
) -> None:
    """Pitfall 32."""
    base, head = commit_worlds(town, [before, holding(before, edits)])
    expected, fingerprints = made_anew(town, base, head)

    forget_caches(town)
    compared = compare(open_project(town.root), base, head, tuple(Kind))

    assert {one.node.id for one in compared.nodes if one.node.kind is Kind.IMAGE} == expected
    assert compared.head.graph.fingerprints == fingerprints
    assert open_project(town.root).picture_of(head).graph.fingerprints == fingerprints


def made_anew(town: Monorepo, base: str, head: str) -> tuple[set[str], Mapping[str, str]]:
    """The images whose build sees something else, and the head's fingerprints, without any known graph."""
    pictures = []
    for commit in (base, head):
        forget_caches(town)
        pictures.append(open_project(town.root).picture_of(commit))
        assert pictures[-1].graph.fingerprints
    return differing(*map(builds, pictures)), pictures[-1].graph.fingerprints


APART = {
    "what a linter finds between the root and packages": (
        FIRST,
        {"packages/.eslintrc.json": "{}"},
        {".", "@acme/core", "@acme/ui", "@acme/auth", "@acme/web"},
    ),
    "what a formatter finds by a link": (
        holding(
            written("packages/.prettierrc", File("../configs/all", SYMLINK))(FIRST), {"configs/all": "{}"}
        ),
        {"configs/all": "new"},
        {".", "@acme/core", "@acme/ui", "@acme/auth", "@acme/web"},
    ),
    "what a link leads to outside of the workspace": (
        holding(
            written("packages/core/schema.json", File("../../../proto/now/a.json", SYMLINK))(
                written("../proto/now", File("v2", SYMLINK))(replace(FIRST, root="inner"))
            ),
            {"../proto/v2/a.json": "{}"},
        ),
        {"../proto/v2/a.json": "new"},
        {"@acme/core", "@acme/web"},
    ),
    "a new file in a folder outside of the workspace that one links": (
        holding(
            changed_project("packages/core", fields={"devDependencies": {"proto": "link:../../../proto"}})(
                replace(FIRST, root="inner")
            ),
            {"../proto/a.json": "{}"},
        ),
        {"../proto/b.json": "{}"},
        {"@acme/core", "@acme/web"},
    ),
    "what an editor finds above the workspace": (
        replace(FIRST, root="inner"),
        {"../.editorconfig": "new"},
        {".", "@acme/core", "@acme/ui", "@acme/auth", "@acme/web", "@acme/api"},
    ),
}


@pytest.mark.parametrize(("before", "edits", "packages"), APART.values(), ids=APART)
def test_what_packages_read_outside_of_their_folders_affects_them(
    town: Monorepo, before: World, edits: Mapping[str, str], packages: set[str]
) -> None:
    """Found in a graph that is at hand, too: such a file makes it anew."""
    base, head = commit_worlds(town, [before, holding(before, edits)])

    compared = compare(open_project(town.root), base, head, (Kind.PACKAGE, Kind.IMAGE))

    assert {one.node.id for one in compared.nodes} == {f"package:{name}" for name in packages}


def linking(recipe: str, links: Mapping[str, str]) -> World:
    """A world with an image of the packages' folder as it lies, in which there are links."""
    fields = {"path": "packages", "context": "packages", "dockerfile": RECIPE, "port": 9000, "health": "/"}
    world = holding(FIRST, {RECIPE: f"FROM scratch\n{recipe}\n", "packages/real/sub/b.json": "{}"})
    files = {**world.files, **{at: File(to, SYMLINK) for at, to in links.items()}}
    return replace(world, files=files, products=with_entry(world.products, "all", {"all": fields}))


COPIED = {
    "a pattern": linking("COPY link/*.json real/a* /o/", {"packages/link": "/real/sub"}),
    "a link behind a link": linking(
        "ADD real/up/s /o/", {"packages/real/up": "../u", "packages/u/s": "../real"}
    ),
    "a bound folder": linking("RUN --mount=source=link,target=/l x", {"packages/link": "../../real"}),
}


@pytest.mark.parametrize("before", COPIED.values(), ids=COPIED)
def test_what_a_copied_link_leads_to_affects_the_image(town: Monorepo, before: World) -> None:
    base, head = commit_worlds(town, [before, holding(before, {"packages/real/sub/b.json": "[1]"})])
    project = open_project(town.root)

    compared = compare(project, base, head, (Kind.IMAGE,))

    assert [one.node.id for one in compared.nodes] == ["image:all"]
    links = {f"packages/{file.path}" for file in project.picture_of(head).images["all"].context.files}
    assert links >= {path for path, file in before.files.items() if file.mode == SYMLINK}


def test_a_link_that_comes_where_a_copy_leads_affects_the_image(town: Monorepo) -> None:
    before = linking("COPY l*/*.json real/sub /o/", {})
    base, head = commit_worlds(
        town, [before, linking("COPY l*/*.json real/sub /o/", {"packages/link": "real"})]
    )

    compared = compare(open_project(town.root), base, head, (Kind.IMAGE,))

    assert [one.node.id for one in compared.nodes] == ["image:all"]


def test_what_lies_above_the_project_is_told_to_be_in_no_snapshot(town: Monorepo) -> None:
    """Checks look at it on the disk; a graph that is remembered tells it, too."""
    links = {"packages/core/schema.json": "../../../proto/a.json", "apps/web/all": "/etc/acme"}
    world = replace(FIRST, files={**FIRST.files, **{at: File(to, SYMLINK) for at, to in links.items()}})
    commit = commit_worlds(town, [world])[0]

    told = [open_project(town.root).picture_of(commit).graph.territory for _ in range(2)]

    assert [territory.unseen for territory in told if territory] == 2 * [
        {"packages/core": ("../proto/a.json",), "apps/web": ("/etc/acme",)}
    ]


def test_a_mistake_is_told_whatever_is_known(town: Monorepo) -> None:
    """A deleted folder is a mistake, in a graph that is made from another one, too."""
    before = plain("FROM scratch\nCOPY . /\n")
    after = replace(before, files=without(before.files, "services/base/start.sh"))
    base, head = commit_worlds(town, [before, after])

    with pytest.raises(ConfigurationError, match="there is no folder 'services/base'"):
        open_project(town.root).picture_of(head).graph.fingerprints  # noqa: B018
    with pytest.raises(ConfigurationError, match="there is no folder 'services/base'"):
        compare(open_project(town.root), base, head)


def test_root_dependencies_of_a_root_that_has_none_affect_no_image(town: Monorepo) -> None:
    """Pitfall 14."""
    after = replace(FIRST, manifest={**FIRST.manifest, "root_dependencies": True})
    base, head = commit_worlds(town, [FIRST, after])

    assert compare(open_project(town.root), base, head, (Kind.IMAGE,)).nodes == ()


TELL = """
from pathlib import Path
from buildgraph.project import open_project
print(sorted(open_project(Path()).working_picture().graph.fingerprints.items()))
"""
ASCII = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def named(*names: str) -> Callable[[Path], Path]:
    """A place below a folder."""
    return lambda folder: folder.joinpath(*names)


@pytest.mark.parametrize("place", [named("town"), named("ü", "town")], ids=["plain", "umlaut"])
def test_a_locale_that_knows_no_umlauts_moves_nothing(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    """Pitfalls 1, 2 and 26: file names are bytes, wherever they are read."""
    repo = empty_repository(place(tmp_path))
    base = commit_worlds(repo, [written("packages/core/größe.ts", File("ü\n"))(FIRST)])[0]
    repo.git("reset", "-q", "--hard", base)

    told = told_in(repo.root, ASCII)
    forget_caches(repo)

    assert told == told_in(repo.root, {"LC_ALL": "C.UTF-8"})


def told_in(folder: Path, surroundings: Mapping[str, str]) -> str:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **surroundings}
    argv = (sys.executable, "-c", TELL)
    ran = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
