"""What real pnpm workspaces do: shapes met in public ones, in pnpm's own words, and exactly what follows from them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from buildgraph.comparison import compare
from buildgraph.graph.packages import package_names
from buildgraph.project import open_project
from buildgraph.recipes import parse_dockerfile
from buildgraph.workspace import find_projects, read_workspace
from tests.support.monorepo import APP_TEMPLATE, Monorepo, bare
from tests.workspace.pnpm import closure, installed, lock, run_pnpm

# Written by pnpm 9.15 for PROJECTS; integrities are shortened.
LOCKFILE = """lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

importers:

  .:
    devDependencies:
      react:
        specifier: workspace:*
        version: link:packages/react

  packages/is-number: {}

  packages/kit:
    dependencies:
      react:
        specifier: '*'
        version: 17.0.2
    devDependencies:
      is-number:
        specifier: 6.0.0
        version: 6.0.0

  packages/other:
    dependencies:
      is-number:
        specifier: 7.0.0
        version: 7.0.0
      react:
        specifier: 17.0.2
        version: 17.0.2
      use-sync-external-store:
        specifier: 1.2.0
        version: 1.2.0(react@17.0.2)

  packages/plugged:
    dependencies:
      use-sync-external-store:
        specifier: 1.2.0
        version: 1.2.0(react@packages+react)

  packages/react: {}

  packages/web:
    dependencies:
      forked:
        specifier: github:acme/forked#v1
        version: https://codeload.github.com/acme/forked/tar.gz/0123456789012345678901234567890123456789
      is-number:
        specifier: workspace:4.5.12
        version: link:../is-number
      minified:
        specifier: file:./dir/module
        version: '@t/minify@file:packages/web/dir/module'
      ms:
        specifier: 2.1.3
        version: 2.1.3
      old:
        specifier: npm:is-number@7.0.0
        version: is-number@7.0.0
      packed:
        specifier: file:./vendor/packed.tgz
        version: file:packages/web/vendor/packed.tgz

  playground/gone:
    dependencies:
      nothing:
        specifier: link:../../nowhere
        version: link:../../nowhere
      outside:
        specifier: link:../../../outside
        version: link:../../../outside

  playground/nested:
    dependencies:
      '@p/a':
        specifier: link:./a
        version: link:a
      '@p/copied':
        specifier: file:./copied
        version: link:copied
      kit:
        specifier: workspace:*
        version: file:packages/kit(is-number@7.0.0)(react@18.2.0)
    dependenciesMeta:
      kit:
        injected: true

  playground/nested/a:
    dependencies:
      '@p/a-in':
        specifier: link:./in
        version: link:in

  playground/nested/a/in: {}

  playground/nested/copied:
    dependencies:
      '@p/dep':
        specifier: file:../dep
        version: link:../dep

  playground/nested/dep: {}

