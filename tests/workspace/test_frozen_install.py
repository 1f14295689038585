"""Pruned workspaces that the real pnpm installs: `--frozen-lockfile` accepts what is left of a lockfile."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from buildgraph.workspace import Workspace, render_lockfile
from tests.workspace.pnpm import closure, install_frozen, installed, lock, run_pnpm, tree_of, write_pruned
from tests.workspace.workspaces import BASE, GLOBS, WORKSPACES, Files, adding, project

pytestmark = pytest.mark.pnpm

Locked = Callable[[str], tuple[Path, Workspace]]


def service_of(files: Files) -> str:
    return "apps/my web" if "apps/my web/package.json" in files else "apps/web"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Locked:
    """A workspace of the table by its name, locked by pnpm once: its folder, and what was read there."""

    @functools.cache
    def lock_once(name: str) -> tuple[Path, Workspace]:
        folder = tmp_path_factory.mktemp("whole")
        return folder, lock(folder, BASE | WORKSPACES[name])

    return lock_once


@pytest.mark.parametrize("name", WORKSPACES)
def test_a_frozen_install_accepts_the_pruned_workspace(name: str, locked: Locked, tmp_path: Path) -> None:
    """Pitfall 35: for every kind of entry, the pruned lockfile passes `pnpm install --frozen-lockfile`.

    pnpm passes over a project that its globs miss without a word, so what is installed is compared too.
    """
    whole, workspace = locked(name)
    folders = closure(workspace, service_of(WORKSPACES[name]))

    kept = write_pruned(tmp_path, whole, workspace, folders)
    said = install_frozen(tmp_path)
    install_frozen(whole)

    assert "resolution step is skipped" in said
    assert set(kept.importers) == {".", *folders}
    assert not any(key.startswith("is-even@") for key in kept.packages)
    for folder in folders:
        assert installed(tmp_path, folder) == installed(whole, folder)


@pytest.mark.parametrize("name", WORKSPACES)
def test_an_unpruned_lockfile_is_written_as_pnpm_writes_it(name: str, locked: Locked) -> None:
    """Pitfall 36: our order, quoting and blank lines are pnpm's; overrides we sort, pnpm does not."""
    whole, workspace = locked(name)

    assert workspace.lockfile is not None
    ours, theirs = render_lockfile(workspace.lockfile).decode(), (whole / "pnpm-lock.yaml").read_text()
    if workspace.lockfile.overrides:
        assert sorted(ours.splitlines()) == sorted(theirs.splitlines())
    else:
        assert ours == theirs


def test_the_root_keeps_its_dependencies_where_the_build_needs_them(tmp_path: Path) -> None:
    """Pitfall 35: root devDependencies are in the pruned lockfile on request, and not otherwise."""
    files = BASE | WORKSPACES["projects that need each other, some for development only"]
    workspace = lock(tmp_path / "whole", files)
    folders = [".", *closure(workspace, "apps/web")]

    kept = write_pruned(tmp_path / "pruned", tmp_path / "whole", workspace, folders, root_dependencies=True)
    install_frozen(tmp_path / "pruned")

    assert "is-odd@3.0.1" in kept.packages
    assert (tmp_path / "pruned/node_modules/is-odd/package.json").exists()


def test_a_patch_is_applied_by_the_pruned_install(tmp_path: Path) -> None:
    """Pitfall 35: the patch in use travels along; one that is not in use stays behind."""
    files = BASE | WORKSPACES["patches, one of which only another project uses"]
    workspace = lock(tmp_path / "whole", files)

    kept = write_pruned(tmp_path / "pruned", tmp_path / "whole", workspace, ["apps/web"])
    install_frozen(tmp_path / "pruned")

    assert list(kept.patches) == ["is-number@7.0.0"]
    assert not (tmp_path / "pruned/patches/is-even.patch").exists()
    assert (tmp_path / "pruned/apps/web/node_modules/is-number/number.txt").read_text() == "hello\n"


def test_a_package_from_git_is_installed_from_the_pruned_lockfile(tmp_path: Path) -> None:
    """Pitfall 30 (j): a dependency from a git repository keeps its commit."""
    repository = tmp_path / "repository"
    (repository).mkdir()
    (repository / "package.json").write_text(json.dumps({"name": "from-git", "version": "0.0.1"}))
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "one"],
    ):
        subprocess.run(["git", *arguments], cwd=repository, check=True)
    web = project("web", dependencies={"from-git": f"git+file://{repository}"})
    workspace = lock(tmp_path / "whole", BASE | {"apps/web/package.json": web})

    write_pruned(tmp_path / "pruned", tmp_path / "whole", workspace, ["apps/web"])
    install_frozen(tmp_path / "pruned")

    assert (tmp_path / "pruned/apps/web/node_modules/from-git/package.json").exists()


