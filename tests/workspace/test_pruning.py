from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from buildgraph.workspace import Lockfile, Package, parse_lockfile, prune, render_lockfile
from tests.workspace.locks import Document, document, lockfile, parsed

#  web -> a -> b, web -(optional)-> o -> b, other -> c; the root uses r
IMPORTERS = {
    ".": "dev:r=1.0.0",
    "apps/web": "a=1.0.0 optional:o=1.0.0 ui=link:../../libs/ui",
    "apps/other": "c=1.0.0 o=1.0.0",
    "libs/ui": "",
}
PACKAGES = {
    "a@1.0.0": "b=1.0.0",
    "b@1.0.0": "",
    "c@1.0.0": "",
    "o@1.0.0": "b=1.0.0 n=1.0.0",
    "n@1.0.0": "",
    "r@1.0.0": "",
}
WEB = {folder: Package(folder, folder) for folder in ("apps/web", "libs/ui")}


def pruned(lock: Lockfile, **options: bool) -> Lockfile:
    return prune(lock, WEB, **options)


def sample(**more: Any) -> Document:
    return document(IMPORTERS, PACKAGES, **more)


def test_only_the_asked_importers_and_what_they_reach_are_left() -> None:
    kept = pruned(parsed(sample()))

    assert sorted(kept.importers) == [".", "apps/web", "libs/ui"]
    assert sorted(kept.snapshots) == sorted(kept.packages) == ["a@1.0.0", "b@1.0.0", "n@1.0.0", "o@1.0.0"]


def test_the_root_installs_its_dependencies_only_on_request() -> None:
    assert list(pruned(parsed(sample())).importers["."].dependencies) == []
    assert "r@1.0.0" in pruned(parsed(sample()), root_dependencies=True).snapshots


def test_the_flag_of_optional_packages_is_worked_out_anew() -> None:
    """`o` is optional for web, though another project needs it: the pruned one does not tell of others."""
    kept = pruned(parsed(sample()))

    assert {key for key, record in kept.snapshots.items() if record.get("optional")} == {"o@1.0.0", "n@1.0.0"}


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain["importers"]["apps/other"].clear(),
        lambda plain: plain["importers"].update({"apps/new": {}}),
        lambda plain: plain["packages"]["c@1.0.0"]["resolution"].update(integrity="sha512-other"),
        lambda plain: plain["packages"]["a@1.0.0"].update(
            deprecated="x", engines={"node": "1"}, libc=["glibc"]
        ),
        lambda plain: plain["snapshots"]["b@1.0.0"].update(optional=True),
        lambda plain: plain["overrides"].update({"c": "2.0.0", "z>b": "3.0.0"}),
        lambda plain: plain["overrides"].update({"b@^2": "2.0.1", "a>b@3": "3.0.0", "a": "4.0.0"}),
        lambda plain: plain["patchedDependencies"].update({"c@1.0.0": {"hash": "y", "path": "c.patch"}}),
        lambda plain: plain["catalogs"]["default"].update(c={"specifier": "^1.0.0", "version": "1.0.0"}),
        lambda plain: plain["catalogs"]["default"]["a"].update(specifier=">=1"),
        lambda plain: plain.update(time={"a@1.0.0": "2026-01-01"}),
        lambda plain: plain.update(
            {key: dict(reversed(plain[key].items())) for key in ("packages", "importers")}
        ),
        lambda plain: plain["importers"]["."]["devDependencies"].clear(),
    ],
    ids=[
        "another project's dependencies",
        "a new project",
        "another project's package",
        "texts of a newer pnpm",
        "a flag that others decide",
        "overrides of packages that are not here",
        "overrides of versions that are not here",
        "a patch of a package that is not here",
        "a catalog entry of others",
        "a catalog's specifier alone",
        "publication times",
        "order",
        "the root's dependencies",
    ],
)
def test_what_concerns_others_leaves_the_pruned_lockfile_as_it_is(change: Callable[[Document], Any]) -> None:
    """Pitfalls 30 and 36: byte for byte, so it changes no image."""
    before, after = catalogued(), catalogued()
    change(after)

    assert render_lockfile(pruned(parsed(after))) == render_lockfile(pruned(parsed(before)))


def catalogued() -> Document:
    plain = sample(
        overrides={"b": "1.0.0", "a>b": "1.0.0"},
        patchedDependencies={"q@1.0.0": {"hash": "x", "path": "q.patch"}},
        catalogs={"default": {"a": {"specifier": "^1.0.0", "version": "1.0.0"}}},
    )
    plain["importers"]["apps/web"]["dependencies"]["a"]["specifier"] = "catalog:"
    return plain


def test_overrides_catalog_entries_and_patches_in_use_are_left() -> None:
    kept = pruned(parsed(catalogued()))

    assert kept.overrides == {"b": "1.0.0", "a>b": "1.0.0"}
    assert kept.catalogs == {"default": {"a": {"specifier": "1.0.0", "version": "1.0.0"}}}
    assert kept.patches == {}


