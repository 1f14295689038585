from __future__ import annotations

import time
from typing import Any

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace import Lockfile, Package, Workspace, WorkspaceSettings, links
from buildgraph.workspace.reading import connect
from tests.workspace.locks import document, lockfile, parsed

LINKING = WorkspaceSettings(link_workspace_packages=True)


def package(folder: str, name: str = "", version: str = "1.0.0", **groups: dict[str, str]) -> Package:
    return Package(folder, name or folder, version, dependencies=groups)


def workspace(
    *packages: Package, lock: Lockfile | None = None, settings: WorkspaceSettings | None = None
) -> Workspace:
    by_folder = {found.folder: found for found in packages}
    return connect(".", by_folder, settings or WorkspaceSettings(), lock)


def edges(found: Workspace, folder: str) -> list[tuple[str, str]]:
    return [(edge.folder, edge.group) for edge in found.edges[folder]]


def test_links_of_the_lockfile_are_edges_with_their_group() -> None:
    lock = lockfile(
        {"apps/web": "ui=link:../../libs/ui dev:lint=link:../../libs/lint optional:x=link:../../libs/x"}
    )
    found = workspace(
        package("apps/web"), package("libs/ui"), package("libs/lint"), package("libs/x"), lock=lock
    )

    assert edges(found, "apps/web") == [
        ("libs/lint", "devDependencies"),
        ("libs/ui", "dependencies"),
        ("libs/x", "optionalDependencies"),
    ]


def test_a_name_that_the_lockfile_takes_from_the_registry_is_no_edge() -> None:
    """Pitfall 37: a project may be called like a registry package that others use."""
    lock = lockfile({"apps/web": "storybook=7.0.0", "libs/storybook": ""}, {"storybook@7.0.0": ""})
    web = package("apps/web", dependencies={"storybook": "^7.0.0"})

    found = workspace(web, package("libs/storybook", "storybook", "7.0.0"), lock=lock, settings=LINKING)

    assert edges(found, "apps/web") == []


def test_links_to_no_project_or_to_nothing_are_no_edges() -> None:
    lock = lockfile({".": "", "apps/web": "a=link:../../gone b=link:../../../outside c=link:../../apps"})
    found = workspace(package("."), package("apps/web"), lock=lock)

    assert edges(found, "apps/web") == []


def test_a_link_into_a_project_or_to_the_root_is_an_edge() -> None:
    """`publishConfig.directory` makes pnpm link a folder inside the project."""
    lock = lockfile({".": "", "apps/web": "ui=link:../../libs/ui/dist root=link:../.."})
    found = workspace(package("."), package("apps/web"), package("libs/ui"), lock=lock)

    assert edges(found, "apps/web") == [(".", "dependencies"), ("libs/ui", "dependencies")]


def test_injected_projects_are_edges_and_so_is_a_project_that_replaces_a_registry_package() -> None:
    """An override with `link:` puts a project behind other packages."""
    plain = document(
        {"apps/web": "ui=ui@file:libs/ui x=1.0.0"},
        {"ui@file:libs/ui": "", "x@1.0.0": "y=link:libs/y", "z@1.0.0": ""},
    )
    plain["packages"]["ui@file:libs/ui"] = {"resolution": {"directory": "libs/ui", "type": "directory"}}
    lock = parsed(plain)

    assert [edge.folder for edge in links(lock, "apps/web")] == ["libs/ui", "libs/y"]
    assert links(lock, "unheard/of") == ()


def test_a_workspace_peer_is_an_edge_and_a_plain_peer_is_none() -> None:
    ui = package("libs/ui", peerDependencies={"core": "workspace:^", "react": "^18"})

    found = workspace(
        ui, package("libs/core", "core"), package("libs/react", "react"), lock=lockfile({"libs/ui": ""})
    )

    assert edges(found, "libs/ui") == [("libs/core", "peerDependencies")]


@pytest.mark.parametrize(
    ("specifier", "folders"),
    [
        ("workspace:*", ["libs/a"]),
        ("workspace:^", ["libs/a"]),
        ("workspace:1.5.0", ["libs/a"]),
        ("workspace:^9", ["libs/a"]),
        ("workspace:b@*", ["libs/b"]),
        ("workspace:b", ["libs/b"]),
        ("workspace:../../libs/b", ["libs/b"]),
        ("link:../../libs/b", ["libs/b"]),
        ("file:../../libs/b", ["libs/b"]),
        ("file:../../libs/b/x.tgz", []),
        ("^1.0.0", []),
        ("catalog:", []),
        ("git+https://example.org/a.git", []),
    ],
)
def test_without_a_lockfile_pnpms_rules_decide(specifier: str, folders: list[str]) -> None:
    web = package("apps/web", dependencies={"a": specifier})
    found = workspace(web, package("libs/a", "a", "1.5.0"), package("libs/b", "b", ""))

    assert [folder for folder, _ in edges(found, "apps/web")] == folders


