"""Affected on random workspaces under random edits: exactly what builds see decides, and nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from buildgraph.comparison import compare
from buildgraph.graph.nodes import Kind
from buildgraph.picture import Picture
from buildgraph.project import Project, open_project
from tests.affected.built import builds, differing
from tests.affected.commits import (
    check_out,
    clone,
    commit_worlds,
    empty_repository,
    forget_caches,
    show,
    spoil_caches,
    write_file,
)
from tests.affected.edits import (
    Fork,
    History,
    apply,
    changed_project,
    changed_service,
    edited,
    forks,
    histories,
    moved_recipe,
    written,
)
from tests.affected.worlds import (
    APP,
    DEVELOPMENT,
    PRODUCTION,
    SHARED,
    SYMLINK,
    File,
    World,
    extending,
    random_world,
    tree,
    worlds,
)
from tests.support.monorepo import Monorepo

pytestmark = pytest.mark.thorough

EXAMPLES = int(os.environ.get("BUILDGRAPH_EXAMPLES", "0"))


def examples(few: int) -> settings:
    """The same few examples every time, or as many new ones as BUILDGRAPH_EXAMPLES says."""
    return settings(
        max_examples=EXAMPLES or few,
        derandomize=not EXAMPLES,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture
def town(tmp_path: Path) -> Monorepo:
    """A repository for all the worlds of one test: their commits tell them apart."""
    return empty_repository(tmp_path / "town")


def affected(project: Project, base: str, head: str | None, *kinds: Kind) -> set[str]:
    compared = compare(project, base, head, kinds or tuple(Kind))
    assert compared.complete, compared.why_incomplete
    return {found.node.id for found in compared.nodes}


def cold(repo: Monorepo, commit: str) -> Picture:
    """A commit as a project sees it that remembers nothing."""
    forget_caches(repo)
    return open_project(repo.root).picture_of(commit)


def unequal(before: Picture, after: Picture) -> set[str]:
    one, other = before.graph.fingerprints, after.graph.fingerprints
    return {node for node in one.keys() | other.keys() if one.get(node) != other.get(node)}


@examples(6)
@given(histories())
def test_affected_images_are_those_whose_build_sees_something_else(town: Monorepo, history: History) -> None:
    """Pitfalls 5, 13, 14, 22, 23, 30 and 31."""
    base, head = commit_worlds(town, [history.before, history.after])

    expected = differing(builds(cold(town, base)), builds(cold(town, head)))

    assert affected(open_project(town.root), base, head, Kind.IMAGE) == expected


@examples(5)
@given(histories())
def test_affected_is_where_fingerprints_differ(town: Monorepo, history: History) -> None:
    """Pitfall 32: no first phase may say no where the second would say changed."""
    base, head = commit_worlds(town, [history.before, history.after])
    forget_caches(town)
    one_way = affected(open_project(town.root), base, head)

    expected = unequal(cold(town, base), cold(town, head))

    assert one_way == affected(open_project(town.root), head, base) == expected


@examples(4)
@given(forks())
def test_affected_grows_with_the_edits_when_they_steer_nothing(town: Monorepo, fork: Fork) -> None:
    """Pitfall 28."""
    steps = ((), fork.one, fork.other, (*fork.one, *fork.other))
    base, *heads = commit_worlds(town, [apply(fork.before, edits) for edits in steps])
    project = open_project(town.root)

    one, other, both = (affected(project, base, head) for head in heads)

    assert both == one | other


@examples(4)
@given(histories())
def test_an_edit_and_its_reversal_affect_nothing(town: Monorepo, history: History) -> None:
    base = check_out(town, history.before)

    show(town, history.after, history.before)
    there = affected(open_project(town.root), base, None)
    changed = town.commit()
    show(town, history.before, history.after)
    back = affected(open_project(town.root), base, None)
    town.commit()

    assert back == set()
    assert affected(open_project(town.root), base, "HEAD") == set()
    assert affected(open_project(town.root), changed, "HEAD") == there


@examples(4)
@given(histories(), st.sampled_from(["nothing", "half", "all"]))
def test_edits_affect_what_the_commit_they_become_affects(
    town: Monorepo, history: History, staged: str
) -> None:
    """Pitfall 24."""
    base = check_out(town, history.before)
    middle = apply(history.before, history.edits[: len(history.edits) // 2])
    if staged == "half":
        show(town, middle, history.before)
        town.git("add", "-A")
    show(town, history.after, middle if staged == "half" else history.before)
    if staged == "all":
        town.git("add", "-A")

    edited = open_project(town.root)
    before = affected(edited, base, None), edited.working_picture().graph.fingerprints
    town.commit()

    committed = open_project(town.root)
    assert before == (affected(committed, base, "HEAD"), committed.picture_of("HEAD").graph.fingerprints)


def answer(repo: Monorepo, base: str, head: str | None = None) -> tuple[object, ...]:
    """All that is told: what is affected and why, and every fingerprint."""
    compared = compare(open_project(repo.root), base, head, tuple(Kind))
    told = [(found.node.id, found.change, found.reasons) for found in compared.nodes]
    return compared.complete, told, dict(compared.head.graph.fingerprints)


@examples(3)
@given(history=histories())
def test_what_earlier_runs_keep_changes_no_answer(
    town: Monorepo, tmp_path_factory: pytest.TempPathFactory, history: History
) -> None:
    """Whatever was kept of the base, of earlier edits and of other worlds, a fresh clone tells the same."""
    base, shown = check_out(town, history.before), history.before
    for edit in history.edits:
        show(town, edit.change(shown), shown)
        shown = edit.change(shown)
        answer(town, base)
    fresh = clone(town, tmp_path_factory.mktemp("fresh") / "clone")
    show(fresh, history.after, history.before)
    cold = answer(fresh, base)

    assert answer(town, base) == cold
    spoil_caches(town)
    assert answer(town, base) == cold
    forget_caches(town)
    assert answer(town, base) == cold


@examples(3)
@given(history=histories())
def test_two_commits_compare_alike_in_a_fresh_clone(
    town: Monorepo, tmp_path_factory: pytest.TempPathFactory, history: History
) -> None:
    base, head = commit_worlds(town, [history.before, history.after])
    town.git("reset", "-q", "--hard", head)
    for one, other in ((base, head), (head, base), (base, head)):
        warm = answer(town, one, other)
    fresh = clone(town, tmp_path_factory.mktemp("fresh") / "clone")

    assert answer(fresh, base, head) == warm


TELL = """
import json, sys
from pathlib import Path
from buildgraph.project import open_project
print(json.dumps(dict(sorted(open_project(Path(sys.argv[1])).working_picture().graph.fingerprints.items()))))
"""
SURROUNDINGS = (
    {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
    {"PYTHONHASHSEED": "1", "LC_ALL": "C.UTF-8", "TZ": "America/Lima"},
    {"PYTHONHASHSEED": "2", "LC_ALL": "POSIX", "TZ": "UTC"},
)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_folder_order_clock_seed_or_locale_moves_a_fingerprint(tmp_path: Path, seed: int) -> None:
    """Pitfalls 1 and 2."""
    world = random_world(Random(seed).choice)
    assert any(not path.isascii() for path in world.files)
    told = [
        told_in(built(tmp_path / str(number) / "a b", world, number), surroundings)
        for number, surroundings in enumerate(SURROUNDINGS)
    ]

    assert told[0] == told[1] == told[2]


def built(root: Path, world: World, number: int) -> Path:
    """A folder below a working tree of this world, whose files came in an order of their own."""
    root.parent.mkdir()
    repo = empty_repository(root)
    files = sorted(tree(world).items())
    for path, file in Random(number).sample(files, len(files)):
        write_file(repo, path, file)
        if file.mode != SYMLINK:
            os.utime(root / path, (number * 10**8, number * 10**8))
    repo.commit()
    return root / "docker"


def told_in(folder: Path, surroundings: dict[str, str]) -> str:
    """The fingerprints as a process tells them that starts in `folder`."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **surroundings}
    argv = (sys.executable, "-c", TELL, str(folder))
    return subprocess.run(
        argv, cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout


@dataclass(frozen=True)
class Expected:
    """What an edit of one source reaches, worked out from the world and nothing else."""

    world: World
    path: str

    def images(self) -> set[str]:
        """The images whose build sees the file, and those built upon them."""
        found = {name for name, (_, fields) in self.world.services.items() if self.is_seen_by(fields)}
        upon_base = {name for name in self.world.services if self._is_upon_base(name)}
        return {f"image:{name}" for name in found | (upon_base if "base" in found else set())}

    def is_seen_by(self, fields: Mapping[str, object]) -> bool:
        """Whether the build of a service with these fields sees the file."""
        folder = str(fields["path"])
        if "context" in fields:
            return fields["context"] == "." and self.is_in_window and not self.is_ignored
        if folder not in self.world.members:
            return self.path.startswith(f"{folder}/") and not self.is_ignored
        if self.path == "tsconfig.base.json":
            return True
        needed = self.world.closure(folder)
        if self.path == SHARED and ("inputs" in fields or needed & self.world.readers(SHARED)):
            return True
        return self.world.owner(self.path) in needed and not self.is_ignored

    @property
    def is_in_window(self) -> bool:
        """Whether the COPY lines of the Dockerfile WIDE name the file, and its ignore file does not."""
        is_copied = re.match(r"(apps|shared|packages/[^/]+/src)/", self.path)
        is_kept_out = re.match(r"packages/u|apps/(?!api/)[^/]+/src/[a-m]", self.path)
        return bool(is_copied) and not is_kept_out

    @property
    def is_ignored(self) -> bool:
        """Whether no image sees the file."""
        return self.path.endswith((".md", ".test.ts"))

    def _is_upon_base(self, name: str) -> bool:
        recipe = self.world.files.get(f"services/{name}/Dockerfile", File(""))
        return recipe.content.startswith("FROM base\n")

    def packages(self) -> set[str]:
        """The packages whose checks see the file: its owner's, and all that use it."""
        owner = self.world.owner(self.path)
        readers = self.world.members if self.path == "tsconfig.base.json" else self.world.readers(self.path)
        seen = {user for folder in {owner, *readers} for user in self.world.users(folder)}
        return {"package:." if at == "." else f"package:{self.world.members[at].name}" for at in seen}

    def shipped(self) -> set[str]:
        """The deployments and products of the images."""
        names = {image.removeprefix("image:") for image in self.images()}
        running = {f"deployment:{place}/{name}" for place in self.world.environments for name in names}
        return running | {f"product:{self.world.services[name][0]}" for name in names}


USER = (Kind.PACKAGE, Kind.IMAGE, Kind.DEPLOYMENT, Kind.PRODUCT)


@examples(6)
@given(worlds(), st.data())
def test_an_edited_source_affects_what_owns_or_uses_it_and_nothing_else(
    town: Monorepo, world: World, data: st.DataObject
) -> None:
    """Pitfalls 29 and 34."""
    path = data.draw(st.sampled_from(world.sources))
    base, head = commit_worlds(town, [world, edited(world, path).change(world)])

    expected = Expected(world, path)

    found = affected(open_project(town.root), base, head, *USER)
    assert found == expected.images() | expected.packages() | expected.shipped()


@examples(4)
@given(worlds(), st.data())
def test_a_test_file_affects_its_package_and_dependents_and_no_image(
    town: Monorepo, world: World, data: st.DataObject
) -> None:
    folder = data.draw(st.sampled_from(sorted(world.members)))
    path = f"{folder}/src/new.test.ts".removeprefix("./")
    base, head = commit_worlds(town, [world, written(path, File("test\n"))(world)])

    assert affected(open_project(town.root), base, head, *USER) == Expected(world, path).packages()


RUN_TIME: tuple[dict[str, object], ...] = (
    {"replicas": {"production": 3}},
    {"env": {"LEVEL": {"production": "warn", "*": "info"}, "SECRET": {"secret": True}}},
)


@examples(4)
@given(worlds(), st.data())
def test_a_run_time_value_affects_one_deployment_and_its_product(
    town: Monorepo, world: World, data: st.DataObject
) -> None:
    apps = [name for name, (_, fields) in world.services.items() if "env" in fields]
    name = data.draw(st.sampled_from(apps))
    change = changed_service(name, **data.draw(st.sampled_from(RUN_TIME)))
    base, head = commit_worlds(town, [world, change(world)])

    found = affected(open_project(town.root), base, head, *USER)

    manifest_owner = "package:."
    assert found - {manifest_owner} == {f"deployment:production/{name}", f"product:{world.services[name][0]}"}


# Edits that change no archive ----------------------------------------------------

FIRST = random_world(lambda options: options[0])
UPON_CORE = changed_project("apps/web", uses={"@acme/core": PRODUCTION})(FIRST)
IN_ROOT = changed_project("apps/web", uses={"root": DEVELOPMENT})(FIRST)
SCRIPT = changed_project(".", fields={"private": True, "scripts": {"lint": "eslint"}})
OTHER_LOCKED = changed_project("packages/ui", needs=("left",))


TAKING_ITS_NAME = changed_project("packages/core", name="@acme/ui")
UPON_UI = changed_project("apps/web", uses={"@acme/ui": PRODUCTION})(FIRST)
EXTENDING = written("packages/core/tsconfig.json", File(extending("packages/core", SHARED)))(UPON_CORE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(FIRST, moved_recipe(FIRST, APP, f"{APP}-moved"), id="a Dockerfile stands elsewhere"),
        pytest.param(
            UPON_CORE,
            changed_service("web", inputs=["packages/core/src/*"])(UPON_CORE),
            id="an input is seen already",
        ),
        pytest.param(
            EXTENDING,
            changed_service("web", inputs=["shared/*.json"])(EXTENDING),
            id="an input is extended already",
        ),
        pytest.param(UPON_UI, TAKING_ITS_NAME(UPON_UI), id="a project takes the name of another"),
        pytest.param(IN_ROOT, SCRIPT(IN_ROOT), id="a script of a root that is used"),
        pytest.param(IN_ROOT, OTHER_LOCKED(IN_ROOT), id="the lockfile beside a root that is used"),
    ],
)
def test_an_archive_that_stays_keeps_its_fingerprint(town: Monorepo, before: World, after: World) -> None:
    """Pitfall 14."""
    base, head = commit_worlds(town, [before, after])
    project = open_project(town.root)
    assert "image:web" not in differing(builds(project.picture_of(base)), builds(project.picture_of(head)))

    assert "image:web" not in affected(project, base, head, Kind.IMAGE)
