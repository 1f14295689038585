from __future__ import annotations

import time

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace import find_projects, owner_of, owners_of
from buildgraph.workspace.projects import manifest_of


def found(folders: str, *globs: str) -> list[str]:
    return list(
        find_projects([f"{folder}/package.json" for folder in folders.split("|")] + ["package.json"], globs)
    )


@pytest.mark.parametrize(
    ("glob", "projects"),
    [
        ("apps/*", ["apps/web"]),
        ("apps/**", ["apps/web", "apps/web/e2e"]),
        ("./apps/*/", ["apps/web"]),
        ("{apps,libs}/*", ["apps/web", "libs/a b"]),
        ("apps/w?b", ["apps/web"]),
        ("apps/[a-w]eb", ["apps/web"]),
        ("apps/[!w]eb", []),
        ("apps/@(web|api)", ["apps/web"]),
        ("apps/!(api)", ["apps/web"]),
        ("**/e2e", ["apps/web/e2e"]),
        ("*", []),
        ("**", ["apps/web", "apps/web/e2e", "libs/a b"]),
        (".tools/*", [".tools/x"]),
        ("libs/a b", ["libs/a b"]),
        (".", []),
        ("APPS/*", []),
    ],
)
def test_a_glob_finds_projects_as_pnpm_does(glob: str, projects: list[str]) -> None:
    """Pitfall 37: a wildcard does not match dot folders, and node_modules holds no project."""
    folders = "apps/web|apps/web/e2e|libs/a b|.tools/x|libs/node_modules/y|libs/bower_components/z"

    assert found(folders, glob) == sorted([".", *projects])


@pytest.mark.parametrize(
    ("glob", "names"),
    [
        ("!(a)b", ["aab", "b", "bb"]),
        ("!(a|b)", ["aab", "ab", "bb", "x-e2e.app", "x.app"]),
        ("!(*-e2e).app", ["x.app"]),
    ],
)
def test_an_exception_is_held_against_what_lies_before_the_rest(glob: str, names: list[str]) -> None:
    folders = "|".join(f"apps/{name}" for name in ("a", "aab", "ab", "b", "bb", "x-e2e.app", "x.app"))

    assert found(folders, f"apps/{glob}") == sorted([".", *(f"apps/{name}" for name in names)])


def test_a_negated_glob_excludes_wherever_it_stands() -> None:
    folders = "libs/a|libs/a/test/fixture|libs/b"

    assert found(folders, "!**/test/**", "libs/**") == [".", "libs/a", "libs/b"]
    assert found(folders, "libs/**", "!libs/b") == [".", "libs/a", "libs/a/test/fixture"]


def test_a_project_may_lie_a_hundred_folders_deep_and_no_deeper() -> None:
    """No tree of people's has it; what is made for every folder above a project would take ages."""
    deep, deeper = "/".join("a" * 100), "/".join("a" * 101)

    assert found(deep, "**") == [".", deep]
    assert found(f"{deeper}|b", "**", f"!{deeper}") == [".", "b"]
    with pytest.raises(ConfigurationError, match="packages: give a project that lies more than 100 folders"):
        found(f"b|{deeper}", "**")


def test_without_globs_the_root_is_the_only_project() -> None:
    assert find_projects(["package.json", "a/package.json"], []) == (".",)
    assert find_projects(["a/package.json"], ["a"]) == ("a",)


def test_only_files_that_are_called_package_json_make_projects() -> None:
    assert find_projects(["a/x.package.json", "b/package.json/x", "c/package.json"], ["*"]) == ("c",)


def test_signs_in_a_folder_name_are_no_globs() -> None:
    """Paths hold brackets, spaces and signs of every kind."""
    folders = "apps/[id]|apps/(app)|apps/$p+q.r|apps/{x}|apps/ü"

    assert found(folders, "apps/*") == [".", "apps/$p+q.r", "apps/(app)", "apps/[id]", "apps/{x}", "apps/ü"]


PROJECTS = {".", "apps/web", "apps/web/inner", "libs/a b", "libs/[id]"}


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("apps/web/src/a.ts", "apps/web"),
        ("apps/web/inner/src/a.ts", "apps/web/inner"),
        ("apps/web/innermost/a.ts", "apps/web"),
        ("apps/website/a.ts", "."),
        ("apps/web", "apps/web"),
        ("libs/a b/x", "libs/a b"),
        ("libs/[id]/x", "libs/[id]"),
        ("README.md", "."),
    ],
)
def test_a_file_belongs_to_the_nearest_project_around_it(path: str, owner: str) -> None:
    """A fixture's own package.json changes no owner: only workspace projects own files."""
    assert owner_of(path, PROJECTS) == owner
    assert owners_of([path + "/x"], PROJECTS) == {path + "/x": owner_of(path + "/x", PROJECTS)}


def test_files_outside_every_project_have_no_owner_when_the_root_is_none() -> None:
    assert owner_of("docs/a.md", {"apps/web"}) is None
    assert owners_of(["docs/a.md", "apps/web/a.ts"], {"apps/web"}) == {"apps/web/a.ts": "apps/web"}


def test_owners_of_files_in_ever_deeper_folders_are_found_soon() -> None:
    paths = ["a/" * deep + "x" for deep in range(1, 3000)]
    began = time.process_time()

    found = owners_of(paths, {".", "a/a"})

    assert time.process_time() - began < 0.5
    assert (found["a/x"], found["a/a/x"], found["a/a/a/a/x"]) == (".", "a/a", "a/a")


def test_pnpm_reads_manifests_in_other_languages_too() -> None:
    """Pitfall 37: package.json counts before package.json5, and that before package.yaml."""
    paths = {
        "a/package.yaml",
        "b/package.json5",
        "b/package.yaml",
        "c/package.json",
        "c/package.yaml",
        "d/package.yml",
    }

    assert find_projects(paths, ["*"]) == ("a", "b", "c")
    assert [manifest_of(folder, paths) for folder in ("a", "b", "c", ".")] == [
        "a/package.yaml",
        "b/package.json5",
        "c/package.json",
        "package.json",
    ]


def test_no_pattern_of_stars_takes_ages() -> None:
    began = time.process_time()

    assert find_projects([f"packages/{'a' * 250}/package.json"], [f"packages/{'*a' * 20}*b"]) == ()
    assert time.process_time() - began < 2