def test_a_lockfile_of_pnpm_8_is_pruned_in_its_own_shape(tmp_path: Path) -> None:
    """Pitfall 35: lockfileVersion 6 keeps packages and snapshots in one table; pnpm 8 takes what is left."""
    files = BASE | {
        "package.json": project(
            "root",
            pnpm={
                "overrides": {"ms": "2.1.2"},
                "patchedDependencies": {
                    "is-even@1.0.0": "patches/is-even.patch",
                    "is-number@7.0.0": "patches/is-number.patch",
                },
            },
        ),
        "patches/is-even.patch": adding("even.txt"),
        "patches/is-number.patch": adding("number.txt"),
        "apps/web/package.json": project(
            "web",
            dependencies={"@t/ui": "workspace:*", "use-sync-external-store": "1.2.0", "react": "18.2.0"},
            devDependencies={"debug": "4.3.4"},
            optionalDependencies={"fsevents": "2.3.3"},
        ),
        "packages/ui/package.json": project(
            "@t/ui", dependencies={"is-number": "7.0.0", "number": "npm:is-number@6.0.0"}
        ),
    }
    workspace = lock(tmp_path / "whole", files, version="8.15.9")
    folders = closure(workspace, "apps/web")

    kept = write_pruned(tmp_path / "pruned", tmp_path / "whole", workspace, folders)
    install_frozen(tmp_path / "pruned", version="8.15.9")

    assert kept.version == "6.0"
    assert folders == ["apps/web", "packages/ui"]
    assert not any("is-even" in key for key in kept.packages)
    assert kept.packages["/debug@4.3.4"]["dev"] is True


def test_settings_in_the_workspace_file_of_pnpm_10_are_pruned_there(tmp_path: Path) -> None:
    """Pitfall 35: newer pnpm versions keep overrides and patches in pnpm-workspace.yaml."""
    settings = (
        "overrides:\n  ms: 2.1.2\n  is-even: 0.1.2\n"
        "patchedDependencies:\n"
        "  is-even@0.1.2: patches/is-even.patch\n  is-number@7.0.0: patches/is-number.patch\n"
        "onlyBuiltDependencies:\n  - is-even\n  - is-number\n"
    )
    files = BASE | {
        "package.json": project("root", packageManager="pnpm@10.34.9"),
        "pnpm-workspace.yaml": GLOBS + settings,
        "patches/is-even.patch": adding("even.txt"),
        "patches/is-number.patch": adding("number.txt"),
        "apps/web/package.json": project("web", dependencies={"is-number": "7.0.0", "debug": "4.3.4"}),
    }
    workspace = lock(tmp_path / "whole", files, version="10.34.9")

    kept = write_pruned(tmp_path / "pruned", tmp_path / "whole", workspace, ["apps/web"])
    install_frozen(tmp_path / "pruned", version="10.34.9")

    assert list(kept.overrides) == ["ms"]
    assert list(kept.patches) == ["is-number@7.0.0"]
    assert b"is-even" not in tree_of(tmp_path / "pruned").files["pnpm-workspace.yaml"]


def test_projects_are_the_ones_that_pnpm_finds(tmp_path: Path) -> None:
    """Pitfall 37: globs, negation, dot folders and node_modules are read as pnpm reads them."""
    places = (
        "apps/web", "apps/web/e2e", "apps/.hidden/x", "tools/cli-a", "tools/cli-b", "tools/other",
        "libs/a/test/b",
        "libs/a", "libs/deep/er/c", ".github/actions/one", "libs/node_modules/x", "a b/(c)/[d]", "one/two",
        "three/two", "alone", "excluded/in", "excluded/out", "libs/.dot/d", "ext/a1", "ext/b1", "ext/cc",
    )  # fmt: skip
    globs = (
        "apps/*", "tools/cli-*", "libs/**", "!**/test/**", ".github/actions/*", "a b/**", "{one,three}/two",
        "./alone/", "excluded/*", "!excluded/out", "ext/[ab]?", "ext/@(cc|dd)",
    )  # fmt: skip
    files: Files = {f"{place}/package.json": {"name": place} for place in places}
    files |= {"package.json": {"name": "root"}, "pnpm-workspace.yaml": json.dumps({"packages": globs})}
    workspace = lock(tmp_path, files)

    listed = json.loads(run_pnpm(tmp_path, "list", "--recursive", "--depth", "-1", "--json"))

    assert sorted(workspace.packages) == sorted(
        str(Path(found["path"]).relative_to(tmp_path)) for found in listed
    )
    assert "libs/a" in workspace.packages and "excluded/out" not in workspace.packages


@pytest.mark.parametrize("version", ["8.15.9", "9.15.0", "10.34.9"])
def test_without_patterns_projects_are_the_ones_that_pnpm_finds(tmp_path: Path, version: str) -> None:
    """Pitfall 37: up to pnpm 9 all folders are projects then, since pnpm 10 the root alone."""
    files: Files = {f"{place}/package.json": {"name": place} for place in ("a", "b/c", "test/t", ".dot/d")}
    files |= {"package.json": {"name": "root"}, "pnpm-workspace.yaml": ""}
    workspace = lock(tmp_path, files, version=version)

    said = run_pnpm(tmp_path, "list", "--recursive", "--depth", "-1", "--json", version=version)
    listed = json.loads(said[said.index("[\n") :])  # pnpm 8 warns on standard output

    assert sorted(workspace.packages) == sorted(
        str(Path(found["path"]).relative_to(tmp_path)) for found in listed
    )
