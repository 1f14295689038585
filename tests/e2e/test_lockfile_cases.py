"""Pitfall 30, case by case: lockfiles that the real pnpm wrote, in a real repository, and exactly what they affect.

Every case commits its edit first, and then what pnpm makes of it, so the two commits differ in the lockfile
alone: whatever is affected is so by the lockfile. The root is always among it, as the lockfile is its file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.locking import (
    LOCKFILE,
    ROOT,
    Edit,
    affected,
    both,
    copy_of,
    depending,
    edit_json,
    pnpm_lock,
    replacing,
    telling_pnpm,
    writing,
)
from tests.support.monorepo import WORKSPACE, Monorepo
from tests.workspace.workspaces import adding, archive

pytestmark = pytest.mark.pnpm

PNPM_8, PNPM_9, PNPM_10, PNPM_12 = "8.15.9", "9.15.0", "10.34.9", "12.21.0"
Opened = Callable[[str], Monorepo]

#   web -> ui -> core     debug -> ms    is-odd -> is-number    sync (peer: react)
#   api, docs, mono       plain: a service outside of the pnpm workspace
DEPENDENCIES = {
    "packages/core": {"debug": "4.3.4"},
    "packages/ui": {"is-number": "7.0.0"},
    "apps/api": {"is-odd": "3.0.1", "is-number": "6.0.0"},
    "apps/docs": {"react": "17.0.2", "use-sync-external-store": "1.2.0"},
    "apps/mono": {"react": "18.2.0", "use-sync-external-store": "1.2.0", "ms": "2.1.3"},
}
API, DOCS, MONO, WEB = ({f"package:@acme/{name}", f"image:{name}"} for name in ("api", "docs", "mono", "web"))
UI = WEB | {"package:@acme/ui"}
CORE = UI | {"package:@acme/core"}
ALL = API | DOCS | MONO | CORE | {ROOT}


def build(folder: Path, version: str) -> Monorepo:
    """The workspace of the picture, locked and committed."""
    repo = Monorepo(folder)
    repo.package("@acme/core")
    repo.package("@acme/ui", uses=["@acme/core"])
    for name, uses in (("web", ["@acme/ui"]), ("api", []), ("docs", []), ("mono", [])):
        repo.service(name, uses=uses)
    repo.plain_service("plain", "FROM scratch\nCOPY services/plain/ /\n", port=80)
    repo.write(
        "package.json", json.dumps({"name": "root", "private": True, "packageManager": f"pnpm@{version}"})
    )
    for project, versions in DEPENDENCIES.items():
        depending(project, versions)(repo)
    pnpm_lock(repo, version=version)
    repo.commit("locked")
    return repo


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Monorepo]:
    """The workspace locked by a version of pnpm, once."""
    found: dict[str, Monorepo] = {}

    def by(version: str) -> Monorepo:
        if version not in found:
            found[version] = build(tmp_path_factory.mktemp("locked") / "repo", version)
        return found[version]

    return by


@pytest.fixture
def shop(locked: Opened, tmp_path: Path) -> Monorepo:
    """A copy of the workspace locked by pnpm 9."""
    return copy_of(locked(PNPM_9), tmp_path / "repo")


def by_lockfile(repo: Monorepo, edit: Edit, version: str = PNPM_9) -> set[str]:
    """What is affected when pnpm locks an edit that is committed already."""
    edit(repo)
    base = repo.commit("edited")
    pnpm_lock(repo, version=version)
    head = repo.commit("locked")
    assert repo.git("diff", "--name-only", base, head) == LOCKFILE
    return affected(repo, base, head)


def by_edit(repo: Monorepo, edit: Edit, version: str = PNPM_9) -> set[str]:
    """What an edit and its lockfile affect together, as in most commits."""
    base = repo.git("rev-parse", "HEAD")
    edit(repo)
    pnpm_lock(repo, version=version)
    return affected(repo, base, repo.commit("edited and locked"))


def by_hand(repo: Monorepo, edit: Edit) -> set[str]:
    """What an edit of the lockfile affects that pnpm took no part in."""
    base = repo.git("rev-parse", "HEAD")
    edit(repo)
    return affected(repo, base, repo.commit("by hand"))


def lockfile_of(repo: Monorepo) -> str:
    return (repo.root / LOCKFILE).read_text()


# (a) layout ------------------------------------------------------------------------------------------------


def _reversed_packages(text: str) -> str:
    """The blocks of `packages` in the other order."""
    before, packages, after = re.split(r"^(?=packages:|snapshots:)", text, flags=re.MULTILINE)
    blocks = packages.removeprefix("packages:\n\n").strip("\n").split("\n\n")
    return before + "packages:\n\n" + "\n\n".join(reversed(blocks)) + "\n\n" + after


@pytest.mark.parametrize(
    "layout",
    [
        lambda text: text.replace("\n\n", "\n\n\n") + "\n\n",
        lambda text: "# written by hand\n" + text.replace("snapshots:", "snapshots: # of every peer"),
        _reversed_packages,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("specifier: 4.3.4", 'specifier: "4.3.4"'),
    ],
    ids=["white space", "comments", "order", "line ends", "quotes"],
)
def test_layout_affects_nothing_but_the_root_whose_file_it_is(
    shop: Monorepo, layout: Callable[[str], str]
) -> None:
    """Pitfall 30 (a)."""
    before = lockfile_of(shop)
    shop.write(LOCKFILE, layout(before))
    assert lockfile_of(shop) != before or b"\r\n" in (shop.root / LOCKFILE).read_bytes()

    assert by_hand(shop, lambda repo: None) == {ROOT}


# What pnpm makes of an edit --------------------------------------------------------------------------------


def _new_project(repo: Monorepo) -> None:
    repo.package("@acme/new")
    depending("packages/new", {"debug": "4.3.4", "left-pad": "1.3.0"})(repo)


MAIN_CASES: dict[str, tuple[Edit, set[str]]] = {
    "(b) a new importer affects only itself": (_new_project, {"package:@acme/new"}),
    "(c) a version of an app": (depending("apps/mono", {"ms": "2.1.2"}), MONO),
    "(c) a version of a shared package": (depending("packages/core", {"debug": "4.3.5"}), CORE),
    "(c) a dependency more": (depending("apps/api", {"left-pad": "1.3.0"}), API),
    "(c) a dependency less": (depending("packages/ui", {"is-number": None}), UI),
    "(f) an edge between packages that all stay": (
        telling_pnpm({"overrides": {"is-odd>is-number": "7.0.0"}}),
        API,
    ),
    "(g) an override of what a package needs": (telling_pnpm({"overrides": {"debug>ms": "2.1.1"}}), CORE),
    "(g) an override of what nobody needs": (telling_pnpm({"overrides": {"left-pad": "1.3.0"}}), set()),
    "(i) another peer of the same package": (depending("apps/docs", {"react": "18.2.0"}), DOCS),
    "a move to devDependencies": (
        both(
            depending("apps/mono", {"ms": None}), depending("apps/mono", {"ms": "2.1.3"}, "devDependencies")
        ),
        MONO,
    ),
    "a link that turns to the registry": (
        depending("packages/ui", {"@acme/core": "npm:left-pad@1.3.0"}),
        UI,
    ),
    "a link that turns to another folder": (
        depending("packages/ui", {"@acme/core": "link:../../services/plain"}),
        UI,
    ),
    "a patch of what one app installs": (
        both(
            writing("patches/odd.patch", adding("odd.txt")),
            telling_pnpm({"patchedDependencies": {"is-odd@3.0.1": "patches/odd.patch"}}),
        ),
        API,
    ),
    "a workspace dependency that is copied": (
        lambda repo: edit_json(repo, "apps/web/package.json", _inject),
        WEB,
    ),
}


def _inject(document: Any) -> None:
    document["dependenciesMeta"] = {"@acme/ui": {"injected": True}}


TWINS = (
    *(
        "(b) a new importer affects only itself",
        "(c) a version of a shared package",
        "a move to devDependencies",
    ),
    *("(f) an edge between packages that all stay", "(g) an override of what a package needs"),
    *("(i) another peer of the same package", "a link that turns to the registry"),
    *("a patch of what one app installs", "a workspace dependency that is copied"),
)


@pytest.mark.parametrize(
    ("case", "version"),
    [
        *((case, PNPM_9) for case in MAIN_CASES),
        (TWINS[0], PNPM_8),
        *(pytest.param(case, PNPM_8, marks=pytest.mark.long) for case in TWINS[1:]),
    ],
)
def test_what_pnpm_makes_of_an_edit_affects_exactly_those_who_install_it(
    case: str, version: str, locked: Opened, tmp_path: Path
) -> None:
    """Pitfall 30 (b), (c), (f), (g), (i), in both shapes of lockfile."""
    edit, expected = MAIN_CASES[case]
    repo = copy_of(locked(version), tmp_path / "repo")

    assert by_lockfile(repo, edit, version) == expected | {ROOT}
    assert by_hand(repo, lambda repo: None) == set()


def test_an_edge_between_packages_that_all_stay_leaves_the_inventory_as_it_was(shop: Monorepo) -> None:
    """Pitfall 30 (f): the case is what it says: the same packages, another edge."""
    depending("apps/docs", {"is-number": "7.0.0"})(shop)
    pnpm_lock(shop)
    shop.commit()
    before = inventory(shop)

    assert by_lockfile(shop, telling_pnpm({"overrides": {"is-odd>is-number": "7.0.0"}})) == API | {ROOT}
    assert inventory(shop) == before


def inventory(repo: Monorepo) -> set[str]:
    """The packages that the lockfile holds, whoever needs them."""
    return set(yaml.safe_load(lockfile_of(repo))["packages"])


# Settings and their lockfile in one commit -----------------------------------------------------------------

CATALOG = WORKSPACE + "catalog:\n  debug: ^4.3.4\n  left-pad: 1.3.0\n"


@pytest.fixture(scope="module")
def with_catalog(locked: Opened, tmp_path_factory: pytest.TempPathFactory) -> Monorepo:
    """debug comes from the catalog: locked to 4.3.4, though ^4.3.4 would take a newer one; left-pad is in docs."""
    repo = copy_of(locked(PNPM_9), tmp_path_factory.mktemp("catalog") / "repo")
    repo.write("pnpm-workspace.yaml", CATALOG.replace("^4.3.4", "4.3.4"))
    depending("packages/core", {"debug": "catalog:"})(repo)
    depending("apps/docs", {"left-pad": "catalog:"})(repo)
    pnpm_lock(repo)
    repo.write("pnpm-workspace.yaml", CATALOG)
    pnpm_lock(repo)
    repo.commit("with a catalog")
    assert "debug@4.3.4" in inventory(repo)
    return repo


@pytest.fixture
def catalog(with_catalog: Monorepo, tmp_path: Path) -> Monorepo:
    return copy_of(with_catalog, tmp_path / "repo")


def of_catalog(version: str) -> Edit:
    return replacing("pnpm-workspace.yaml", "debug: ^4.3.4", f"debug: {version}")


def test_a_catalog_s_version_affects_those_who_install_it(catalog: Monorepo) -> None:
    """Pitfall 30 (d)."""
    assert by_lockfile(catalog, of_catalog("4.3.5")) == CORE | {ROOT}


def test_a_catalog_s_specifier_alone_affects_nothing(catalog: Monorepo) -> None:
    """Pitfall 30 (e): what is installed stays, so neither a package's checks nor an image see a difference."""
    assert by_lockfile(catalog, of_catalog("^4.3.1")) == {ROOT}
    assert "specifier: ^4.3.1" in lockfile_of(catalog)