packages:

  '@t/minify@file:packages/web/dir/module':
    resolution: {directory: packages/web/dir/module, type: directory}

  forked@https://codeload.github.com/acme/forked/tar.gz/0123456789012345678901234567890123456789:
    resolution: {tarball: https://codeload.github.com/acme/forked/tar.gz/0123456789012345678901234567890123456789}
    version: 1.0.0

  is-number@6.0.0:
    resolution: {integrity: sha512-six}
    engines: {node: '>=0.10.0'}

  is-number@7.0.0:
    resolution: {integrity: sha512-seven}
    engines: {node: '>=0.12.0'}

  kit@file:packages/kit:
    resolution: {directory: packages/kit, type: directory}
    peerDependencies:
      is-number: '*'
      react: '*'
    peerDependenciesMeta:
      is-number:
        optional: true
      react:
        optional: true

  ms@2.1.3:
    resolution: {integrity: sha512-ms}

  packed@file:packages/web/vendor/packed.tgz:
    resolution: {integrity: sha512-packed, tarball: file:packages/web/vendor/packed.tgz}
    version: 2.0.0

  react@17.0.2:
    resolution: {integrity: sha512-r17}
    engines: {node: '>=0.10.0'}

  react@18.2.0:
    resolution: {integrity: sha512-r18}
    engines: {node: '>=0.10.0'}

  use-sync-external-store@1.2.0:
    resolution: {integrity: sha512-use}
    peerDependencies:
      react: ^16.8.0 || ^17.0.0 || ^18.0.0

snapshots:

  '@t/minify@file:packages/web/dir/module': {}

  forked@https://codeload.github.com/acme/forked/tar.gz/0123456789012345678901234567890123456789: {}

  is-number@6.0.0: {}

  is-number@7.0.0: {}

  kit@file:packages/kit(is-number@7.0.0)(react@18.2.0):
    optionalDependencies:
      is-number: 7.0.0
      react: 18.2.0

  ms@2.1.3: {}

  packed@file:packages/web/vendor/packed.tgz: {}

  react@17.0.2: {}

  react@18.2.0:
    optional: true

  use-sync-external-store@1.2.0(react@17.0.2):
    dependencies:
      react: 17.0.2

  use-sync-external-store@1.2.0(react@packages+react):
    dependencies:
      react: link:packages/react
"""

KIT: dict[str, Any] = {
    "name": "kit",
    "peerDependencies": {"react": "*", "is-number": "*"},
    "peerDependenciesMeta": {"react": {"optional": True}, "is-number": {"optional": True}},
    "devDependencies": {"is-number": "6.0.0"},
}
PROJECTS: dict[str, dict[str, Any]] = {
    ".": {"name": "ms", "version": "9.9.9", "devDependencies": {"react": "workspace:*"}},
    "packages/react": {"name": "react", "version": "18.2.0"},
    "packages/web": {
        "name": "web",
        "dependencies": {
            "forked": "github:acme/forked#v1",
            "is-number": "workspace:4.5.12",
            "minified": "file:./dir/module",
            "ms": "2.1.3",
            "old": "npm:is-number@7.0.0",
            "packed": "file:./vendor/packed.tgz",
        },
    },
    "packages/web/dir/module": {"name": "@t/minify", "version": "0.0.0"},
    "packages/other": {
        "name": "other",
        "dependencies": {"react": "17.0.2", "use-sync-external-store": "1.2.0", "is-number": "7.0.0"},
    },
    "packages/plugged": {"name": "plugged", "dependencies": {"use-sync-external-store": "1.2.0"}},
    "packages/is-number": {"name": "is-number", "version": "4.5.12"},
    "packages/kit": KIT,
    "playground/nested": {
        "name": "@p/nested",
        "dependencies": {"@p/a": "link:./a", "@p/copied": "file:./copied", "kit": "workspace:*"},
        "dependenciesMeta": {"kit": {"injected": True}},
    },
    "playground/nested/a": {"name": "@p/a", "dependencies": {"@p/a-in": "link:./in"}},
    "playground/nested/a/in": {"name": "@p/a-in"},
    "playground/nested/copied": {"name": "@p/copied", "dependencies": {"@p/dep": "file:../dep"}},
    "playground/nested/dep": {"name": "@p/dep"},
    "playground/gone": {
        "name": "@p/gone",
        "dependencies": {"nothing": "link:../../nowhere", "outside": "link:../../../outside"},
    },
}
GLOBS = "packages:\n  - 'packages/*'\n  - 'playground/**'\n"


@pytest.fixture
def zoo(repo: Monorepo) -> Monorepo:
    """Every kind of edge at once, with the lockfile that pnpm wrote for it; committed."""
    repo.write("pnpm-workspace.yaml", GLOBS)
    for folder, manifest in PROJECTS.items():
        repo.write(f"{folder}/package.json", json.dumps(manifest))
        repo.write(f"{folder}/index.js", folder)
    repo.write("packages/web/vendor/packed.tgz", b"\x1f\x8b packed")
    repo.write("pnpm-lock.yaml", LOCKFILE)
    repo.commit()
    return repo


def affected(repo: Monorepo, base: str | None = None, *, kind: str = "package") -> set[str]:
    """The names of the affected nodes of one kind, worked out in this process; the base must be found."""
    comparison = compare(open_project(repo.root), base, None)
    assert comparison.complete, comparison.why_incomplete
    found = (node.node.id.partition(":") for node in comparison.nodes)
    return {name for prefix, _, name in found if prefix == kind}


def changes(repo: Monorepo) -> dict[str, str]:
    """How each affected package differs."""
    nodes = compare(open_project(repo.root), None, None).nodes
    return {found.node.id.partition(":")[2]: found.change for found in nodes}


def edges(repo: Monorepo) -> dict[str, list[str]]:
    """What each package uses, as `graph` tells it; packages that use nothing are left out."""
    nodes = json.loads(repo.run("graph", "--format", "json").out)["nodes"]
    found = {node["id"]: [used.partition(":")[2] for used in node["uses"]] for node in nodes}
    return {name.partition(":")[2]: used for name, used in found.items() if used}


def everything(repo: Monorepo) -> set[str]:
    """The names of all packages."""
    return set(package_names(read_workspace(repo.working_tree())).values())


def after_edit_of(repo: Monorepo, path: str) -> set[str]:
    """The packages that an edit of one file affects; the file is as it was afterwards."""
    before = (repo.root / path).read_bytes()
    repo.append(path)
    found = affected(repo)
    (repo.root / path).write_bytes(before)
    return found


def after_lockfile_edit(repo: Monorepo, before: str, after: str) -> set[str]:
    """The packages besides the root, whose file it is, that an edit of the lockfile affects."""
    assert before in LOCKFILE
    repo.write("pnpm-lock.yaml", LOCKFILE.replace(before, after))
    found = affected(repo) - {"."}
    repo.write("pnpm-lock.yaml", LOCKFILE)
    return found


# Edges ---------------------------------------------------------------------------------------------------


def test_edges_are_what_pnpm_links_and_nothing_else(zoo: Monorepo) -> None:
    """Pitfall 37: names say nothing, the lockfile's links do.

    The root is named ms, and web uses the ms of the registry; other uses an older react than the workspace's;
    the optional peers of an injected kit come from the registry though the workspace has both; links lead to
    nothing and out of the repository.
    """
    assert edges(zoo) == {
        ".": ["react"],
        "web": ["is-number"],
        "plugged": ["react"],
        "@p/nested": ["@p/a", "@p/copied", "kit"],
        "@p/a": ["@p/a-in"],
        "@p/copied": ["@p/dep"],
    }


def test_an_edit_reaches_those_who_link_and_not_those_who_name(zoo: Monorepo) -> None:
    """Pitfall 37."""
    assert after_edit_of(zoo, "index.js") == {"."}
    assert after_edit_of(zoo, "packages/is-number/index.js") == {"is-number", "web"}
    assert after_edit_of(zoo, "packages/react/index.js") == everything(zoo)  # the root links it
    assert after_edit_of(zoo, "packages/kit/index.js") == {"kit", "@p/nested"}


def test_a_project_that_is_the_peer_of_a_registry_package_is_an_edge_of_its_users(zoo: Monorepo) -> None:
    """The root's react serves the peer of a plugin, so those who use the plugin use the project."""
    zoo.write("packages/react/package.json", json.dumps({"name": "react", "version": "18.3.0"}))

    assert "react" in edges(zoo)["plugged"]
    assert affected(zoo) == everything(zoo)  # the root links it, so all checks see it


def test_without_the_lockfile_the_rules_give_the_same_edges_save_those_that_only_pnpm_resolves(
    zoo: Monorepo,
) -> None:
    (zoo.root / "pnpm-lock.yaml").unlink()

    assert edges(zoo) == {
        ".": ["react"],
        "web": ["is-number"],
        "@p/nested": ["@p/a", "@p/copied", "kit"],
        "@p/a": ["@p/a-in"],
        "@p/copied": ["@p/dep"],
    }


def test_cycles_unnamed_packages_and_one_name_twice_are_answered(repo: Monorepo) -> None:
    """Pitfall 37."""
    repo.package("a", uses=["b"])
    repo.package("b", devDependencies={"a": "workspace:*"})
    repo.package("twin", folder="packages/one", uses=["a"])
    repo.package("twin", folder="packages/two")
    repo.write("packages/unnamed/package.json", json.dumps({"dependencies": {"twin": "workspace:*"}}))
    repo.commit()

    assert after_edit_of(repo, "packages/b/src/index.ts") == {
        "a", "b", "./packages/one", "./packages/unnamed",
    }  # fmt: skip
    assert after_edit_of(repo, "packages/two/src/index.ts") == {"./packages/two", "./packages/unnamed"}
    assert repo.run("why", "package:./packages/unnamed").code == 0


def test_a_dependency_for_development_is_part_of_what_an_image_is_built_from(repo: Monorepo) -> None:
    """Shared build configurations are devDependencies: a closure of production edges alone does not build."""
    repo.package("@acme/lint")
    repo.package("@acme/tsconfig", version=None)
    repo.package("@acme/unused")
    _service_with_configurations(repo)

    repo.append("packages/unused/src/index.ts")
    assert affected(repo, kind="image") == set()
    repo.append("packages/tsconfig/src/index.ts")
    assert affected(repo, kind="image") == {"web"}


LINT_LOCKFILE = """lockfileVersion: '9.0'

importers:

  .: {}

  apps/web:
    devDependencies:
      '@acme/lint':
        specifier: workspace:*
        version: link:../../packages/lint
      '@acme/tsconfig':
        specifier: workspace:^
        version: link:../../packages/tsconfig

  packages/lint: {}

  packages/tsconfig: {}

  packages/unused: {}
"""


def _service_with_configurations(repo: Monorepo) -> None:
    configurations = {"@acme/lint": "workspace:*", "@acme/tsconfig": "workspace:^"}
    repo.service("web")
    repo.package("@acme/web", folder="apps/web", devDependencies=configurations)
    repo.write("pnpm-lock.yaml", LINT_LOCKFILE)
    repo.commit()


def test_moving_a_dependency_to_the_other_group_changes_its_image(repo: Monorepo) -> None:
    """What ships differs, though the same files are installed to build."""
    repo.package("@acme/lint")
    repo.package("@acme/tsconfig")
    repo.service("docs")
    _service_with_configurations(repo)

    repo.write("pnpm-lock.yaml", LINT_LOCKFILE.replace("devDependencies", "dependencies"))

    assert affected(repo, kind="image") == {"web"}


# Projects --------------------------------------------------------------------------------------------------


@pytest.fixture
def nested(repo: Monorepo) -> Monorepo:
    """Projects in projects, in dot folders and beside fixtures that look like projects; committed."""
    repo.write("pnpm-workspace.yaml", "packages: ['libs/**', '.tools/*', '!**/fixtures/**']\n")
    for folder in ("libs/a", "libs/a/b", "libs/a/b/c", ".tools/cli", "libs/with space", "libs/(app)/[id]"):
        repo.package(folder.rpartition("/")[2], folder=folder)
    repo.package("demo", folder="libs/a/fixtures/demo", uses=["c"])
    repo.write("libs/a/fixtures/demo/pnpm-workspace.yaml", "packages: [")
    repo.write("libs/a/fixtures/demo/pnpm-lock.yaml", "<<<<<<< no lockfile of ours")
    for foreign in ("package-lock.json", "yarn.lock", "bun.lock"):
        repo.write(f"libs/a/fixtures/demo/{foreign}", "no lockfile of ours")
    repo.write("libs/a/b/esm/package.json", '{"type": "module"}')
    repo.write("libs/a/b/esm/broken/package.json", "fixtures may hold what is no JSON")
    repo.write("pnpm-workspace.yaml", "packages: ['libs/**', '.tools/*', '!**/fixtures/**', '!**/esm/**']\n")
    repo.commit()
    return repo


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("libs/a/src/index.ts", "a"),
        ("libs/a/b/src/index.ts", "b"),
        ("libs/a/b/c/src/index.ts", "c"),
        (".tools/cli/src/index.ts", "cli"),
        ("libs/with space/src/index.ts", "with space"),
        ("libs/(app)/[id]/src/index.ts", "[id]"),
        ("libs/a/fixtures/demo/src/index.ts", "a"),
        ("libs/a/fixtures/demo/package.json", "a"),
        ("libs/a/fixtures/demo/pnpm-lock.yaml", "a"),
        ("libs/a/fixtures/demo/yarn.lock", "a"),
        ("libs/a/b/esm/package.json", "b"),
        ("README.md", "."),
    ],
)
def test_the_owner_of_a_file_is_the_nearest_project_around_it(
    nested: Monorepo, path: str, owner: str
) -> None:
    """A package.json, a lockfile or a workspace file inside a project makes no project of its folder."""
    nested.append(path) if (nested.root / path).exists() else nested.write(path, "new")

    assert affected(nested) == {owner}