@pytest.mark.parametrize(
    ("specifier", "folders"),
    [
        ("^1.0.0", ["libs/a"]),
        ("^2.0.0", []),
        ("npm:a@^1", ["libs/a"]),
        ("npm:b@*", ["libs/b"]),
        ("catalog:", ["libs/a"]),
        ("catalog:old", []),
        ("latest", []),
        ("*", ["libs/a"]),
    ],
)
def test_plain_ranges_are_edges_where_the_workspace_links_them(specifier: str, folders: list[str]) -> None:
    """`linkWorkspacePackages`: a project serves when its version satisfies; no version counts as 0.0.0."""
    catalogs = {"default": {"a": "^1.2.0"}, "old": {"a": "^0.9.0"}}
    web = package("apps/web", dependencies={"a": specifier})
    settings = WorkspaceSettings(link_workspace_packages=True, catalogs=catalogs)

    found = workspace(web, package("libs/a", "a", "1.5.0"), package("libs/b", "b", ""), settings=settings)

    assert [folder for folder, _ in edges(found, "apps/web")] == folders


def test_what_the_lockfile_does_not_know_yet_is_decided_by_rule() -> None:
    """Projects that are no importer, and manifests newer than the lockfile."""
    web = package("apps/web", dependencies={"a": "workspace:*", "b": "workspace:*"})
    new = package("apps/new", dependencies={"a": "workspace:*"})
    projects = (web, new, package("libs/a", "a"), package("libs/b", "b"))

    found = workspace(*projects, lock=lockfile({"apps/web": "a=1.0.0"}, {"a@1.0.0": ""}))

    assert [folder for folder, _ in edges(found, "apps/web")] == ["libs/a", "libs/b"]
    assert [folder for folder, _ in edges(found, "apps/new")] == ["libs/a"]


def test_an_override_lets_the_lockfile_decide_against_the_manifest() -> None:
    web = package("apps/web", dependencies={"a": "workspace:*"})
    lock = lockfile({"apps/web": "a=1.0.0"}, {"a@1.0.0": ""}, overrides={"a": "1.0.0"})

    assert edges(workspace(web, package("libs/a", "a"), lock=lock), "apps/web") == []


def test_a_name_of_several_projects_links_to_every_bearer() -> None:
    """Pitfall 37: two projects with one name."""
    web = package("apps/web", dependencies={"a": "workspace:*"})
    unnamed = Package("libs/unnamed")

    found = workspace(web, package("libs/one", "a"), package("libs/two", "a"), unnamed)

    assert found.names == {"a": ("libs/one", "libs/two"), "apps/web": ("apps/web",)}
    assert [folder for folder, _ in edges(found, "apps/web")] == ["libs/one", "libs/two"]


def test_a_name_of_hundreds_of_projects_is_refused_where_one_of_them_is_linked() -> None:
    """Each that asks for it would need each of them: the square of as many edges."""
    many = [package(f"libs/a{number}", "a") for number in range(101)]

    assert len(workspace(*many).names["a"]) == 101
    for specifier in ("workspace:*", "workspace:^1", "workspace:a@2", "^1"):
        web = package("apps/web", dependencies={"a": specifier})
        assert len(workspace(web, *many[:-1], settings=LINKING).edges["apps/web"]) == 100
        with pytest.raises(ConfigurationError, match=r"libs/a0/package\.json: name: 'a' is that of 101 "):
            workspace(web, *many, settings=LINKING)


def test_overrides_and_what_they_may_be_about_are_compared_soon() -> None:
    names = [f"a{number}" for number in range(2000)]
    web = package("apps/web", dependencies=dict.fromkeys(names, "workspace:*"))
    lock = lockfile(
        {"apps/web": " ".join(f"{name}=1" for name in names)}, overrides=dict.fromkeys(names[1:], "1")
    )
    began = time.process_time()

    found = workspace(web, package("libs/a0", "a0"), package("libs/a1", "a1"), lock=lock)

    assert time.process_time() - began < 0.5
    assert edges(found, "apps/web") == [("libs/a0", "dependencies")]


def test_a_project_has_no_edge_to_itself() -> None:
    own: dict[str, Any] = {"devDependencies": {"a": "workspace:*"}}

    assert edges(workspace(package("libs/a", "a", **own)), "libs/a") == []
    assert (
        edges(workspace(package("libs/a", "a", **own), lock=lockfile({"libs/a": "a=link:"})), "libs/a") == []
    )
