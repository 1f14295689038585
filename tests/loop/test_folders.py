"""The folders that are listened to, as git sees them."""

from __future__ import annotations

from pathlib import Path

from buildgraph.loop.folders import ignored, list_folders
from tests.support.monorepo import Monorepo


def test_all_folders_are_listened_to_but_those_that_git_ignores_and_what_is_installed(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.write("apps/web/src/routes/[id]/(app)/+page.svelte", "")
    repo.write("apps/web/dist/deep/out.js", "")
    repo.write("apps/web/node_modules/a/index.js", "")
    repo.write(".buildgraph/runs/last.json", "")
    (repo.root / "apps/empty").mkdir()

    assert list_folders(repo.repository) == [
        *("", "apps", "apps/empty", "apps/web", "apps/web/src", "apps/web/src/routes"),
        *("apps/web/src/routes/[id]", "apps/web/src/routes/[id]/(app)"),
    ]


def test_a_tracked_file_in_an_ignored_folder_counts_and_so_does_its_folder(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.write("dist/kept.js", "")
    repo.write("dist/made.js", "")
    repo.git("add", "-f", "dist/kept.js")

    assert list_folders(repo.repository) == ["", "dist"]
    assert ignored(repo.repository, ["dist/kept.js", "dist/made.js", "dist/gone.js"]) == {
        "dist/made.js",
        "dist/gone.js",
    }


def test_nested_repositories_and_links_are_left_out(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.write("packages/a/index.ts", "")
    repo.write("vendor/other/deep/file", "")
    repo.git("init", "-q", "vendor/other")
    (repo.root / "link").symlink_to("packages")

    assert list_folders(repo.repository) == ["", "packages", "vendor", "packages/a"]


def test_names_that_git_could_take_for_more_are_names(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "repo")
    names = [":(glob)a", "-n", "ä b", "*.ts", "dist/x"]

    assert ignored(repo.repository, names) == {"dist/x"}