SETTINGS_CASES: dict[str, tuple[Edit, set[str]]] = {
    "(d) a catalog's version": (of_catalog("4.3.5"), CORE),
    "(e) a catalog's specifier": (of_catalog("^4.3.1"), set()),
    "(e) a catalog's entry that nobody uses": (
        replacing("pnpm-workspace.yaml", "catalog:", "catalog:\n  ms: 2.1.3"),
        set(),
    ),
    "(g) an override": (telling_pnpm({"overrides": {"debug>ms": "2.1.1"}}), CORE),
    "(g) an override of what nobody needs": (telling_pnpm({"overrides": {"is-even": "1.0.0"}}), set()),
    "(h) a patch": (
        both(
            writing("patches/odd.patch", adding("odd.txt")),
            telling_pnpm({"patchedDependencies": {"is-odd@3.0.1": "patches/odd.patch"}}),
        ),
        API,
    ),
}


@pytest.mark.parametrize("case", SETTINGS_CASES)
def test_a_setting_committed_with_its_lockfile_affects_those_who_install_otherwise(
    case: str, catalog: Monorepo
) -> None:
    """Pitfall 30 (d), (e), (g), (h): what a setting changes of an install stands in the lockfile."""
    edit, expected = SETTINGS_CASES[case]

    assert by_edit(catalog, edit) == expected | {ROOT}


