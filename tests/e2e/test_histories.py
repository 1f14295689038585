"""Histories that the real pnpm writes: after every step, exactly what another opinion says is affected.

The other opinion is `oracle.py`. Every step is a commit; it is asked forwards and, as if it were reverted, back.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from buildgraph.graph.nodes import Kind
from tests.e2e.locking import affected, copy_of, depending, pnpm_lock, replacing, telling_pnpm, writing
from tests.e2e.oracle import Commit, Oracle
from tests.support.monorepo import WORKSPACE, Monorepo
from tests.workspace.pnpm import run_pnpm

pytestmark = pytest.mark.pnpm

SERVICES = {"web": "@acme/web", "api": "@acme/api", "docs": "@acme/docs"}
IGNORED = ("*.md", "*.test.ts")
Step = Callable[[Monorepo], Any]


def pnpm(*arguments: str) -> Step:
    """The step that runs pnpm in the root, with a real install."""
    return lambda repo: run_pnpm(repo.root, *arguments)


def inside(folder: str, *arguments: str) -> Step:
    """The step that runs pnpm in a project's folder."""
    return lambda repo: run_pnpm(repo.root / folder, *arguments)


def locking(*edits: Step) -> Step:
    """The step that edits and lets pnpm lock what came of it."""

    def run(repo: Monorepo) -> None:
        for edit in edits:
            edit(repo)
        pnpm_lock(repo)

    return run


def patch(name: str, line: str) -> Step:
    """`pnpm patch`, an edit, and `pnpm patch-commit`, as a developer does."""

    def run(repo: Monorepo) -> None:
        folder = repo.root / "node_modules/.edited"
        shutil.rmtree(folder, ignore_errors=True)
        run_pnpm(repo.root, "patch", name, "--edit-dir", str(folder))
        with (folder / "index.js").open("a") as file:
            file.write(line)
        run_pnpm(repo.root, "patch-commit", str(folder))

    return run


def move(old: str, new: str) -> Step:
    return lambda repo: repo.git("mv", old, new)


def delete(folder: str) -> Step:
    return lambda repo: shutil.rmtree(repo.root / folder)


def new_project(repo: Monorepo) -> None:
    repo.package("@acme/theme", uses=["@acme/core"])


def append(path: str) -> Step:
    return lambda repo: repo.append(path)


STEPS: dict[str, Step] = {
    "add to a shared package": inside("packages/core", "add", "is-odd@3.0.1"),
    "add to an app": inside("apps/web", "add", "is-number@7.0.0"),
    "add the same to another app": inside("apps/docs", "add", "is-number@7.0.0"),
    "a wider range, nothing else installed": locking(depending("packages/ui", {"debug": "^4.3.4"})),
    "update within the range": pnpm("update", "--recursive", "debug"),
    "update of all": pnpm("update", "--recursive"),
    "a move to devDependencies": inside("apps/web", "add", "--save-dev", "is-number@7.0.0"),
    "remove from an app": inside("apps/docs", "remove", "is-number"),
    "patch": patch("is-odd@3.0.1", "\n// patched\n"),
    "patch again": patch("is-odd@3.0.1", "\n// patched anew\n"),
    "patch what only one app installs": patch("is-number@7.0.0", "\n// patched\n"),
    "override": locking(telling_pnpm({"overrides": {"debug>ms": "2.1.1"}})),
    "override of what nobody needs": locking(
        telling_pnpm({"overrides": {"debug>ms": "2.1.1", "is-even": "1.0.0"}})
    ),
    "a catalog": locking(
        writing("pnpm-workspace.yaml", WORKSPACE + "catalog:\n  left-pad: 1.2.0\n"),
        depending("apps/api", {"left-pad": "catalog:"}),
        depending("packages/tools", {"left-pad": "catalog:"}),
    ),
    "a bump in the catalog": locking(replacing("pnpm-workspace.yaml", "1.2.0", "1.3.0")),
    "another specifier in the catalog": locking(replacing("pnpm-workspace.yaml", "1.3.0", "^1.3.0")),
    "a new project": locking(new_project),
    "a new link": locking(depending("apps/docs", {"@acme/theme": "workspace:*"})),
    "a development link": locking(depending("apps/api", {"@acme/tools": "workspace:*"}, "devDependencies")),
    "a source": append("packages/core/src/index.ts"),
    "a test and a readme": lambda repo: [
        append(f"packages/core/{name}")(repo) for name in ("a.test.ts", "R.md")
    ],
    "a file moved from one project to another": move("packages/ui/src/index.ts", "apps/docs/src/ui.ts"),
    "a file of the root": writing("notes/plan.txt", "soon\n"),
    "a project moved to another folder": locking(move("packages/core", "packages/kernel")),
    "an app's link removed": inside("apps/web", "remove", "@acme/ui"),
    "a project deleted": locking(delete("packages/ui")),
    "a dependency of the root": pnpm("add", "--workspace-root", "--save-dev", "is-even@1.0.0"),
    "dedupe": pnpm("dedupe"),
}