def test_a_commit_of_globs_alone_adds_and_drops_projects(nested: Monorepo) -> None:
    """Their files go to the nearest project that is left, and those are affected too."""
    nested.write("pnpm-workspace.yaml", "packages: ['libs/**', '!**/esm/**', '!libs/a/b/c']\n")

    assert changes(nested) == {
        ".": "changed",
        "a": "changed",
        "b": "changed",
        "c": "removed",
        "cli": "removed",
        "demo": "added",
    }


def test_the_files_of_a_deleted_project_fall_to_the_nearest_that_is_left(nested: Monorepo) -> None:
    """Pitfall 23."""
    (nested.root / "libs/a/b/package.json").unlink()
    nested.commit()

    assert affected(nested, "HEAD~1") == {"a", "b"}
    assert after_edit_of(nested, "libs/a/b/src/index.ts") == {"a"}
    assert after_edit_of(nested, "libs/a/b/c/src/index.ts") == {"c"}


def test_importers_that_are_no_project_and_projects_that_are_no_importer_are_answered(zoo: Monorepo) -> None:
    zoo.write(
        "packages/new/package.json", json.dumps({"name": "new", "dependencies": {"kit": "workspace:*"}})
    )
    zoo.write("pnpm-lock.yaml", LOCKFILE.replace("  playground/nested/dep: {}\n", "  left/over: {}\n"))
    zoo.commit()

    assert after_edit_of(zoo, "packages/kit/index.js") == {"kit", "new", "@p/nested"}
    assert after_edit_of(zoo, "playground/nested/dep/index.js") == {"@p/dep", "@p/copied", "@p/nested"}


