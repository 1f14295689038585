from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace import (
    Lockfile,
    Package,
    WorkspaceSettings,
    injected_folders,
    install_files,
    parse_package,
    parse_workspace_yaml,
    prune,
    prune_root_package,
    prune_workspace_yaml,
)
from buildgraph.workspace.projects import find_projects
from buildgraph.workspace.yaml import parse_yaml
from tests.workspace.locks import document, parsed

HASH = "5ikauthuxo67ogvuuiwkoeubja"
ROOT: dict[str, Any] = {
    "name": "everything",
    "version": "3.2.1",
    "private": True,
    "type": "module",
    "packageManager": "pnpm@9.15.0",
    "engines": {"node": ">=20"},
    "scripts": {"prepare": "husky"},
    "devDependencies": {"turbo": "2.0.0"},
    "pnpm": {
        "overrides": {"a": "catalog:", "c": "9.9.9"},
        "patchedDependencies": {"a@1.0.0": "patches/a.patch", "c@1.0.0": "patches/c.patch"},
        "onlyBuiltDependencies": ["c", "a", "a@1.0.0"],
        "peerDependencyRules": {"ignoreMissing": ["react"]},
    },
    "resolutions": {"c": "9.9.9"},
}
SETTINGS = (
    b"packages: ['apps/*', 'libs/**']\n"
    b"catalog: {a: ^1.0.0, c: ^1.0.0}\ncatalogs: {old: {b: ^1.0.0, c: ^0.9.0}}\ncatalogMode: strict\n"
    b"onlyBuiltDependencies: [c, b]\nallowBuilds: {a: true, c: false}\nshamefullyHoist: true\n"
)


def lock() -> Lockfile:
    plain = document(
        {".": "dev:turbo=2.0.0", "apps/web": f"a=1.0.0(patch_hash={HASH}) b=1.0.0", "apps/other": "c=1.0.0"},
        {f"a@1.0.0(patch_hash={HASH})": "", "b@1.0.0": "", "c@1.0.0": "", "turbo@2.0.0": ""},
        overrides={"a": "^1.0.0", "c": "9.9.9"},
        patchedDependencies={
            "a@1.0.0": {"hash": HASH, "path": "patches/a.patch"},
            "c@1.0.0": {"hash": "zzz", "path": "patches/c.patch"},
        },
        catalogs={
            "default": {"a": {"specifier": "^1.0.0", "version": "1.0.0"}},
            "old": {"b": {"specifier": "^1.0.0", "version": "1.0.0"}},
        },
    )
    plain["importers"]["apps/web"]["dependencies"]["a"]["specifier"] = "catalog:"
    plain["importers"]["apps/web"]["dependencies"]["b"]["specifier"] = "catalog:old"
    return parsed(plain)


def pruned() -> Lockfile:
    return prune(lock(), {"apps/web": Package("apps/web", "web")})


def root(**changes: Any) -> Package:
    return parse_package(json.dumps(ROOT | changes).encode(), ".")


def test_the_root_package_keeps_what_an_install_reads() -> None:
    """Scripts would run, a version would change images, and unused patches make pnpm refuse."""
    assert json.loads(prune_root_package(root(), pruned())) == {
        "name": "everything",
        "private": True,
        "type": "module",
        "packageManager": "pnpm@9.15.0",
        "engines": {"node": ">=20"},
        "pnpm": {
            "overrides": {"a": "^1.0.0"},
            "patchedDependencies": {"a@1.0.0": "patches/a.patch"},
            "onlyBuiltDependencies": ["a", "a@1.0.0"],
        },
    }


def test_the_root_package_has_its_dependencies_on_request() -> None:
    found = json.loads(prune_root_package(root(), pruned(), root_dependencies=True))

    assert found["devDependencies"] == {"turbo": "2.0.0"}


@pytest.mark.parametrize(
    "change",
    [
        {"version": "4.0.0"},
        {"scripts": {}},
        {"devDependencies": {"turbo": "3.0.0"}},
        {"pnpm": {**ROOT["pnpm"], "overrides": {"c": "8.8.8", "a": "catalog:"}}},
        {"pnpm": dict(reversed(ROOT["pnpm"].items()))},
        {"pnpm": {**ROOT["pnpm"], "onlyBuiltDependencies": ["a", "a@1.0.0", "d"]}},
        {"resolutions": {}},
        {"description": "x"},
    ],
    ids=[
        "version",
        "scripts",
        "dependencies",
        "an override of others",
        "order",
        "builds of others",
        "resolutions",
        "text",
    ],
)
def test_what_concerns_others_leaves_the_root_package_as_it_is(change: dict[str, Any]) -> None:
    """Pitfalls 31 and 36: root files change an image only where they act on it."""
    assert prune_root_package(root(**change), pruned()) == prune_root_package(root(), pruned())


