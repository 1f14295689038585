from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.snapshot import Entry, Snapshot
from buildgraph.workspace import Edge, read_workspace
from tests.workspace.locks import document
from tests.workspace.tree import tree

FILES: dict[str, Any] = {
    "pnpm-workspace.yaml": "packages: ['apps/*', 'libs/*']\n",
    "package.json": {"name": "root"},
    "apps/web/package.json": {"name": "web", "dependencies": {"ui": "workspace:*"}},
    "libs/ui/package.json": {"name": "ui"},
    "libs/ui/fixtures/x/package.json": "this is no JSON, and no project either",
}


def test_a_workspace_is_read_with_two_questions() -> None:
    """Each question is a git process, however many projects there are."""
    files = tree(FILES | {f"libs/l{number}/package.json": {} for number in range(50)})

    found = read_workspace(files)

    assert len(found.packages) == 53
    assert files.questions == 2


def test_a_workspace_without_lockfile_links_by_rule() -> None:
    found = read_workspace(tree(FILES))

    assert found.lockfile is None
    assert found.edges == {".": (), "apps/web": (Edge("libs/ui", "dependencies"),), "libs/ui": ()}


def test_the_lockfile_decides_where_there_is_one() -> None:
    lock = document({".": "", "apps/web": "ui=1.0.0", "libs/ui": ""}, {"ui@1.0.0": ""})
    web = {"name": "web", "dependencies": {"ui": "^1.0.0"}}

    found = read_workspace(tree(FILES | {"apps/web/package.json": web, "pnpm-lock.yaml": lock}))

    assert found.lockfile is not None
    assert found.edges["apps/web"] == ()


def test_the_workspace_may_lie_below_the_project() -> None:
    """Paths are seen from the workspace root, and lockfiles of others below it do not count."""
    files = {f"web/{path}": content for path, content in FILES.items()}
    others = {
        "package.json": "no JSON",
        "wib/apps/x/package.json": "no JSON",
        "web/libs/ui/pnpm-lock.yaml": "no YAML: [",
    }

    found = read_workspace(tree(files | others), "web/")

    assert (found.root, sorted(found.packages)) == ("web", [".", "apps/web", "libs/ui"])


def test_a_settings_file_of_npm_decides_on_linking() -> None:
    web = {"name": "web", "dependencies": {"ui": "^1.0.0"}}
    files = FILES | {"apps/web/package.json": web, "libs/ui/package.json": {"name": "ui", "version": "1.1.0"}}

    assert read_workspace(tree(files)).edges["apps/web"] == ()
    linking = read_workspace(tree(files | {".npmrc": "link-workspace-packages=true\n"}))
    assert linking.edges["apps/web"] == (Edge("libs/ui", "dependencies"),)


def test_a_package_json_that_is_a_symbolic_link_is_followed() -> None:
    """Pitfall 4: git holds the target of a link as its content."""
    shared = FILES | {"one.json": {"name": "shared"}}

    found = read_workspace(tree(shared, links={"libs/s/package.json": "../../one.json"}))

    assert found.packages["libs/s"].name == "shared"


@pytest.mark.parametrize("path", ["libs/s/package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"])
@pytest.mark.parametrize("target", ["nothing", "itself"])
def test_a_file_of_pnpm_that_links_to_no_file_is_a_mistake(path: str, target: str) -> None:
    others = {name: content for name, content in FILES.items() if name != path}
    link = path.rpartition("/")[2] if target == "itself" else target

    with pytest.raises(ConfigurationError) as raised:
        read_workspace(tree(others, links={path: link}))

    assert str(raised.value) == f"{path}: is a symbolic link to no tracked file\n  retarget it"


def test_all_mistakes_are_told_at_once() -> None:
    wrong = {
        "web/pnpm-workspace.yaml": "packages: ['apps/*']\n",
        "web/pnpm-lock.yaml": "lockfileVersion: 5.4\n",
        "web/apps/a/package.json": "{",
        "web/apps/b/package.json": {"name": 1},
        "web/apps/c/package.json": {"name": "c"},
    }
    with pytest.raises(ConfigurationError) as raised:
        read_workspace(tree(wrong), "web")

    assert [mistake.where for mistake in raised.value.mistakes] == [
        "web/apps/a/package.json:1:2",
        "web/apps/b/package.json: name",
        "web/pnpm-lock.yaml",
    ]


def test_a_folder_without_a_workspace_file_is_told_where_one_lies() -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_workspace(tree({"web/pnpm-workspace.yaml": "", "package.json": {}}))
    assert str(raised.value).startswith("pnpm-workspace.yaml: is missing\n")
    assert "'web'" in str(raised.value)

    with pytest.raises(ConfigurationError, match="write one"):
        read_workspace(tree({"package.json": {}}), "web")


@dataclass(frozen=True)
class Blobs:
    """Contents by id, as a repository holds them."""

    contents: Mapping[str, bytes]

    def read_blobs(self, ids: Iterable[str]) -> dict[str, bytes]:
        return {blob: self.contents[blob] for blob in ids}


def test_a_snapshot_of_git_is_read_as_it_is() -> None:
    texts = {
        path: (text if isinstance(text, str) else json.dumps(text)).encode() for path, text in FILES.items()
    }
    ids = {path: hashlib.sha1(text).hexdigest() for path, text in texts.items()}
    blobs = Blobs({ids[path]: text for path, text in texts.items()})

    found = read_workspace(
        Snapshot(lambda _: {path: Entry(0o100644, blob) for path, blob in ids.items()}, blobs)
    )

    assert sorted(found.packages) == [".", "apps/web", "libs/ui"]