@pytest.fixture
def below(repo: Monorepo) -> Monorepo:
    """A workspace in web/, beside other things."""
    (repo.root / "pnpm-workspace.yaml").unlink()
    (repo.root / "package.json").unlink()
    inner = bare(repo.root / "web")
    inner.write("pnpm-workspace.yaml", "packages: ['packages/*']\n")
    inner.package("@acme/core")
    inner.package("@acme/ui", uses=["@acme/core"])
    repo.write("server/main.go", "package main\n")
    repo.write("packages/core/stray.ts", "")
    repo.commit()
    return repo


def test_what_lies_outside_the_workspace_matters_to_nobody(below: Monorepo) -> None:
    inner = bare(below.root / "web")

    for path in ("server/main.go", "packages/core/stray.ts", "README.md", "package.json", "web.ts"):
        below.write(path, "edited")
    assert affected(inner) == set()
    inner.append("packages/core/src/index.ts")
    assert affected(inner) == {"@acme/core", "@acme/ui"}


def test_a_workspace_file_that_git_ignores_is_told_as_such(repo: Monorepo) -> None:
    """It lies on the disk, so "is missing" alone would send its reader astray."""
    repo.package("@acme/core")
    repo.append(".gitignore", "pnpm-workspace.yaml\n")

    ran = repo.run("affected")

    assert (ran.code, ran.out) == (2, "")
    assert "pnpm-workspace.yaml: is missing\n" in ran.err
    assert "files that git ignores do not count" in ran.err


