"""What of the root reaches whom: the table, the page that shows it, and the values made by it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from buildgraph.snapshot import Entry
from buildgraph.workspace.inputs import RootInputs, hook_files, root_inputs
from buildgraph.workspace.lockfile import Lockfile
from buildgraph.workspace.package import parse_package
from buildgraph.workspace.reading import Workspace, connect
from buildgraph.workspace.rules import ANY, LOCKED, RULES, Kind, Rule, rule_of, steers_no_install
from buildgraph.workspace.settings import parse_workspace_yaml
from tests.workspace.locks import lockfile
from tests.workspace.pnpm import lock, run_pnpm

PAGE = Path(__file__).parents[2] / "docs/INPUTS.md"
TITLES = {
    Kind.FILE: "## Files by name",
    Kind.ROLE: "## Files by what they are for",
    Kind.FIELD: "## Fields of the root package.json",
    Kind.SETTING: "## pnpm's settings",
}
LOCK = lockfile(
    {
        ".": "dev:typescript=5.0.0",
        "web": "next=1.0.0 ui=link:../ui",
        "ui": "esbuild=1.0.0",
        "docs": "ms=1.0.0",
    },
    {
        "typescript@5.0.0": "",
        "next@1.0.0": "sharp=1.0.0",
        "sharp@1.0.0": "",
        "esbuild@1.0.0": "",
        "ms@1.0.0": "",
    },
)


def workspace(
    settings: str = "", root: Mapping[str, Any] | None = None, lock: Lockfile | None = LOCK
) -> Workspace:
    """web uses ui and next, which uses sharp; ui uses esbuild; docs uses ms; the root typescript."""
    manifests = {".": dict(root or {}), "web": {}, "ui": {}, "docs": {}}
    packages = {name: parse_package(json.dumps(text).encode(), name) for name, text in manifests.items()}
    return connect(".", packages, parse_workspace_yaml(settings.encode()), lock)


def files(*paths: str, blob: str = "a") -> dict[str, Entry]:
    return {path: Entry(0o100644, blob) for path in paths}


def told(found: RootInputs) -> list[str]:
    """What reaches every package, besides the root's dependencies."""
    return [name for kind, name, _ in found.every if kind != "lockfile"]


def whom(before: RootInputs, after: RootInputs) -> list[str]:
    """The folders whose settings differ, or `every`."""
    if before.every != after.every:
        return ["every"]
    folders = before.some.keys() | after.some.keys()
    return sorted(folder for folder in folders if before.some.get(folder) != after.some.get(folder))


# The table and its page ------------------------------------------------------------------------------------


def rendered(rule: Rule) -> str:
    """A rule as a line of the page."""
    listed = rule.names if rule.kind is Kind.ROLE else (n if n == ANY else f"`{n}`" for n in rule.names)
    cells = (", ".join(listed), rule.counts, rule.check.value, rule.image.value, rule.why)
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.value)
def test_the_page_shows_the_table_as_it_is(kind: Kind) -> None:
    _, _, section = PAGE.read_text(encoding="utf-8").partition(TITLES[kind] + "\n")
    shown = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| ")][1:]

    assert shown == [rendered(rule) for rule in RULES if rule.kind is kind]


def test_every_name_has_one_rule() -> None:
    names = [(rule.kind, name) for rule in RULES for name in rule.names]

    assert len(names) == len(set(names))


def test_what_is_unknown_has_the_safe_rule_among_settings_and_the_narrow_one_among_files() -> None:
    assert rule_of(Kind.SETTING, "inventedTomorrow") is rule_of(Kind.SETTING, ANY)
    assert rule_of(Kind.SETTING, ANY).check.value == "every one"
    assert rule_of(Kind.FILE, "turbo.json").check.value == "the root package"


def test_what_steers_resolving_only_is_no_matter_to_a_frozen_install() -> None:
    assert steers_no_install("savePrefix")
    assert not steers_no_install("minimumReleaseAge")
    assert not steers_no_install("overrides")
    assert not steers_no_install("inventedTomorrow")


