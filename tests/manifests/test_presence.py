"""Manifests that name what is not there: folders, packages and files of the workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from buildgraph.manifests import Manifests, check_against, parse_manifests
from buildgraph.manifests.model import Product, Service, WorkspaceManifest

CHAT = "manifests/products/chat.toml"
FOLDERS = ["apps/api", "apps/web", "packages/ui"]
PACKAGES = {"@chat/api": ["apps/api"], "@chat/web": ["apps/web"], "ui": ["packages/ui", "apps/web"]}
FILES = [
    "docker/templates/Dockerfile.nestjs",
    "shop/apps/api/package.json",
    "shop/apps/web/package.json",
    "shop/apps/stray/package.json",
    "shop/apps/go/main.go",
    "shop/apps/go/Dockerfile",
    "shop/packages/ui/package.json",
]
API = Service("api", "chat", "nestjs", "apps/api", dockerfile="docker/templates/Dockerfile.nestjs")
GO = replace(API, kind="dockerfile", path="apps/go", dockerfile="shop/apps/go/Dockerfile")
SHOP = WorkspaceManifest("shop", root="shop")


def mistakes_of(
    service: Service,
    *,
    workspace: WorkspaceManifest = SHOP,
    packages: Mapping[str, Sequence[str]] = PACKAGES,
    files: Sequence[str] = FILES,
) -> str:
    """The whole text of a workspace's mistakes with one service in it."""
    manifests = Manifests(workspace, (Product("chat", (service,)),))
    return "\n".join(str(mistake) for mistake in check_against(manifests, FOLDERS, packages, files))


@pytest.mark.parametrize("service", [API, GO, replace(API, package="@chat/api")])
def test_what_is_there_is_no_mistake(service: Service) -> None:
    assert mistakes_of(service) == ""


MISSING = {
    "a folder": (
        replace(GO, path="apps/og"),
        "path: there is no folder 'apps/og'\n  did you mean apps/web or apps/api?",
    ),
    "a folder whose name begins like another": (
        replace(GO, path="apps/g"),
        "path: there is no folder 'apps/g'\n  did you mean apps/web or apps/api?",
    ),
    "a package.json": (
        replace(API, path="apps/go"),
        "path: apps/go has no package.json, which kind nestjs needs",
    ),
    "a place in the workspace": (
        replace(API, path="apps/stray"),
        "path: apps/stray is no project of the pnpm workspace\n  add its folder to pnpm-workspace.yaml",
    ),
    "a template": (
        replace(API, kind="astro", dockerfile="docker/templates/Dockerfile.astro"),
        "kind: there is no file 'docker/templates/Dockerfile.astro'\n"
        "  `buildgraph init` puts it there; or name a `dockerfile` of your own",
    ),
    "a Dockerfile": (
        replace(GO, dockerfile="shop/apps/go/Dockerfil"),
        "dockerfile: there is no file 'shop/apps/go/Dockerfil'\n"
        "  did you mean shop/apps/go/Dockerfile or docker/templates/Dockerfile.nestjs?",
    ),
    "a package": (
        replace(API, package="@chat/ap"),
        "package: there is no package '@chat/ap'\n  did you mean @chat/api or @chat/web?",
    ),
    "the package, here": (
        replace(API, package="@chat/web"),
        "package: @chat/web is in apps/web, not in apps/api",
    ),
    "a name of its own": (
        replace(API, path="apps/web", package="ui"),
        "package: ui is also the name of packages/ui\n  rename one package",
    ),
}


@pytest.mark.parametrize(("service", "message"), MISSING.values(), ids=MISSING)
def test_what_a_service_lacks_is_told_whole(service: Service, message: str) -> None:
    assert mistakes_of(service) == f"{CHAT}: services.api.{message}"


def test_a_missing_root_is_told_once_for_the_workspace() -> None:
    workspace = replace(SHOP, root="shp", substitutes={"node:20": "docker/node.Dockerfile"})

    assert mistakes_of(API, workspace=workspace) == (
        "manifests/workspace.toml: root: there is no folder 'shp'\n  did you mean shop or shop/apps?\n"
        "manifests/workspace.toml: substitutes.\"node:20\": there is no file 'docker/node.Dockerfile'"
    )


def test_a_workspace_may_be_the_project_itself() -> None:
    files = [path.removeprefix("shop/") for path in FILES]

    assert mistakes_of(API, workspace=replace(SHOP, root="."), files=files) == ""


def test_the_committed_manifests_name_nothing_that_is_not_there() -> None:
    project = Path(__file__).parents[2]
    paths = [path for folder in ("manifests", "docker", "examples") for path in (project / folder).rglob("*")]
    files = {path.relative_to(project).as_posix(): path for path in paths if "node_modules" not in path.parts}
    contents = {
        name: path.read_bytes()
        for name, path in files.items()
        if name.startswith("manifests/") and path.is_file()
    }
    manifests = parse_manifests(contents)
    root = f"{manifests.workspace.root}/"
    folders = [
        name.removeprefix(root).removesuffix("/package.json")
        for name in files
        if name.endswith("/package.json")
    ]

    assert check_against(manifests, folders, {}, list(files)) == []