def images(ids: set[str]) -> set[str]:
    return {node for node in ids if node.startswith("image:")}


def test_an_override_of_another_version_affects_no_image_that_installs_the_same(shop: Monorepo) -> None:
    """Pitfall 30 (g): mono installs ms 2.1.3, core installs the 2.1.2 that is overridden."""
    assert by_lockfile(shop, telling_pnpm({"overrides": {"ms@2.1.2": "2.1.1"}})) == CORE | {ROOT}


# (h) patches -----------------------------------------------------------------------------------------------


def patched(key: str) -> Edit:
    return both(
        writing("patches/number.patch", adding("number.txt")),
        telling_pnpm({"patchedDependencies": {key: "patches/number.patch"}}),
    )


@pytest.mark.parametrize(
    ("key", "version", "expected"),
    [
        ("is-number@7.0.0", PNPM_9, UI),
        ("is-number@7.0.0", PNPM_8, UI),
        pytest.param("is-number", PNPM_9, UI | API, marks=pytest.mark.long),
        pytest.param("is-number", PNPM_10, UI | API, marks=pytest.mark.long),
        ("is-number@^6.0.0", PNPM_10, API),
    ],
)
def test_another_content_of_a_patch_affects_those_who_install_what_it_mends(
    key: str, version: str, expected: set[str], locked: Opened, tmp_path: Path
) -> None:
    """Pitfall 30 (h): with and without a version in the key, api has is-number 6 and ui has 7."""
    repo = copy_of(locked(version), tmp_path / "repo")
    patched(key)(repo)
    pnpm_lock(repo, version=version)
    repo.commit("patched")

    edit = writing("patches/number.patch", adding("number.txt").replace("+hello", "+world"))

    assert by_lockfile(repo, edit, version) == expected | {ROOT}