# Files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [".npmrc", ".pnpmfile.cjs", ".pnpmfile.mjs", ".nvmrc", ".node-version"])
def test_a_file_that_installs_and_builds_read_reaches_every_package(path: str) -> None:
    """Pitfall 31."""
    edited = files(path, blob="b")

    assert whom(root_inputs(workspace(), files(path)), root_inputs(workspace(), edited)) == ["every"]
    assert whom(root_inputs(workspace(), {}), root_inputs(workspace(), files(path))) == ["every"]


@pytest.mark.parametrize(
    "path", ["README.md", "ui/.prettierrc", "turbo.json", "packages/ui/.npmrc", "ui/.nvmrc"]
)
def test_any_other_file_reaches_nobody_here(path: str) -> None:
    """Pitfall 13: nothing is a global input because it lies in the root."""
    assert root_inputs(workspace(), files(path)) == root_inputs(workspace(), {})


def nested() -> Workspace:
    """web, and below it a plugin; ui beside others in a folder that is no project."""
    folders = (".", "web", "web/plugins/maps", "packages/ui", "packages/core")
    packages = {folder: parse_package(b"{}", folder) for folder in folders}
    return connect(".", packages, parse_workspace_yaml(b""), None)


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("packages/.eslintrc.json", ["packages/core", "packages/ui"]),
        ("packages/.nvmrc", ["packages/core", "packages/ui"]),
        ("packages/postcss.config.js", ["packages/core", "packages/ui"]),
        ("packages/.gitattributes", ["packages/core", "packages/ui"]),
        ("web/.prettierrc", ["web/plugins/maps"]),
        ("web/.mocharc.cjs", ["web/plugins/maps"]),
        ("web/.c8rc.json", ["web/plugins/maps"]),
        ("web/.nycrc", ["web/plugins/maps"]),
        ("web/nyc.config.js", ["web/plugins/maps"]),
        ("web/plugins/.editorconfig", ["web/plugins/maps"]),
        ("packages/package.json", ["packages/core", "packages/ui"]),
        ("packages/ui/.eslintrc.json", []),
        ("web/package.json", []),
        ("packages/.pnpmfile.cjs", []),
        ("packages/eslint.shared.js", []),
    ],
)
def test_what_tools_look_for_in_the_folders_above_reaches_the_packages_below(
    path: str, folders: list[str]
) -> None:
    """What lies in a package's own folder is a file of its own anyway."""
    before, after = (root_inputs(nested(), files(path, blob=blob)) for blob in "ab")

    assert whom(before, after) == whom(root_inputs(nested(), {}), after) == folders
    assert all(found == (("setting", path, "100644 b"),) for found in after.some.values())


def test_of_a_package_above_another_the_fields_count_that_tools_look_for() -> None:
    above = {"prettier": "@acme/prettier", "version": "1.0.0", "type": "module"}
    packages = {
        "web": parse_package(json.dumps(above).encode(), "web"),
        "web/maps": parse_package(b"{}", "web/maps"),
    }
    found = root_inputs(connect(".", packages, parse_workspace_yaml(b""), None), {})

    assert [name for _, name, _ in found.some["web/maps"]] == ["web/package.json: prettier"]
    assert list(found.some) == ["web/maps"]


def test_what_tools_look_for_above_the_workspace_reaches_every_package() -> None:
    """Its root need not be the project's, and nothing tells them to end there."""
    above = files("../.editorconfig", "../../.eslintrc.json", "../README.md")
    found = root_inputs(workspace(), {}, above=above)

    assert told(found) == ["../../.eslintrc.json", "../.editorconfig"]


def test_a_mode_counts_as_content_does() -> None:
    """Pitfall 5: a hook's file that becomes a symbolic link is another one."""
    link = {".pnpmfile.cjs": Entry(0o120000, "a")}

    assert root_inputs(workspace(), link) != root_inputs(workspace(), files(".pnpmfile.cjs"))