def test_manifests_may_lie_above_the_workspace(below: Monorepo) -> None:
    below.write("manifests/workspace.toml", 'name = "acme"\nroot = "web"\n')
    below.commit()

    below.write("server/main.go", "edited")
    below.append("web/packages/core/src/index.ts")

    assert affected(below) == {"@acme/core", "@acme/ui"}


def test_a_member_that_is_no_node_project_says_what_pnpm_cannot_see(repo: Monorepo) -> None:
    """A Go service with a package.json for its scripts: what it reads beside its folder is declared."""
    repo.service("api", inputs=["proto/**/*.proto"])
    repo.package("@acme/api", folder="apps/api", scripts={"build": "go build"})
    repo.service("web")
    repo.write("apps/api/main.go", "package main\n")
    repo.write("proto/v1/api.proto", "syntax")
    repo.write("proto/README.txt", "read me")
    repo.lock()
    repo.commit()

    repo.append("proto/README.txt")
    assert affected(repo, kind="image") == set()
    repo.append("proto/v1/api.proto")
    assert affected(repo, kind="image") == {"api"}


@pytest.mark.parametrize(
    ("glob", "folders"),
    [
        ("apps/v{1..3}", ["apps/v1", "apps/v3"]),
        ("apps/v{3..1}", ["apps/v1", "apps/v3"]),
        ("apps/{a..c}", ["apps/b"]),
        ("apps/v{1..b}", []),
        ("**/**/**/**/**/**/b", ["apps/b", "b"]),
        ("./**/**/v1", ["apps/v1"]),
        ("apps/**/**", ["apps/b", "apps/v1", "apps/v10", "apps/v3"]),
        ("x**/**/**/b", []),
    ],
)
def test_ranges_and_repeated_stars_are_read_as_pnpm_reads_them(glob: str, folders: list[str]) -> None:
    """Pitfall 37."""
    deep = "/".join(f"level{number}" for number in range(40))
    places = ("apps/v1", "apps/v3", "apps/v10", "apps/b", "b", deep)
    paths = ["package.json", *(f"{place}/package.json" for place in places)]

    assert find_projects(paths, [glob]) == (".", *folders)