def test_a_patch_that_nothing_uses_affects_nothing(shop: Monorepo) -> None:
    """pnpm writes it down when it is told that this is no mistake."""
    patch = {"patchedDependencies": {"left-pad@1.3.0": "patches/pad.patch"}, "allowNonAppliedPatches": True}

    edit = both(writing("patches/pad.patch", adding("pad.txt")), telling_pnpm(patch))

    assert by_lockfile(shop, edit) == {ROOT}
    assert "left-pad@1.3.0" in lockfile_of(shop)


# (i) peers -------------------------------------------------------------------------------------------------


def test_the_same_package_with_other_peers_is_another_install(shop: Monorepo) -> None:
    """Pitfall 30 (i): docs and mono install one published package, each with its own react."""
    assert inventory(shop) >= {"use-sync-external-store@1.2.0", "react@17.0.2", "react@18.2.0"}

    assert by_lockfile(shop, depending("apps/mono", {"react": "18.3.1"})) == MONO | {ROOT}


# (j) git, archives, folders --------------------------------------------------------------------------------


def test_folders_and_archives_of_the_repository(shop: Monorepo) -> None:
    """Pitfall 30 (j): what `file:` installs is in the lockfile, its content in the repository."""
    shop.write("vendored/tool/package.json", json.dumps({"name": "tool", "version": "1.0.0"}))
    shop.write("vendored/packed.tgz", archive())
    files = {"tool": "file:../../vendored/tool", "packed": "file:../../vendored/packed.tgz"}

    assert by_lockfile(shop, depending("apps/api", files)) == API | {ROOT}
    assert by_lockfile(shop, depending("apps/api", {"packed": None})) == API | {ROOT}