@pytest.mark.parametrize(
    "settings",
    [
        "pnpmfile: ./tools/hooks.cjs",
        "pnpmfile: [tools/other.cjs, tools/hooks.cjs]",
        "onlyBuiltDependenciesFile: tools/hooks.cjs",
    ],
)
def test_a_file_that_a_setting_names_counts(settings: str) -> None:
    before, after = (root_inputs(workspace(settings), files("tools/hooks.cjs", blob=blob)) for blob in "ab")

    assert whom(before, after) == ["every"]


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        ("", (".pnpmfile.cjs", ".pnpmfile.mjs")),
        ("pnpmfile: ./tools/hooks.cjs", ("tools/hooks.cjs",)),
        ("pnpmfile: [b.cjs, a.cjs]\nonlyBuiltDependenciesFile: built.json", ("a.cjs", "b.cjs", "built.json")),
    ],
)
def test_an_install_reads_the_hooks_that_are_there_or_those_that_a_setting_names(
    settings: str, read: tuple[str, ...]
) -> None:
    assert hook_files(parse_workspace_yaml(settings.encode()), {".pnpmfile.cjs", ".pnpmfile.mjs"}) == read


# Settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("nodeLinker: isolated", "nodeLinker: hoisted", id="where an install puts packages"),
        pytest.param("", "supportedArchitectures: {os: [linux]}", id="which binaries are installed"),
        pytest.param("inventedTomorrow: 1", "inventedTomorrow: 2", id="a setting that nobody knows yet"),
        pytest.param("", "configDependencies: {a: 1.0.0}", id="a plugin of pnpm"),
    ],
)
def test_a_setting_that_may_change_installs_reaches_every_package(before: str, after: str) -> None:
    """Pitfall 31."""
    assert whom(root_inputs(workspace(before), {}), root_inputs(workspace(after), {})) == ["every"]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param("packages: [web, ui, docs, other/*]", id="a pattern for no project"),
        pytest.param("catalog: {react: ^19.0.0}", id="a catalog, of which the lockfile knows the outcome"),
        pytest.param("catalogs: {old: {react: ^17.0.0}}", id="a named catalog"),
        pytest.param("overrides: {ms: 2.0.0}", id="an override"),
        pytest.param("packageExtensions: {ms: {dependencies: {a: 1}}}", id="an extension"),
        pytest.param("autoInstallPeers: false", id="what the lockfile records"),
        pytest.param("minimumReleaseAge: 1440", id="the age of releases"),
        pytest.param("savePrefix: '~'", id="how pnpm writes ranges"),
        pytest.param("auditConfig: {ignoreCves: [X]}", id="what audits pass over"),
        pytest.param("updateConfig: {ignoreDependencies: [ms]}", id="what updates pass over"),
        pytest.param("# only a comment", id="a comment"),
    ],
)
def test_a_setting_that_changes_no_install_by_itself_reaches_nobody(settings: str) -> None:
    """Pitfalls 13 and 14: the resolved configuration counts, not the file."""
    assert root_inputs(workspace(settings), {}) == root_inputs(workspace(), {})


def test_the_order_of_settings_does_not_count() -> None:
    """Pitfall 1."""
    one = workspace("a: {x: 1, 2: y}\nb: 3\n2: 4\n", {"engines": {"node": "20", "pnpm": "9"}})
    other = workspace("2: 4\nb: 3\na: {2: y, x: 1}\n", {"engines": {"pnpm": "9", "node": "20"}})

    assert root_inputs(one, {}) == root_inputs(other, {})


def test_without_a_lockfile_what_it_would_record_reaches_every_package() -> None:
    before = workspace("overrides: {ms: 1.0.0}", lock=None)
    after = workspace("overrides: {ms: 2.0.0}", lock=None)

    assert whom(root_inputs(before, {}), root_inputs(after, {})) == ["every"]
    assert told(root_inputs(workspace("savePrefix: '~'", lock=None), {})) == []