# Git ---------------------------------------------------------------------------------------------------------


def test_a_file_behind_a_link_that_leaves_its_package_reaches_it(repo: Monorepo) -> None:
    """Pitfall 4: `src -> ../../vendor/src` is how sources are shared without a package."""
    repo.package("@acme/web")
    repo.write("vendor/src/index.ts", "shared")
    (repo.root / "packages/web/shared").symlink_to("../../vendor/src")
    (repo.root / "packages/web/.env").symlink_to("../../.env.shared")
    repo.write(".env.shared", "A=1\n")
    repo.commit()

    assert after_edit_of(repo, "vendor/src/index.ts") == {".", "@acme/web"}
    assert after_edit_of(repo, ".env.shared") == {".", "@acme/web"}


def test_another_commit_of_a_submodule_reaches_the_package_whose_sources_link_into_it(
    repo: Monorepo, tmp_path: Path
) -> None:
    """Pitfall 27."""
    library = Monorepo(tmp_path / "library")
    library.commit()
    repo.package("@acme/web")
    repo.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.root), "vendor/library"
    )
    (repo.root / "packages/web/library").symlink_to("../../vendor/library/src")
    repo.commit()

    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    bare(repo.root / "vendor/library").git(*identity, "commit", "-q", "--allow-empty", "-m", "next")

    assert affected(repo) == {".", "@acme/web"}


def test_another_commit_of_a_submodule_that_is_a_project_reaches_its_users(
    repo: Monorepo, tmp_path: Path
) -> None:
    """Pitfall 27: pnpm finds the package.json of a submodule on the disk; git knows its commit."""
    library = Monorepo(tmp_path / "library")
    library.write("package.json", json.dumps({"name": "@acme/library"}))
    library.commit()
    repo.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.root), "packages/library"
    )
    repo.package("@acme/web", uses=["@acme/library"])
    repo.lock()
    repo.commit()

    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com")
    bare(repo.root / "packages/library").git(*identity, "commit", "-q", "--allow-empty", "-m", "next")

    assert "@acme/web" in affected(repo)


@pytest.mark.parametrize("specifier", ["link:../../vendored", "file:../../vendored"])
def test_a_folder_that_is_linked_and_is_no_project_reaches_its_user(repo: Monorepo, specifier: str) -> None:
    """`link:` and `file:` may lead to any folder of the repository; what lies there is installed."""
    repo.package("@acme/web", dependencies={"vendored": specifier})
    repo.package("@acme/other")
    repo.write("vendored/package.json", json.dumps({"name": "vendored"}))
    repo.write("vendored/index.js", "one")
    repo.commit()

    assert after_edit_of(repo, "vendored/index.js") == {".", "@acme/web"}


# Lockfile ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        pytest.param("0123456789012345678901234567890123456789", "f" * 40, {"web"}, id="a commit on GitHub"),
        pytest.param("sha512-seven", "sha512-other", {"web", "other", "@p/nested"}, id="an alias's package"),
        pytest.param("sha512-packed", "sha512-repacked", {"web"}, id="an archive in a package"),
        pytest.param("sha512-r18", "sha512-other", {"@p/nested"}, id="an optional peer"),
        pytest.param("engines: {node: '>=0.10.0'}", "engines: {node: '>=18'}", set(), id="a text"),
        pytest.param("specifier: 2.1.3", "specifier: ^2.1.3", set(), id="a specifier"),
        pytest.param(
            "version: 1.2.0(react@packages+react)",
            "version: 1.2.0(react@17.0.2)",
            {"plugged"},
            id="another peer",
        ),
        pytest.param("version: link:../is-number", "version: 7.0.0", {"web"}, id="a link to the registry"),
        pytest.param("      react: 17.0.2\n", "      react: 15.0.0\n", {"other"}, id="an edge to nowhere"),
    ],
)
def test_an_edit_of_the_lockfile_affects_exactly_those_who_install_it(
    zoo: Monorepo, before: str, after: str, names: set[str]
) -> None:
    """Pitfall 30 (c), (f), (i), (j)."""
    assert after_lockfile_edit(zoo, before, after) == names