def test_the_workspace_file_names_exact_folders_and_the_entries_in_use() -> None:
    written = prune_workspace_yaml(parse_workspace_yaml(SETTINGS), pruned())

    assert parse_yaml(written, "f") == (
        {
            "packages": ["apps/web"],
            "catalog": {"a": "1.0.0"},
            "catalogs": {"old": {"b": "1.0.0"}},
            "allowBuilds": {"a": True},
            "onlyBuiltDependencies": ["b"],
            "shamefullyHoist": True,
        },
    )


def test_a_workspace_of_the_root_alone_names_the_root() -> None:
    """pnpm 9 refuses an empty list."""
    assert prune_workspace_yaml(WorkspaceSettings(), prune(lock(), {})) == b"packages:\n  - .\n"


@pytest.mark.parametrize(
    "folder",
    ["a b", "(app)", "[id]", "{x,y}", "@t/a+b", "!x", "x!(y)", "a*", "q?", "p|q", "$p", "#h", "a\\b", "ü"],
)
def test_the_pattern_of_a_folder_finds_that_folder(folder: str) -> None:
    written = prune_workspace_yaml(WorkspaceSettings(), prune(lock(), {folder: Package(folder)}))
    patterns = parse_yaml(written, "f")[0]["packages"]

    assert find_projects([f"{folder}/package.json", "other/package.json"], patterns) == (folder,)


def test_an_install_reads_patches_in_use_hooks_archives_and_npmrc() -> None:
    plain = document(
        {"apps/web": "x=x@file:vendor/x.tgz"}, {"x@file:vendor/x.tgz": ""}, pnpmfileChecksum="abc"
    )
    plain["packages"]["x@file:vendor/x.tgz"]["resolution"] = {
        "tarball": "file:vendor/x.tgz",
        "integrity": "x",
    }
    paths = {".npmrc", ".pnpmfile.cjs", "vendor/x.tgz", "patches/a.patch", "patches/c.patch", "README.md"}

    assert install_files(WorkspaceSettings(), parsed(plain), paths) == (
        ".npmrc",
        ".pnpmfile.cjs",
        "vendor/x.tgz",
    )
    assert install_files(WorkspaceSettings(), pruned(), paths) == (
        ".npmrc",
        ".pnpmfile.cjs",
        "patches/a.patch",
    )


def test_a_bare_patch_entry_takes_its_file_from_the_settings() -> None:
    key = f"a@1.0.0(patch_hash={HASH})"
    bare = parsed(
        document({"w": f"a=1.0.0(patch_hash={HASH})"}, {key: ""}, patchedDependencies={"a@1.0.0": HASH})
    )

    assert install_files(WorkspaceSettings(patches={"a@1.0.0": "p/a.patch"}), bare, {"p/a.patch"}) == (
        "p/a.patch",
    )


def test_files_that_an_install_would_miss_are_all_told() -> None:
    with pytest.raises(ConfigurationError) as raised:
        install_files(WorkspaceSettings(), lock(), set())

    assert [mistake.where for mistake in raised.value.mistakes] == [
        "patchedDependencies: a@1.0.0",
        "patchedDependencies: c@1.0.0",
    ]
    assert "there is no file patches/a.patch" in str(raised.value)


def injecting(plain: dict[str, Any]) -> None:
    plain["packages"]["ui@file:libs/ui"] = {"resolution": {"directory": "libs/ui", "type": "directory"}}


@pytest.mark.parametrize(("change", "folders"), [(injecting, ("libs/ui",)), (lambda plain: None, ())])
def test_folders_that_an_install_copies_are_told(
    change: Callable[[Any], None], folders: tuple[str, ...]
) -> None:
    plain = document({"apps/web": "ui=ui@file:libs/ui"}, {"ui@file:libs/ui": ""})
    change(plain)

    assert injected_folders(parsed(plain)) == folders