@pytest.mark.parametrize(
    "name", ["onlyBuiltDependencies", "neverBuiltDependencies", "ignoredBuiltDependencies"]
)
def test_an_entry_of_a_list_of_builds_reaches_those_that_install_what_it_names(name: str) -> None:
    """An install script runs or does not for whoever has the package in its closure."""
    before = root_inputs(workspace(f"{name}: [esbuild]"), {})
    after = root_inputs(workspace(f"{name}: [esbuild, sharp]"), {})

    assert whom(before, after) == ["web"]
    assert whom(before, root_inputs(workspace(f"{name}: [typescript, esbuild]"), {})) == ["every"]
    assert whom(before, root_inputs(workspace(f"{name}: [esbuild, nobody-has-it]"), {})) == []
    assert whom(before, root_inputs(workspace(f"{name}: ['*']"), {})) == ["every"]


def test_that_there_is_a_list_of_builds_at_all_reaches_every_package() -> None:
    """pnpm 9 runs all install scripts where there is none, and only the listed ones where there is."""
    empty = root_inputs(workspace("onlyBuiltDependencies: []"), {})

    assert whom(root_inputs(workspace(), {}), empty) == ["every"]


def test_an_entry_says_for_which_versions_and_what() -> None:
    before, after = (
        workspace(f"allowBuilds: {{sharp@1.0.0 || 2.0.0: {word}}}") for word in ("true", "false")
    )

    assert whom(root_inputs(before, {}), root_inputs(after, {})) == ["web"]


def test_an_entry_reaches_those_that_know_its_package_by_another_name() -> None:
    lock = lockfile({".": "", "web": "picture=sharp@1.0.0", "ui": "sharp=2.0.0-x"}, {"sharp@1.0.0": ""})

    assert list(root_inputs(workspace("allowBuilds: {sharp: true}", lock=lock), {}).some) == ["web"]


def test_what_reaches_every_package_is_not_told_again_for_some() -> None:
    lock = lockfile({".": "sharp=1.0.0", "web": "sharp=1.0.0"}, {"sharp@1.0.0": ""})

    found = root_inputs(workspace("allowBuilds: {sharp: true}", lock=lock), {})

    assert "pnpm-workspace.yaml: allowBuilds.sharp" in told(found)
    assert found.some == {}


def test_entries_that_share_a_package_reach_its_holders_each() -> None:
    both = root_inputs(workspace("allowBuilds: {sharp: true, sharp@1.0.0: true}"), {})

    assert [setting.name for setting in both.some["web"]] == [
        "pnpm-workspace.yaml: allowBuilds.sharp",
        "pnpm-workspace.yaml: allowBuilds.sharp@1.0.0",
    ]


def test_a_patch_reaches_those_that_install_what_it_is_for() -> None:
    """Pitfall 30 (h): the file itself, also when the lockfile was not written anew."""
    lock = lockfile(
        {".": "", "web": "next=1.0.0(patch_hash=abc)", "ui": "a=1.0.0", "docs": "ms=1.0.0"},
        {"next@1.0.0(patch_hash=abc)": "", "a@1.0.0": "next=1.0.0(patch_hash=abc)", "ms@1.0.0": ""},
        patchedDependencies={"next@1.0.0": {"hash": "abc", "path": "patches/next.patch"}},
    )
    patched = workspace("patchedDependencies: {next@1.0.0: patches/next.patch}", lock=lock)
    before, after = (root_inputs(patched, files("patches/next.patch", blob=blob)) for blob in "ab")

    assert whom(before, after) == ["ui", "web"]
    assert before.some["ui"] == (("file", "patches/next.patch", "100644 a"),)