GIT = """\
  from-git@https://codeload.example.com/acme/from-git/tar.gz/{commit}:
    resolution: {{tarball: https://codeload.example.com/acme/from-git/tar.gz/{commit}}}
    version: 0.0.1
"""
TARBALL = """\
  archived@https://example.com/archived-1.0.0.tgz:
    resolution: {{integrity: sha512-{digest}, tarball: https://example.com/archived-1.0.0.tgz}}
    version: 1.0.0
"""
PLAIN_GIT = """\
  from-git@git+https://git.example.com/acme/from-git.git#{commit}:
    resolution: {{commit: {commit}, repo: https://git.example.com/acme/from-git.git, type: git}}
    version: 0.0.1
"""
OLD, NEW = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("record", "reference"),
    [
        (GIT, "https://codeload.example.com/acme/from-git/tar.gz/{commit}"),
        (PLAIN_GIT, "git+https://git.example.com/acme/from-git.git#{commit}"),
        (TARBALL, "https://example.com/archived-1.0.0.tgz"),
    ],
    ids=["a hosted git repository", "any git repository", "an archive at an address"],
)
def test_a_package_from_an_address(record: str, reference: str, shop: Monorepo) -> None:
    """Pitfall 30 (j): these entries are written by hand in pnpm's form, as no test may need the network.

    pnpm names git commits in the key and tells an archive's change by its digest alone.
    """
    text = lockfile_of(shop)

    def with_entry(commit: str) -> str:
        filled = {"commit": commit, "digest": commit}
        told, name = reference.format(**filled), record.split("@")[0].strip()
        line = f"      {name}:\n        specifier: any\n        version: {told}\n"
        into = text.replace("  apps/api:\n    dependencies:\n", f"  apps/api:\n    dependencies:\n{line}")
        into = into.replace("packages:\n\n", f"packages:\n\n{record.format(**filled)}\n", 1)
        return into.replace("snapshots:\n\n", f"snapshots:\n\n  {name}@{told}: {{}}\n\n", 1)

    assert by_hand(shop, writing(LOCKFILE, with_entry(OLD))) == API | {ROOT}
    assert by_hand(shop, writing(LOCKFILE, with_entry(NEW))) == API | {ROOT}


# (k), (l), (m) the file as a whole -------------------------------------------------------------------------

CONFIGURED = WORKSPACE + "configDependencies:\n  is-even: 1.0.0\n"