@pytest.mark.parametrize(
    ("lockfile", "manager", "major"),
    [
        pytest.param("9.0", "pnpm@10.4.1+sha512.abc", "10.4.1", id="the version that package.json names"),
        pytest.param("9.0", "", "9", id="none named, lockfile 9.0"),
        pytest.param(
            "6.0",
            "",
            "8",
            id="none named, lockfile 6.0",
        ),
    ],
)
def test_a_lockfile_is_installed_by_a_pnpm_that_reads_it(
    repo: Monorepo, lockfile: str, manager: str, major: str
) -> None:
    repo.write("package.json", json.dumps({"name": "root", "packageManager": manager}))
    repo.service("web")
    repo.write("docker/Dockerfile.app", APP_TEMPLATE + "ARG PNPM_VERSION\n")
    repo.write("pnpm-lock.yaml", f"lockfileVersion: '{lockfile}'\nimporters:\n  apps/web: {{}}\n")

    image = open_project(repo.root).working_picture().images["web"]

    assert image.arguments["PNPM_VERSION"] == major


# Dockerfiles -----------------------------------------------------------------------------------------------------

STAGES = """FROM node:20 AS web
COPY services/web/ /
FROM nginx:1 AS docs
COPY --chmod=644 ["services/docs/a b.html", "/usr/share/"]
"""

SERVICE = """[services.{name}]
path = "services/{name}"
dockerfile = "docker/Dockerfile"
target = "{name}"
port = {port}
health = "/"
"""


def test_several_images_of_one_dockerfile_have_bases_of_their_own(repo: Monorepo) -> None:
    """Pitfall 15: a stage that an image does not need has no say in it."""
    bases = '[digests]\n"node:20" = "sha256:{}"\n"nginx:1" = "sha256:{}"\n'
    repo.write("docker/Dockerfile", STAGES)
    repo.write("manifests/workspace.toml", 'name = "acme"\n')
    for name in ("web", "docs"):
        repo.write(f"services/{name}/a b.html", name)
        repo.write(f"manifests/products/{name}.toml", SERVICE.format(name=name, port=80 + len(name)))
    repo.write("manifests/bases.toml", bases.format("0" * 64, "0" * 64))
    repo.commit()

    repo.write("manifests/bases.toml", bases.format("0" * 64, "1" * 64))
    assert affected(repo, kind="image") == {"docs"}
    repo.git("checkout", "-q", ".")
    repo.write("services/web/a b.html", "edited")
    assert affected(repo, kind="image") == {"web"}


def test_a_dockerfile_outside_the_app_s_folder_counts_and_its_neighbours_do_not(repo: Monorepo) -> None:
    repo.service("web")
    repo.write("docker/unnamed.sh", "no COPY names it")
    repo.lock()
    repo.commit()

    repo.write("docker/unnamed.sh", "edited")
    assert affected(repo, kind="image") == set()
    repo.append("docker/Dockerfile.app", "RUN true\n")
    assert affected(repo, kind="image") == {"web"}


@pytest.mark.parametrize("name", [".dockerignore", "docker/Dockerfile.app.dockerignore"])
def test_a_list_of_what_docker_ignores_changes_no_context_that_is_made_from_the_graph(
    repo: Monorepo, name: str
) -> None:
    """Pitfall 38: what a layered context holds is the closure; Docker applies no such file to an archive."""
    repo.service("web")
    repo.write(name, "apps\n")
    repo.lock()
    repo.commit()

    repo.write(name, "*\n")

    assert affected(repo, kind="image") == set()


def test_what_git_ignores_is_in_no_context(repo: Monorepo) -> None:
    """A file that a build step leaves in the folder cannot slip into an image from one machine alone."""
    repo.plain_service("proxy", "FROM scratch\nCOPY services/proxy/ /\n", port=80)
    repo.commit()
    before = repo.fingerprints()

    repo.write("services/proxy/dist/generated.js", "built here")

    assert repo.fingerprints() == before


