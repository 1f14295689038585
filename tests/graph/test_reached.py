"""What a build opens by symbolic links: it lies in the image's context beside the link, and counts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.graph.context import Context
from buildgraph.graph.files import Files
from buildgraph.graph.reached import with_ends
from buildgraph.project import open_project
from buildgraph.snapshot.links import Links
from buildgraph.snapshot.snapshot import REGULAR, SYMLINK, Entry
from tests.support.monorepo import Monorepo

LOCKFILE: Final = """lockfileVersion: '9.0'
patchedDependencies:
  left@1.0.0:
    hash: abc
    path: patches/left.patch
importers:
  .: {}
  apps/web:
    dependencies:
      '@acme/core':
        specifier: workspace:*
        version: link:../../packages/core
      left:
        specifier: 1.0.0
        version: 1.0.0(patch_hash=abc)
  packages/core:
    dependencies:
      lib:
        specifier: file:../../vendor/lib
        version: file:vendor/lib
      pack:
        specifier: file:../../vendor/pack.tgz
        version: file:vendor/pack.tgz
      tool:
        specifier: link:../../tools/tool
        version: link:../../tools/tool
packages:
  left@1.0.0:
    resolution: {integrity: sha512-a}
  lib@file:vendor/lib:
    resolution: {directory: vendor/lib, type: directory}
  pack@file:vendor/pack.tgz:
    resolution: {integrity: sha512-b, tarball: file:vendor/pack.tgz}
    version: 1.0.0
snapshots:
  left@1.0.0(patch_hash=abc): {}
  lib@file:vendor/lib: {}
  pack@file:vendor/pack.tgz: {}
"""
TEMPLATE: Final = "FROM node:20\nCOPY template/app.conf /\nCOPY . /\n"
# A link, where it leads, the file behind it, and where that lies in a context.
LINKS: Final = {
    ".npmrc": ("config/npmrc", "config/npmrc", "manifests/config/npmrc"),
    ".pnpmfile.cjs": ("config/hooks.cjs", "config/hooks.cjs", "manifests/config/hooks.cjs"),
    "patches/left.patch": ("config/left.patch", "config/left.patch", "manifests/config/left.patch"),
    "vendor/pack.tgz": ("config/pack.tgz", "config/pack.tgz", "manifests/config/pack.tgz"),
    "vendor/lib": ("copied/lib", "copied/lib/index.js", "manifests/copied/lib/index.js"),
    "copied/lib/behind.js": ("config/behind.js", "config/behind.js", "manifests/config/behind.js"),
    "packages/core/.npmrc": ("config/core", "config/core", "manifests/config/core"),
    "tools": ("linked", "linked/tool/index.js", "dependencies/linked/tool/index.js"),
    "linked/tool/deep": ("config/deep", "config/deep/a", "dependencies/config/deep/a"),
    "tsconfig.base.json": ("config/ts.json", "config/ts.json", "dependencies/config/ts.json"),
    "assets/logo.svg": ("config/logo.svg", "config/logo.svg", "dependencies/config/logo.svg"),
    "docker/app.conf": ("config/app.conf", "config/app.conf", "template/app.conf"),
}


@pytest.fixture
def shop(repo: Monorepo) -> Monorepo:
    """A service whose install and build open all these links; all committed."""
    tables = {
        "lib": "file:../../vendor/lib",
        "pack": "file:../../vendor/pack.tgz",
        "tool": "link:../../tools/tool",
    }
    repo.package("@acme/core", dependencies=tables)
    repo.service("web", uses=["@acme/core", "left"], inputs=["assets/**"])
    repo.write("packages/core/tsconfig.json", '{"extends": "../../tsconfig.base"}')
    repo.write("tsconfig.deep.json", "{}")
    repo.write("docker/Dockerfile.app", TEMPLATE)
    repo.write("pnpm-lock.yaml", LOCKFILE)
    for _, file, _ in LINKS.values():
        repo.write(file, '{"extends": "./tsconfig.deep"}' if file.endswith("ts.json") else f"{file}\n")
    for path, (end, _, _) in LINKS.items():
        link(repo, path, end)
    repo.commit()
    return repo


def link(repo: Monorepo, path: str, end: str) -> None:
    """A symbolic link to another place of the workspace."""
    place = repo.root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(os.path.relpath(repo.root / end, place.parent))


def context(repo: Monorepo) -> Context:
    return open_project(repo.root).working_picture().images["web"].context


@pytest.mark.parametrize(("file", "place"), [case[1:] for case in LINKS.values()], ids=LINKS)
def test_what_a_link_leads_to_lies_in_the_image_and_counts(shop: Monorepo, file: str, place: str) -> None:
    before = shop.fingerprints()["image:web"]
    there = {one.path: one for one in context(shop).files}

    shop.append(file)

    assert there[place].mode == REGULAR
    assert shop.affected("--kind", "image", "--base", "HEAD") == ["image:web"]
    assert shop.fingerprints()["image:web"] != before


def test_what_a_config_behind_a_link_extends_is_found_from_where_the_link_stands(shop: Monorepo) -> None:
    shop.append("tsconfig.deep.json")

    assert shop.affected("--kind", "image", "--base", "HEAD") == ["image:web"]
    assert "dependencies/tsconfig.deep.json" in {one.path for one in context(shop).files}


def test_a_link_to_a_file_that_an_image_gets_cut_leaves_it_cut(shop: Monorepo) -> None:
    (shop.root / ".npmrc").unlink()
    shop.write("package.json", '{"name": "root", "scripts": {"build": "x"}}')
    link(shop, ".npmrc", "package.json")

    found = {one.path: one.content for one in context(shop).files}

    assert b"scripts" not in found["manifests/package.json"] and found["manifests/package.json"]


def test_a_set_takes_the_support_files_that_docker_takes(shop: Monorepo) -> None:
    """`[^a]` is any sign but an a; as a shell has it, it was `^` or `a`."""
    shop.write("docker/Dockerfile.app", TEMPLATE.replace("app.conf", "[^a]*.conf"))
    for name in ("ab.conf", "nb.conf"):
        shop.write(f"docker/{name}", "1")

    found = [file.path for file in context(shop).files if file.path.startswith("template/")]

    assert found == ["template/nb.conf"]


def test_a_support_file_that_leads_to_no_file_is_refused(shop: Monorepo) -> None:
    (shop.root / "docker/app.conf").unlink()
    link(shop, "docker/app.conf", "config")

    with pytest.raises(ConfigurationError, match=r"docker/app\.conf: leads to no file that git tracks"):
        context(shop)


def test_links_behind_links_are_followed_once_and_circles_end() -> None:
    targets: Mapping[str, str] = {
        "a": "one",
        "one/b": "../two",
        "two/c": "../one",
        "two/d": "nowhere",
        "lone": "x",
    }
    paths = {
        **dict.fromkeys(targets, Entry(SYMLINK, "l")),
        "one/f": Entry(REGULAR, "f"),
        "two/f": Entry(REGULAR, "f"),
    }
    files = Files(paths, frozenset())

    assert with_ends(["a"], Links(targets), files) == ["a", "one/b", "one/f", "two/c", "two/d", "two/f"]
    assert with_ends(["one/f"], Links(targets), files) == ["one/f"]
