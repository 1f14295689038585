"""A change in the root affects those that it reaches, and no one else: each row of docs/INPUTS.md tried out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.comparison import compare
from buildgraph.project import open_project
from tests.support.monorepo import Monorepo

ROOT, ALL = ".", ". api core docs ui web"
EVERY_IMAGE = "api docs web"
SETTINGS = """packages: ['packages/*', 'apps/*']
nodeLinker: isolated
minimumReleaseAge: 0
savePrefix: ^
catalog: {esbuild: ^1.0.0}
overrides: {sharp: 1.0.0, ms: 1.0.0}
patchedDependencies: {sharp@1.0.0: patches/sharp.patch}
onlyBuiltDependencies: [esbuild]
autoInstallPeers: true
"""
NPMRC = "node-linker=isolated\nsave-prefix=^\n//npm.example.com/:_authToken=${TOKEN}\n"
MANIFEST = {
    "name": "shop",
    "version": "1.0.0",
    "private": True,
    "packageManager": "pnpm@9.15.0",
    "engines": {"node": ">=20"},
    "scripts": {"build": "pnpm -r build"},
    "devDependencies": {"typescript": "^5.0.0"},
    "resolutions": {"left-pad": "1.0.0"},
    "pnpm": {"peerDependencyRules": {"ignoreMissing": ["a"]}, "supportedArchitectures": {"os": ["linux"]}},
}
LOCKED = {
    "ui": "esbuild@1.0.0",
    "api": "sharp@1.0.0(patch_hash=abc)",
    "docs": "ms@1.0.0",
    ROOT: "typescript@5.0.0",
}
FILES = {
    ".npmrc": NPMRC,
    ".nvmrc": "20\n",
    ".browserslistrc": "defaults\n",
    ".pnpmfile.cjs": "module.exports = {}\n",
    ".prettierrc": "{}",
    "turbo.json": "{}",
    "README.md": "read me\n",
    "eslint.config.js": "export default []\n",
    "patches/sharp.patch": "--- a\n",
    "shared/values.json": "{}",
    "pnpm-workspace.yaml": SETTINGS,
    "package.json": json.dumps(MANIFEST),
    "tsconfig.base.json": "{}",
    "config/strict.json": '{"extends": "../tsconfig.base"}',
    "packages/ui/tsconfig.json": '{\n  // shared by half of the packages\n  "extends": "../../config/strict.json",\n}',
    "apps/docs/tsconfig.json": '{"extends": ["../../tsconfig.base.json"]}',
    "apps/api/tsconfig.json": '{"extends": "@tsconfig/node20/tsconfig.json"}',
    "packages/core/tsconfig.json": "{}",
    "manifests/workspace.toml": 'name = "acme"\nignored = ["*.md", "*.test.ts"]\ninputs = ["shared/"]\n',
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Monorepo:
    """web -> ui -> core; api -> core; docs stands alone; each installs one package; all committed."""
    repo = Monorepo(tmp_path_factory.mktemp("shop") / "repo")
    repo.package("@acme/core")
    repo.package("@acme/ui", uses=["@acme/core"])
    repo.service("web", uses=["@acme/ui"])
    repo.service("api", uses=["@acme/core"])
    repo.service("docs")
    repo.lock()
    for path, content in FILES.items():
        repo.write(path, content)
    write_lockfile(repo)
    repo.commit()
    return repo


@pytest.fixture
def shop(built: Monorepo) -> Iterator[Monorepo]:
    """The same for each test: what it changed is undone."""
    yield built
    built.git("reset", "-q", "--hard", "main")
    built.git("clean", "-fdq")


def write_lockfile(repo: Monorepo, **other: str) -> None:
    """The lockfile of the links there are and of LOCKED; `other` installs something else in a project."""
    lock = json.loads((repo.root / "pnpm-lock.yaml").read_text())
    for name, key in {**LOCKED, **other}.items():
        folder = name if name == ROOT else f"{'packages' if name == 'ui' else 'apps'}/{name}"
        alias, _, version = key.partition("@")
        lock["importers"][folder]["devDependencies"] = {
            alias: {"specifier": "catalog:" if alias == "esbuild" else "*", "version": version}
        }
    keys = {**LOCKED, **other}.values()
    lock |= {
        "packages": {key.partition("(")[0]: {"resolution": {"integrity": f"sha512-{key}"}} for key in keys},
        "snapshots": {key: {} for key in keys},
        "catalogs": {"default": {"esbuild": {"specifier": "^1.0.0", "version": "1.0.0"}}},
        "overrides": {"sharp": "1.0.0", "ms": "1.0.0"},
        "patchedDependencies": {"sharp@1.0.0": {"hash": "abc", "path": "patches/sharp.patch"}},
        "settings": {"autoInstallPeers": True},
        "pnpmfileChecksum": "of the hooks",
    }
    repo.write("pnpm-lock.yaml", json.dumps(lock, indent=1))


def replace(repo: Monorepo, path: str, before: str, after: str) -> None:
    """Edit a file: the text `before` becomes `after`; an empty one means that the file is new, or goes."""
    file = repo.root / path
    text = file.read_text() if file.exists() else ""
    assert before in text, f"{path} does not hold {before}"
    repo.write(path, text.replace(before, after) if before else text + after)


def affected(repo: Monorepo) -> tuple[str, str]:
    """The packages and the images that the working tree affects, by their short names."""
    found = [affected.node.id for affected in compare(open_project(repo.root), "main", None).nodes]
    packages = [name.removeprefix("package:").removeprefix("@acme/") for name in found if "package:" in name]
    return " ".join(packages), " ".join(name.removeprefix("image:") for name in found if "image:" in name)


@pytest.mark.parametrize(
    ("path", "before", "after", "packages", "images"),
    [
        # Files by name
        pytest.param(".npmrc", "isolated", "hoisted", ALL, EVERY_IMAGE, id="a setting in .npmrc"),
        pytest.param(".pnpmfile.cjs", "{}", "{ hooks: {} }", ALL, EVERY_IMAGE, id="the hooks of installs"),
        pytest.param(".nvmrc", "20", "22", ALL, "", id="the version of Node"),
        pytest.param(
            ".tool-versions", "", "nodejs 22", ALL, "", id="the version of Node, of another manager"
        ),
        pytest.param(".gitattributes", "", "*.ts eol=crlf\n", ALL, "", id="how git writes a checkout"),
        pytest.param(".browserslistrc", "defaults", "last 2 versions", ALL, "", id="the browsers built for"),
        pytest.param("README.md", "read", "Read", ROOT, "", id="a readme"),
        pytest.param(".prettierrc", "{}", "{ }", ALL, "", id="how code is laid out"),
        pytest.param("biome.json", "", "{}", ALL, "", id="how code is laid out, by another tool"),
        pytest.param("postcss.config.mjs", "", "export default {}", ALL, "", id="how styles are built"),
        pytest.param("turbo.json", "{}", "{ }", ROOT, "", id="another tool's settings"),
        pytest.param("eslint.config.js", "[]", "[{}]", ALL, "", id="rules for all code"),
        pytest.param(".mocharc.yml", "", "spec: test\n", ALL, "", id="settings of a test runner"),
        pytest.param(".c8rc.json", "", "{}", ALL, "", id="settings of coverage"),
        pytest.param("apps/docs/eslint.config.js", "", "[]", "docs", "docs", id="rules of one's own"),
        pytest.param("knip.json", "", "{}", ROOT, "", id="a file that nobody declared"),
        # Files by role
        pytest.param("patches/sharp.patch", "--- a", "--- b", ". api", "api", id="a patch"),
        pytest.param("shared/values.json", "{}", "[]", ALL, EVERY_IMAGE, id="a declared input"),
        pytest.param(
            "tsconfig.base.json", "{}", "{ }", ". docs ui web", "docs web", id="a tsconfig that half extend"
        ),
        pytest.param(
            "config/strict.json", "}", ' , "files": [] }', ". ui web", "web", id="one that one extends"
        ),
        # Fields of package.json
        pytest.param("package.json", "9.15.0", "10.0.0", ALL, EVERY_IMAGE, id="packageManager"),
        pytest.param("package.json", ">=20", ">=22", ALL, EVERY_IMAGE, id="engines"),
        pytest.param("package.json", "pnpm -r build", "turbo build", ROOT, "", id="a script of the root"),
        pytest.param(
            "package.json", '"1.0.0", "private"', '"2.0.0", "private"', ROOT, "", id="the root's version"
        ),
        pytest.param(
            "package.json", '{"name"', '{"description": "a shop", "name"', ROOT, "", id="a description"
        ),
        pytest.param("package.json", '["a"]', '["b"]', ROOT, "", id="a rule for warnings"),
        pytest.param(
            "package.json", '["linux"]', '["darwin"]', ALL, EVERY_IMAGE, id="a setting of pnpm in it"
        ),
        pytest.param(
            "package.json", '"left-pad": "1.0.0"', '"left-pad": "2.0.0"', ROOT, "", id="resolutions"
        ),
        pytest.param("package.json", "^5.0.0", "^5.0.0 || ^6.0.0", ROOT, "", id="a range of the root's"),
        pytest.param(
            "package.json", '{"name"', '{"volta": {"node": "22"}, "name"', ALL, "", id="Volta's Node"
        ),
        # Settings of pnpm
        pytest.param(
            "pnpm-workspace.yaml", "isolated", "hoisted", ALL, EVERY_IMAGE, id="where packages are put"
        ),
        pytest.param(
            "pnpm-workspace.yaml", "", "new: 1\n", ALL, EVERY_IMAGE, id="a setting that nobody knows"
        ),
        pytest.param("pnpm-workspace.yaml", "", "# why\n", ROOT, "", id="a comment"),
        pytest.param("pnpm-workspace.yaml", "'apps/*'", "'apps/*', 'x/*'", ROOT, "", id="a glob for nothing"),
        pytest.param(
            "pnpm-workspace.yaml", "apps/*", "apps/{api,docs,web}", ROOT, "", id="a glob written otherwise"
        ),
        pytest.param(
            "pnpm-workspace.yaml",
            "",
            "resolutionMode: time-based\n",
            ROOT,
            "",
            id="how is resolved",
        ),
        pytest.param("pnpm-workspace.yaml", "Age: 0", "Age: 9", ROOT, EVERY_IMAGE, id="the age of releases"),
        pytest.param(
            "pnpm-workspace.yaml", "savePrefix: ^", "savePrefix: ''", ROOT, "", id="how ranges are written"
        ),
        pytest.param("pnpm-workspace.yaml", "{esbuild: ^", "{esbuild: ~", ROOT, "", id="a catalog's range"),
        pytest.param("pnpm-workspace.yaml", "ms: 1.0.0", "ms: ^1.0.0", ROOT, "", id="an override's range"),
        pytest.param(
            "pnpm-workspace.yaml", "Peers: true", "Peers: false", ROOT, EVERY_IMAGE, id="what is compared"
        ),
        pytest.param(
            "pnpm-workspace.yaml", "[esbuild]", "[esbuild, ms]", ". docs", "docs", id="a build allowed"
        ),
        pytest.param(
            "pnpm-workspace.yaml", "[esbuild]", "[]", ". ui web", "web", id="a build no more allowed"
        ),
        pytest.param(
            "pnpm-workspace.yaml", "[esbuild]", "[esbuild, x]", ROOT, "", id="a build of what nobody has"
        ),
    ],
)
def test_an_edit_affects_exactly_those_that_it_reaches(
    shop: Monorepo, path: str, before: str, after: str, packages: str, images: str
) -> None:
    """Pitfalls 13, 14 and 31."""
    replace(shop, path, before, after)

    assert affected(shop) == (packages, images)


@pytest.mark.parametrize(
    ("folder", "key", "packages", "images"),
    [
        pytest.param("api", "sharp@2.0.0", ". api", "api", id="an app"),
        pytest.param("ui", "esbuild@2.0.0", ". ui web", "web", id="a package and its dependents"),
        pytest.param(
            ROOT, "typescript@6.0.0", ALL, "", id="the root: checks see its node_modules, images do not"
        ),
    ],
)
def test_what_the_lockfile_installs_for_one_affects_those_that_see_it(
    shop: Monorepo, folder: str, key: str, packages: str, images: str
) -> None:
    """Pitfall 30 (c)."""
    write_lockfile(shop, **{folder: key})

    assert affected(shop) == (packages, images)


def test_the_root_s_dependencies_affect_images_where_they_are_asked_for(shop: Monorepo) -> None:
    shop.append("manifests/workspace.toml", "root_dependencies = true\n")
    shop.commit()
    write_lockfile(shop, **{ROOT: "typescript@6.0.0"})

    found = [node.node.id for node in compare(open_project(shop.root), "HEAD", None).nodes]
    shop.git("reset", "-q", "--hard", "HEAD~1")

    assert [name for name in found if name.startswith("image:")] == ["image:api", "image:docs", "image:web"]


def test_a_glob_adds_a_project_and_affects_it_alone(shop: Monorepo) -> None:
    """The setting `packages` counts by the projects that it gives."""
    shop.write("tools/cli/package.json", json.dumps({"name": "@acme/cli"}))
    replace(shop, "pnpm-workspace.yaml", "'apps/*'", "'apps/*', 'tools/*'")

    assert affected(shop) == (". cli", "")


def test_an_image_s_context_holds_the_tsconfig_files_that_its_packages_extend(shop: Monorepo) -> None:
    """A build without them fails."""
    images = open_project(shop.root).working_picture().images
    held = {name: {file.path for file in plan.context.files} for name, plan in images.items()}

    assert {"dependencies/tsconfig.base.json", "dependencies/config/strict.json"} <= held["web"]
    assert "dependencies/tsconfig.base.json" in held["docs"]
    assert "dependencies/config/strict.json" not in held["docs"]
    assert not [path for path in held["api"] if path.endswith(("tsconfig.base.json", "strict.json"))]


def test_a_tsconfig_that_is_extended_no_more_is_no_input_any_more(shop: Monorepo) -> None:
    replace(shop, "packages/ui/tsconfig.json", '"extends": "../../config/strict.json"', '"files": []')
    shop.commit()
    replace(shop, "config/strict.json", "}", ' , "files": [] }')

    found = [node.node.id for node in compare(open_project(shop.root), "HEAD", None).nodes]
    shop.git("reset", "-q", "--hard", "HEAD~1")

    assert found == ["package:."]


def test_a_tsconfig_of_another_project_is_an_input_without_an_edge(shop: Monorepo) -> None:
    shop.write("apps/docs/tsconfig.json", '{"extends": "../../packages/core/tsconfig.json"}')
    shop.commit()
    replace(shop, "packages/core/tsconfig.json", "{}", "{ }")

    found = {node.node.id for node in compare(open_project(shop.root), "HEAD", None).nodes}
    held = {file.path for file in open_project(shop.root).working_picture().images["docs"].context.files}
    shop.git("reset", "-q", "--hard", "HEAD~1")

    assert {"package:@acme/docs", "image:docs"} <= found
    assert "dependencies/packages/core/tsconfig.json" in held
    assert "dependencies/packages/core/src/index.ts" not in held


def test_what_a_tsconfig_takes_in_of_another_project_counts_for_checks_alone(shop: Monorepo) -> None:
    """docs is built of nothing else, so its image holds nothing of core."""
    shop.git("checkout", "-q", "--detach")
    shop.write("apps/docs/tsconfig.json", '{"references": [{"path": "../../packages/core"}]}')
    shop.git("commit", "-qam", "referring")
    shop.append("packages/core/src/index.ts")

    found = {node.node.id: node for node in compare(open_project(shop.root), "HEAD", None).nodes}
    shop.git("checkout", "-qf", "main")

    assert "package:@acme/docs" in found
    assert "image:docs" not in found
    assert found["package:@acme/docs"].reasons[0].via == ("package:@acme/core", "package:@acme/docs")


def test_what_the_scripts_of_checks_name_above_their_project_counts_for_these_alone(shop: Monorepo) -> None:
    """A file of no project, one that comes to be there, and another project; an image is made of what it is made of."""
    shop.git("checkout", "-q", "--detach")
    package = json.loads((shop.root / "apps/docs/package.json").read_text())
    test = "node ../../tools/gen.mjs && node ../../tools/new.mjs && node ../../packages/core/src/index.ts"
    scripts = {"test": test, "release": "../../tools/release.sh"}
    shop.write("apps/docs/package.json", json.dumps({**package, "scripts": scripts}))
    shop.write("tools/gen.mjs", "one\n")
    shop.write("tools/release.sh", "one\n")
    shop.git("add", "tools")
    shop.git("commit", "-qam", "naming")

    def after(path: str) -> set[str]:
        shop.write(path, "two\n")
        found = {node.node.id for node in compare(open_project(shop.root), "HEAD", None).nodes}
        shop.git("stash", "-qu")
        return found & {"package:@acme/docs", "image:docs"}

    found = {path: after(path) for path in ("tools/gen.mjs", "tools/new.mjs", "packages/core/src/index.ts")}
    release = after("tools/release.sh")
    shop.git("checkout", "-qf", "main")

    assert list(found.values()) == [{"package:@acme/docs"}] * 3
    assert release == set()


def test_the_reason_names_the_place(shop: Monorepo) -> None:
    replace(shop, "pnpm-workspace.yaml", "isolated", "hoisted")
    replace(shop, "tsconfig.base.json", "{}", "{ }")

    told = shop.run("why", "package:@acme/docs").out

    assert "setting pnpm-workspace.yaml: nodeLinker changed" in told
    assert "file tsconfig.base.json changed" in told


def test_hooks_in_a_file_of_another_name_are_installed_with(shop: Monorepo) -> None:
    """The setting `pnpmfile` names them, and an image cannot be installed without."""
    shop.write("tools/hooks.cjs", "module.exports = {}\n")
    shop.append("pnpm-workspace.yaml", "pnpmfile: tools/hooks.cjs\n")
    shop.commit()
    replace(shop, "tools/hooks.cjs", "{}", "{ hooks: {} }")

    found = [node.node.id for node in compare(open_project(shop.root), "HEAD", None).nodes]
    shop.git("reset", "-q", "--hard", "HEAD~1")

    assert "package:@acme/core" in found
    assert {"image:api", "image:docs", "image:web"} <= set(found)


def test_the_console_says_the_same(shop: Monorepo) -> None:
    replace(shop, "tsconfig.base.json", "{}", "{ }")

    assert shop.affected("--kind", "image") == ["image:docs", "image:web"]


def test_without_a_lockfile_overrides_affect_every_package(tmp_path: Path) -> None:
    repo = Monorepo(tmp_path / "repo")
    repo.package("@acme/core")
    repo.package("@acme/ui")
    repo.commit()
    repo.append("pnpm-workspace.yaml", "overrides: {ms: 1.0.0}\n")

    assert repo.affected("--kind", "package") == ["package:.", "package:@acme/core", "package:@acme/ui"]


def test_a_tsconfig_is_an_input_from_the_edit_on_that_extends_it(shop: Monorepo) -> None:
    """What was worked out for the commit before does not hold for the next one."""
    assert affected(shop) == ("", "")
    shop.write("packages/core/tsconfig.json", '{"extends": "../../tsconfig.base.json"}')
    assert affected(shop) == ("api core ui web", "api web")
    shop.commit()
    replace(shop, "tsconfig.base.json", "{}", "{ }")

    found = [node.node.id for node in compare(open_project(shop.root), "HEAD", None).nodes]
    shop.git("reset", "-q", "--hard", "HEAD~1")

    assert {"package:@acme/core", "image:api"} <= set(found)