@dataclass(frozen=True)
class History:
    """A repository after all steps, and by step the commits before and after it."""

    repo: Monorepo
    commits: Mapping[str, tuple[str, str]]


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """Every step in turn, each with a commit of its own."""
    repo = start(tmp_path_factory.mktemp("history") / "repo")
    before, commits = repo.commit("locked"), {}
    for name, step in STEPS.items():
        step(repo)
        commits[name] = (before, before := repo.commit(name))
    return History(repo, commits)


def start(folder: Path) -> Monorepo:
    """web -> ui -> core; api -> core; docs and tools alone."""
    repo = Monorepo(folder)
    repo.package("@acme/core")
    repo.package("@acme/ui", uses=["@acme/core"])
    repo.package("@acme/tools")
    repo.service("web", uses=["@acme/ui"])
    repo.service("api", uses=["@acme/core"])
    repo.service("docs")
    depending("packages/ui", {"debug": "4.3.4"})(repo)
    pnpm_lock(repo)
    return repo


@pytest.mark.parametrize("name", STEPS)
def test_a_step_affects_the_packages_and_images_that_the_oracle_names(name: str, history: History) -> None:
    repo, base, head = history.repo, *history.commits[name]
    oracle = Oracle(Commit(repo, base), Commit(repo, head))
    expected = oracle.packages() | oracle.images(SERVICES, IGNORED)

    assert affected(repo, base, head) == expected
    assert affected(repo, head, base) == expected


def test_any_two_commits_differ_as_the_oracle_says(history: History) -> None:
    """Many steps at once, in a fixed choice of pairs; the commit at which pnpm lost the catalog is left out."""
    kept = [after for _, after in history.commits.values()]
    pairs = [pair for distance in (2, 5, 11, 19) for pair in zip(kept, kept[distance:], strict=False)]
    read = {commit: Commit(history.repo, commit) for commit in kept}

    for base, head in pairs:
        oracle = Oracle(read[base], read[head])
        expected = oracle.packages() | oracle.images(SERVICES, IGNORED)
        assert affected(history.repo, base, head) == expected, (base, head)


def test_images_with_the_root_s_dependencies_see_what_the_root_installs(
    history: History, tmp_path: Path
) -> None:
    """The step that adds to the root, in a workspace that says `root_dependencies`."""
    repo = copy_of(history.repo, tmp_path / "repo")
    repo.git("checkout", "-q", history.commits["a dependency of the root"][1])
    repo.write("manifests/workspace.toml", 'name = "acme"\nroot_dependencies = true\n')
    base = repo.commit("with the root's dependencies")
    run_pnpm(repo.root, "add", "--workspace-root", "--save-dev", "is-even@0.1.2")
    head = repo.commit("another version for the root")

    expected = Oracle(Commit(repo, base), Commit(repo, head)).images(
        SERVICES, IGNORED, root_dependencies=True
    )

    assert expected == {f"image:{service}" for service in SERVICES}
    assert affected(repo, base, head, [Kind.IMAGE]) == expected


def test_the_oracle_has_answers_of_every_kind(history: History) -> None:
    """A history in which everything or nothing is affected would prove little."""
    answers = [
        Oracle(Commit(history.repo, base), Commit(history.repo, head)).images(SERVICES, IGNORED)
        for base, head in history.commits.values()
    ]

    assert {len(answer) for answer in answers} == {0, 1, 2, 3}