def test_circles_of_packages_are_no_hindrance() -> None:
    lock = lockfile(
        {".": "", "web": "a=1.0.0", "ui": "b=1.0.0", "docs": "c=1.0.0"},
        {"a@1.0.0": "b=1.0.0", "b@1.0.0": "a=1.0.0 sharp=1.0.0", "sharp@1.0.0": "", "c@1.0.0": ""},
    )

    found = root_inputs(workspace("allowBuilds: {sharp: true}", lock=lock), {})

    assert sorted(found.some) == ["ui", "web"]


# The root package.json -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"packageManager": "pnpm@10.0.0"},
        {"engines": {"node": ">=22"}},
        {"devEngines": {"runtime": {"name": "node", "version": "22"}}},
        {"type": "module"},
        {"volta": {"node": "22.0.0"}},
        {"browserslist": ["last 2 versions"]},
        {"prettier": "@acme/prettier-config"},
        {"eslintConfig": {"root": True}},
        {"pnpm": {"supportedArchitectures": {"os": ["linux"]}}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_field_that_installs_and_builds_read_reaches_every_package(fields: Mapping[str, Any]) -> None:
    """Pitfall 31."""
    assert whom(root_inputs(workspace(), {}), root_inputs(workspace(root=fields), {})) == ["every"]


@pytest.mark.parametrize(
    "fields",
    [
        {"scripts": {"build": "turbo build"}},
        {"description": "a shop"},
        {"version": "2.0.0"},
        {"name": "shop"},
        {"lint-staged": {"*": "prettier"}},
        {"resolutions": {"ms": "2.0.0"}},
        {"pnpm": {"overrides": {"ms": "2.0.0"}}},
        {"pnpm": {"peerDependencyRules": {"ignoreMissing": ["react"]}}},
        {"devDependencies": {"typescript": "^5.0.0 || ^6.0.0"}},
    ],
    ids=lambda fields: json.dumps(fields),
)
def test_a_field_that_changes_no_install_by_itself_reaches_nobody(fields: Mapping[str, Any]) -> None:
    """Pitfall 13: the root package.json counts by its fields, not as a file."""
    assert root_inputs(workspace(root=fields), {}) == root_inputs(workspace(), {})


def test_what_is_installed_for_the_root_reaches_every_package() -> None:
    """Node finds it from any folder below, and so do scripts by their PATH."""
    newer = lockfile({".": "dev:typescript=5.1.0", "web": ""}, {"typescript@5.1.0": ""})
    older = lockfile({".": "dev:typescript=5.0.0", "web": ""}, {"typescript@5.0.0": ""})

    before, after = (root_inputs(workspace(lock=lock), {}) for lock in (older, newer))

    assert whom(before, after) == ["every"]
    assert [setting.name for setting in after.every] == ["pnpm-lock.yaml: importers[.]"]


def test_without_a_lockfile_the_root_s_specifiers_count() -> None:
    before, after = (workspace(root={"devDependencies": {"a": text}}, lock=None) for text in ("1", "2"))

    assert whom(root_inputs(before, {}), root_inputs(after, {})) == ["every"]
    assert told(root_inputs(after, {})) == ["package.json: devDependencies"]


def test_a_workspace_without_a_root_package_is_no_hindrance() -> None:
    packages = {"web": parse_package(b"{}", "web")}
    found = root_inputs(connect(".", packages, parse_workspace_yaml(b"nodeLinker: hoisted"), None), {})

    assert told(found) == ["pnpm-workspace.yaml: nodeLinker"]


# .npmrc ----------------------------------------------------------------------------------------------------


def npmrc(content: str) -> RootInputs:
    return root_inputs(workspace(), files(".npmrc", blob=content), content.encode())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("# a comment\nnode-linker=hoisted\n", id="a comment"),
        pytest.param(
            "# a\u2028hoist=false\x0choist=false\rnode-linker=hoisted", id="a comment ends where npm ends it"
        ),
        pytest.param("; a comment\n\n node-linker = 'hoisted' \n", id="spaces and quotes"),
        pytest.param("node-linker=hoisted\nsave-prefix=~\n", id="a setting that steers no install"),
        pytest.param(
            "node-linker=hoisted\nauto-install-peers=true\n", id="a setting that the lockfile records"
        ),
        pytest.param(
            "//npm.example.com/:_authToken=x\n//npm.example.com/:tokenHelper=y\nnode-linker=hoisted",
            id="who may read",
        ),
        pytest.param(
            "_auth=x\n@acme:_authToken=y\nnode-linker=hoisted", id="who may read, as npm once wrote it"
        ),
    ],
)
def test_an_npmrc_counts_by_what_it_sets(content: str) -> None:
    """Pitfall 14."""
    assert npmrc(content) == npmrc("node-linker=hoisted\n")


