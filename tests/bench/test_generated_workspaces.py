"""A generated workspace holds what its size promises, and what the right answers are taken from."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.affected import MOST_RUNS
from bench.cases import CASES, forget
from bench.generate import generate, render_workspace
from bench.layout import CORE, LEAF, SIZES, Layout, plan_layout
from bench.lockfile import Installed, install, quote, render_lockfile, repoint
from bench.registry import HOLDER, TARGETS
from buildgraph.workspace import parse_lockfile
from buildgraph.workspace import render_lockfile as render_as_pnpm
from tests.support.monorepo import Monorepo, bare


@cache
def small() -> Installed:
    return install(plan_layout(SIZES["S"]))


@cache
def lockfile() -> str:
    return render_lockfile(small())


@cache
def parsed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(lockfile(), Loader=yaml.CSafeLoader)
    return found


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_a_size_has_its_projects_and_a_tenth_of_them_are_services(size: Any) -> None:
    layout = plan_layout(size)
    assert len(layout.projects) == size.projects
    assert len(layout.apps) == size.projects // 10
    assert all(len(services) <= 10 for services in layout.products().values())


@pytest.mark.parametrize("name", ["S", "M"])
def test_a_size_has_its_files_and_its_lockfile(name: str) -> None:
    size = SIZES[name]
    files = dict(render_workspace(install(plan_layout(size))))
    inside = [path for path in files if path.startswith(("packages/", "apps/"))]
    assert len(inside) == size.files
    assert len(files["pnpm-lock.yaml"]) == pytest.approx(size.lockfile_mb * 1e6, rel=0.05)


def test_the_lockfile_is_in_pnpms_own_form() -> None:
    # Byte by byte, as the product writes pruned lockfiles, which real pnpm is asked about elsewhere.
    assert render_as_pnpm(parse_lockfile(lockfile().encode())) == lockfile().encode()


def test_every_reference_of_the_lockfile_stands_in_it_and_nothing_is_unused() -> None:
    snapshots, used = parsed()["snapshots"], set[str]()
    for importer in parsed()["importers"].values():
        lines = {**importer.get("dependencies", {}), **importer.get("devDependencies", {})}
        used |= {f"{name}@{line['version']}" for name, line in lines.items() if ":" not in line["version"]}
    for record in snapshots.values():
        needs = {**record.get("dependencies", {}), **record.get("optionalDependencies", {})}
        used |= {f"{name}@{reference}" for name, reference in needs.items()}
    assert used == set(snapshots)
    assert {key.partition("(")[0] for key in snapshots} == set(parsed()["packages"])


def test_every_project_of_the_workspace_is_an_importer_with_its_links() -> None:
    layout = small().layout
    for project in layout.projects:
        lines = parsed()["importers"][project.folder].get("dependencies", {})
        links = {line["version"][len("link:") :] for line in lines.values() if ":" in line["version"]}
        assert {os.path.normpath(f"{project.folder}/{link}") for link in links} == {
            layout.named[name].folder for name in project.uses
        }


def test_an_edit_of_the_lockfile_is_one_line_that_one_app_uses() -> None:
    lines = lockfile().splitlines()
    for version in TARGETS[1:]:
        edited = repoint(lockfile(), version).splitlines()
        assert sum(a != b for a, b in zip(lines, edited, strict=True)) == 1
        assert f"edge-target@{version}" in parsed()["snapshots"]
    users = [name for name, table in small().direct.items() if HOLDER in {line.name for line in table}]
    assert users == [small().layout.apps[1].folder]
    assert not [
        key for key, record in parsed()["snapshots"].items() if HOLDER in record.get("dependencies", {})
    ]


def test_one_app_uses_the_leaf_and_nearly_all_use_the_core() -> None:
    layout = plan_layout(SIZES["M"])
    assert layout.with_dependents(LEAF) == {LEAF, layout.apps[0].name}
    assert layout.with_dependents(CORE) == by_hand(layout, CORE)
    assert 0.9 * 400 < len(layout.with_dependents(CORE)) < 400


def by_hand(layout: Layout, name: str) -> set[str]:
    found, before = {name}, 0
    while len(found) != before:
        before = len(found)
        found |= {project.name for project in layout.projects if found & set(project.uses)}
    return found


def test_the_same_size_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "import hashlib; from bench.lockfile import *; from bench.layout import *;"
        "print(hashlib.sha256(render_lockfile(install(plan_layout(SIZES['S']))).encode()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    told = subprocess.run(
        (sys.executable, "-c", code),
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(root)},
    ).stdout
    assert told.strip() == hashlib.sha256(lockfile().encode()).hexdigest()


def test_buildgraph_answers_in_a_generated_workspace_as_the_generator_says(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    layout = generate("S", root)
    workspace = bare(root)
    assert workspace.git("status", "--porcelain") == ""
    assert workspace.affected() == []
    (root / "packages/leaf/src/index.ts").write_text("export {}\n// edited\n")
    packages = {node.removeprefix("package:") for node in workspace.affected() if node.startswith("package:")}
    assert packages == layout.with_dependents(LEAF)


def test_scalars_are_quoted_where_yaml_would_read_something_else() -> None:
    plain = ["1.2.3", "^1.0.0", "link:../core", "workspace:*", "a@1.0.0(b@2.0.0)", "."]
    quoted = ["@acme/core", "catalog:", "*", ">=18", "true", "1.0", "18"]
    assert [quote(text) for text in plain] == plain
    assert [quote(text) for text in quoted] == [f"'{text}'" for text in quoted]


def test_no_two_turns_edit_the_lockfile_alike_and_all_is_taken_back(tmp_path: Path) -> None:
    (lockfile_edit,) = [case for case in CASES if case.path == "pnpm-lock.yaml"]
    (tmp_path / "pnpm-lock.yaml").write_text(lockfile())
    subprocess.run(("git", "init", "-q"), cwd=tmp_path, check=True)
    seen = {lockfile()}
    for turn in range(2 * (MOST_RUNS + 1)):
        with lockfile_edit.applied((tmp_path,), turn):
            seen.add((tmp_path / "pnpm-lock.yaml").read_text())
    assert len(seen) == 1 + 2 * (MOST_RUNS + 1)
    assert (tmp_path / "pnpm-lock.yaml").read_text() == lockfile()


def test_nothing_that_a_tool_kept_survives_but_what_git_and_npm_made(tmp_path: Path) -> None:
    workspace = Monorepo(tmp_path / "workspace")
    workspace.commit()
    (workspace.root / "node_modules").mkdir()
    before = everything(workspace.root)
    workspace.write(".buildgraph/objects/x", "kept")
    workspace.write(".git/buildgraph/a.graph", "kept")
    forget(workspace.root)
    assert everything(workspace.root) == before


def everything(root: Path) -> list[Path]:
    return sorted(root.rglob("*"))