@pytest.fixture
def with_pnpm_12(shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Monorepo:
    """A workspace with a dependency of its configuration, locked by pnpm 12: in a document of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))  # pnpm 12 wants a folder
    shop.write("pnpm-workspace.yaml", CONFIGURED)
    pnpm_lock(shop, version=PNPM_12)
    shop.commit("with two documents")
    first, second = yaml.safe_load_all(lockfile_of(shop))
    assert (list(first["importers"]["."]), len(second["importers"])) == (["configDependencies"], 7)
    return shop


def test_of_several_documents_the_one_of_the_workspace_counts(with_pnpm_12: Monorepo) -> None:
    """Pitfall 30 (k): pnpm 12 writes a document for its configuration first, with importers of its own."""
    assert by_lockfile(with_pnpm_12, depending("apps/mono", {"ms": "2.1.2"}), PNPM_12) == MONO | {ROOT}


def test_another_lockfile_version_affects_all_that_pnpm_installs(locked: Opened, tmp_path: Path) -> None:
    """Pitfall 30 (l): what is not installed by pnpm, `plain`, is not among it."""
    repo = copy_of(locked(PNPM_8), tmp_path / "repo")

    assert by_lockfile(repo, lambda repo: repo.write("note.txt", "locked by pnpm 9 next"), PNPM_9) == ALL


@pytest.mark.parametrize("version", [PNPM_10, pytest.param(PNPM_12, marks=pytest.mark.long)])
def test_the_same_install_locked_by_another_pnpm_affects_nothing(
    version: str, shop: Monorepo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The versions differ in texts alone, if in anything."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    depending("apps/docs", {"@rollup/rollup-linux-x64-musl": "4.20.0", "uuid": "3.4.0"})(shop)
    pnpm_lock(shop)
    base = shop.commit("locked")
    (shop.root / LOCKFILE).unlink()

    pnpm_lock(shop, version=version)

    assert affected(shop, base, shop.commit("locked by another")) <= {ROOT}


def test_texts_that_some_pnpm_versions_add_affect_nothing(shop: Monorepo) -> None:
    """What a version is, its integrity says already."""
    added = "    deprecated: use another one\n    engines: {node: '>=99'}\n    libc: [musl]\n"
    edit = replacing(LOCKFILE, "  ms@2.1.2:\n", "  ms@2.1.2:\n" + added)

    assert by_hand(shop, edit) == {ROOT}


def test_another_integrity_under_the_same_key_affects_those_who_install_it(shop: Monorepo) -> None:
    text = lockfile_of(shop)
    digest = yaml.safe_load(text)["packages"]["ms@2.1.2"]["resolution"]["integrity"]

    assert by_hand(shop, replacing(LOCKFILE, digest, "sha512-" + "A" * 86 + "==")) == CORE | {ROOT}


BROKEN = "<<<<<<< ours\nlockfileVersion: '9.0'\n=======\n"
EVERYTHING = ALL | {"image:plain"}


@pytest.mark.parametrize(
    "told", [BROKEN, "lockfileVersion: '5.4'\n", ""], ids=["a merge", "too old", "empty"]
)
def test_a_base_whose_lockfile_cannot_be_parsed_affects_everything(shop: Monorepo, told: str) -> None:
    """Pitfall 30 (m)."""
    good = lockfile_of(shop)
    shop.write(LOCKFILE, told)
    base = shop.commit("broken")
    shop.write(LOCKFILE, good)
    shop.commit("mended")

    asked = shop.run("affected", "--base", base, "--kind", "package,image", "--format", "json")

    assert asked.code == 0, asked.err
    assert {node["id"] for node in json.loads(asked.out)["nodes"]} == EVERYTHING
    assert LOCKFILE in asked.err


@pytest.mark.parametrize(
    "told", [BROKEN, "lockfileVersion: '5.4'\n", ""], ids=["a merge", "too old", "empty"]
)
def test_a_head_whose_lockfile_cannot_be_parsed_affects_everything(shop: Monorepo, told: str) -> None:
    """Pitfall 30 (m): everything, and the lockfile is told as the reason."""
    shop.write(LOCKFILE, told)

    asked = shop.run("affected", "--base", "HEAD", "--kind", "package,image", "--format", "json")

    assert asked.code == 0, asked.err
    assert {node["id"] for node in json.loads(asked.out)["nodes"]} == EVERYTHING
    assert LOCKFILE in asked.err


# Broken merges ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["packages", "snapshots"])
@pytest.mark.parametrize(("key", "users"), [("ms@2.1.2", CORE), ("is-odd@3.0.1", API)], ids=["far", "near"])
def test_a_reference_that_a_merge_left_dangling_is_answered(
    shop: Monorepo, table: str, key: str, users: set[str]
) -> None:
    """No crash: those who need what is gone are affected, and only they; the same when it is there again."""
    good = lockfile_of(shop)
    before, _, after = good.partition(f"{table}:\n")
    block = re.search(rf"\n  {re.escape(key)}:.*?\n(?=\n)", after, re.DOTALL)
    assert block is not None

    broken = f"{before}{table}:\n{after.replace(block[0], '', 1)}"

    assert by_hand(shop, writing(LOCKFILE, broken)) == users | {ROOT}
    assert by_hand(shop, writing(LOCKFILE, good)) == users | {ROOT}


# Copied projects, and the root's own dependencies ----------------------------------------------------------


def test_a_copied_project_counts_as_a_linked_one_does(shop: Monorepo) -> None:
    """An injected project has no `link:` line, yet its sources and all it needs reach its user."""
    edit_json(shop, "apps/web/package.json", _inject)
    pnpm_lock(shop)
    shop.commit("injected")
    assert "file:packages/ui" in lockfile_of(shop)

    assert by_hand(shop, lambda repo: repo.append("packages/ui/src/index.ts")) == UI
    assert by_lockfile(shop, depending("packages/core", {"debug": "4.3.5"})) == CORE | {ROOT}


def test_what_the_root_installs_reaches_every_package_s_checks(shop: Monorepo) -> None:
    """A package's checks find the root's node_modules above their own; no image has them unless it is told."""
    found = by_lockfile(shop, depending(".", {"left-pad": "1.3.0"}, "devDependencies"))

    assert found == {node for node in ALL if node.startswith("package:")}


def test_what_the_root_installs_reaches_every_image_that_is_told_to_have_it(shop: Monorepo) -> None:
    shop.write("manifests/workspace.toml", 'name = "acme"\nroot_dependencies = true\n')
    shop.commit("with the root's dependencies")

    assert images(by_lockfile(shop, depending(".", {"left-pad": "1.3.0"}))) == images(ALL)