FORMS: dict[str, tuple[str, list[str]]] = {
    "turbo's pruned folders": (
        "COPY --from=pruner /app/out/json/ .\nCOPY out/full/ .\nCOPY . .",
        [".", "out/full"],
    ),
    "a list by hand": (
        "COPY pnpm-lock.yaml pnpm-workspace.yaml ./\nCOPY packages/ui/package.json ./packages/ui/",
        ["packages/ui/package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml"],
    ),
    "flags of every kind": (
        'COPY --chmod=755 --chown=1001:1001 --link ["a b/run.sh", "c d", "/bin/"]',
        ["a b/run.sh", "c d"],
    ),
    "mounts of every type": (
        "RUN --mount=type=cache,id=pnpm,target=/pnpm/store --mount=type=secret,id=npmrc"
        " --mount=type=bind,source=pnpm-lock.yaml,target=/l --mount=type=ssh --network=none pnpm fetch",
        ["pnpm-lock.yaml"],
    ),
    "a mount from a stage": ("RUN --mount=from=pruner,source=/out,target=/x true", []),
    # whatever the base image says that `$param` is: a path from the top, even
    "signs of routes": (
        'COPY ["src/routes/(app)/[id]/$param.ts", "/x/"]',
        [".", "src/routes/(app)/[id]/*.ts"],
    ),
}


@pytest.mark.parametrize(("text", "paths"), FORMS.values(), ids=FORMS)
def test_dockerfiles_as_they_are_written_copy_exactly_these_paths(text: str, paths: list[str]) -> None:
    """Pitfall 39."""
    found = parse_dockerfile(f"FROM node AS pruner\nFROM node\n{text}".encode(), "Dockerfile")

    assert list(found.context_paths) == paths


# The real pnpm ---------------------------------------------------------------------------------------------------


def _projects_of(found: Iterable[str]) -> set[str]:
    """Those of the places that node reaches which are projects."""
    return {path for path in found if "node_modules" not in Path(path).parts}


@pytest.mark.pnpm
@pytest.mark.parametrize("version", ["9.15.0", "10.34.9"])
def test_projects_of_ranges_and_repeated_stars_are_the_ones_that_pnpm_finds(
    tmp_path: Path, version: str
) -> None:
    """Pitfall 37."""
    places = ("apps/v1", "apps/v2", "apps/v10", "apps/b", "apps/d", "deep/er/x", "x", "deep/.dot/x")
    globs = ["apps/v{1..3}", "apps/{a..c}", "**/**/**/x", "apps/{d}"]
    files: dict[str, Any] = {f"{place}/package.json": {"name": place} for place in places}
    files |= {"package.json": {"name": "root"}, "pnpm-workspace.yaml": json.dumps({"packages": globs})}
    workspace = lock(tmp_path, files, version=version)

    listed = json.loads(run_pnpm(tmp_path, "list", "--recursive", "--depth", "-1", "--json", version=version))

    assert sorted(workspace.packages) == sorted(
        str(Path(found["path"]).relative_to(tmp_path)) for found in listed
    )


@pytest.mark.pnpm
def test_edges_lead_to_exactly_the_projects_that_pnpm_installs(tmp_path: Path) -> None:
    """The disk after an install is the judge: every project that node reaches, and no other."""
    files: dict[str, Any] = {"pnpm-workspace.yaml": GLOBS}
    for folder, manifest in PROJECTS.items():
        offline = {"forked", "packed"}
        dependencies = {k: v for k, v in manifest.get("dependencies", {}).items() if k not in offline}
        path = "package.json" if folder == "." else f"{folder}/package.json"
        files[path] = manifest | {"dependencies": dependencies}
    workspace = lock(tmp_path / "zoo", files)
    run_pnpm(tmp_path / "zoo", "install", "--frozen-lockfile", "--ignore-scripts", "--prefer-offline")

    for folder in workspace.packages:
        reached = _projects_of(installed(tmp_path / "zoo", folder)) - {folder, "packages/kit"}
        expected = {path for path in closure(workspace, folder) if path not in (folder, "packages/kit")}
        assert {path for path in reached if path in workspace.packages} == expected, folder