def test_a_patch_is_left_when_a_package_bears_its_digest() -> None:
    lock = lockfile(
        {"apps/web": "a=1.0.0(patch_hash=x)", "apps/other": "c=1.0.0(patch_hash=y)"},
        {"a@1.0.0(patch_hash=x)": "", "c@1.0.0(patch_hash=y)": ""},
        patchedDependencies={"a": {"hash": "x", "path": "a.patch"}, "c@1.0.0": "y"},
    )

    assert list(pruned(lock).patches) == ["a"]


def test_a_catalog_entry_that_is_an_alias_keeps_its_specifier() -> None:
    plain = catalogued()
    plain["catalogs"]["default"]["a"]["specifier"] = "npm:b@^1.0.0"

    assert pruned(parsed(plain)).catalogs["default"]["a"]["specifier"] == "npm:b@^1.0.0"


def test_an_override_of_what_a_project_asks_for_is_left_though_it_takes_it_away() -> None:
    """`web>x: "-"` removes x: without the override a frozen install would miss it."""
    lock = parsed(sample(overrides={"web>x": "-", "x": "-"}))
    web = {"apps/web": Package("apps/web", "web", dependencies={"dependencies": {"x": "1.0.0"}})}

    assert sorted(prune(lock, web).overrides) == ["web>x", "x"]
    assert prune(lock, WEB).overrides == {}


@pytest.mark.parametrize(
    ("selector", "value"),
    [
        pytest.param("b", "1.0.0", id="the version that is installed"),
        pytest.param("b@<1", "^1.0.0 || ^3.0.0", id="a range of it"),
        pytest.param("b", "latest", id="a tag"),
        pytest.param("b", "npm:other@2.0.0", id="another package"),
        pytest.param("b", "link:../b", id="a folder"),
        pytest.param("a>b@2", "-", id="nothing"),
        pytest.param("x", "^7.0.0", id="what a linked project is asked for as"),
    ],
)
def test_an_override_that_may_have_selected_something_is_left(selector: str, value: str) -> None:
    """What a project asks for has the override's value in the lockfile, and a frozen install compares it."""
    plain = sample(overrides={selector: value})
    plain["importers"]["apps/web"]["dependencies"]["x"] = {"specifier": "^7.0.0", "version": "link:../x"}
    web = {"apps/web": Package("apps/web", "web", dependencies={"dependencies": {"x": "*"}})}

    assert prune(parsed(plain), web).overrides == {selector: value}


def test_overrides_of_one_package_by_the_hundred_are_left_untried() -> None:
    """To try them all takes ages, and to keep one that has selected nothing is never wrong."""
    audited = {f"b@{major}": "7.0.0" for major in range(2, 102)}
    more = {**audited, "b@102": "7.0.0"}

    assert pruned(parsed(sample(overrides=audited))).overrides == {}
    assert pruned(parsed(sample(overrides=more))).overrides == more


def test_a_version_that_nobody_can_read_may_be_the_overrides() -> None:
    lock = lockfile(
        {"apps/web": "b=https://host/b.tgz"}, {"b@https://host/b.tgz": ""}, overrides={"b": "2.0.0"}
    )

    assert pruned(lock).overrides == {"b": "2.0.0"}


def test_a_project_that_is_no_importer_gets_an_empty_table() -> None:
    kept = prune(parsed(sample()), {"apps/fresh": Package("apps/fresh")})

    assert list(kept.importers["apps/fresh"].dependencies) == []


def test_dangling_references_are_kept_as_they_are() -> None:
    kept = pruned(lockfile({"apps/web": "a=1.0.0 gone=2.0.0"}, {"a@1.0.0": "lost=9.9.9"}))

    assert sorted(kept.snapshots) == ["a@1.0.0"]
    assert b"lost: 9.9.9" in render_lockfile(kept)


def test_pruning_twice_is_pruning_once() -> None:
    once = pruned(parsed(catalogued()))
    again = parse_lockfile(render_lockfile(once))

    assert render_lockfile(pruned(again)) == render_lockfile(once)


def test_a_lockfile_6_keeps_one_table_with_its_own_flags() -> None:
    plain = {
        "lockfileVersion": "6.0",
        "importers": {
            "apps/web": {
                "dependencies": {"a": {"specifier": "1", "version": "1.0.0"}},
                "devDependencies": {"d": {"specifier": "1", "version": "1.0.0"}},
            },
            "apps/other": {"dependencies": {"d": {"specifier": "1", "version": "1.0.0"}}},
        },
        "packages": {
            "/a@1.0.0": {"resolution": {"integrity": "x"}, "dev": False},
            "/d@1.0.0": {"resolution": {"integrity": "y"}, "dev": False},
        },
    }
    kept = prune(parse_lockfile(json.dumps(plain).encode()), {"apps/web": Package("apps/web")})

    assert kept.packages["/d@1.0.0"]["dev"] is True
    assert kept.packages["/a@1.0.0"]["dev"] is False
    assert b"snapshots" not in render_lockfile(kept)


def test_packages_that_may_build_are_listed_where_they_are_installed() -> None:
    """Pitfall 35: pnpm 8 writes this list into the lockfile, and a frozen install compares it."""
    lock = parsed(sample(onlyBuiltDependencies=["c", "a"], ignoredOptionalDependencies=["q"]))

    assert pruned(lock).others == {"onlyBuiltDependencies": ["a"], "ignoredOptionalDependencies": ["q"]}