@pytest.mark.parametrize(
    "content",
    [
        "node-linker=isolated",
        "",
        "node-linker",
        "node-linker=hoisted\n@acme:registry=https://npm.example.com",
    ],
)
def test_an_npmrc_that_sets_something_else_reaches_every_package(content: str) -> None:
    assert whom(npmrc("node-linker=hoisted"), npmrc(content)) == ["every"]


def test_every_line_of_a_list_counts() -> None:
    before, after = (npmrc(f"hoist-pattern[]={first}\nhoist-pattern[]=*types*\n") for first in ("*a*", "*b*"))

    assert whom(before, after) == ["every"]
    assert told(after) == [".npmrc: hoist-pattern"]


# The table and the real pnpm --------------------------------------------------------------------------------

PNPM = "10.34.9"
BASE = {"packages": ["a"], "catalog": {"ms": "2.1.2"}}
USING = {"name": "a", "dependencies": {"ms": "catalog:"}}
VALUES: dict[str, Any] = {
    "catalog": {"ms": "2.1.3"},
    "overrides": {"ms": "2.1.3"},
    "packageExtensions": {"ms": {"dependencies": {"a": "1"}}},
    "ignoredOptionalDependencies": ["a"],
    "autoInstallPeers": False,
    "excludeLinksFromLockfile": True,
    "injectWorkspacePackages": True,
    "peersSuffixMaxLength": 10,
}


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that pnpm 10 has locked; it reads its settings in pnpm-workspace.yaml."""
    folder = tmp_path_factory.mktemp("locked")
    lock(folder, {"pnpm-workspace.yaml": BASE, "package.json": {}, "a/package.json": USING}, version=PNPM)
    return folder


@pytest.mark.pnpm
@pytest.mark.parametrize("name", VALUES)
def test_a_frozen_install_compares_what_the_table_says_it_compares(name: str, locked: Path) -> None:
    """So the lockfile's closures tell all that these settings do."""
    rule = rule_of(Kind.SETTING, name)
    (locked / "pnpm-workspace.yaml").write_text(json.dumps({**BASE, name: VALUES[name]}))

    with pytest.raises(AssertionError, match="LOCKFILE_CONFIG_MISMATCH"):
        run_pnpm(locked, "install", "--frozen-lockfile", "--offline", "--lockfile-only", version=PNPM)
    assert rule.counts == LOCKED


@pytest.mark.pnpm
def test_a_frozen_install_pays_no_heed_to_what_steers_no_install(locked: Path) -> None:
    """So an image can do without these settings."""
    unheeded = [
        name for rule in RULES if rule.kind is Kind.SETTING for name in rule.names if steers_no_install(name)
    ]
    mappings = ("peerDependencyRules", "updateConfig", "auditConfig", "allowedDeprecatedVersions")
    settings: dict[str, Any] = {name: {} if name in mappings else "other" for name in unheeded}
    (locked / "pnpm-workspace.yaml").write_text(json.dumps(BASE | settings))

    said = run_pnpm(locked, "install", "--frozen-lockfile", "--prefer-offline", version=PNPM)

    assert "resolution step is skipped" in said
