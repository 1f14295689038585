"""Which tsconfig files a project reaches; what TypeScript itself does was tried with version 5.9."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace.tsconfig import extended_path, parse_extends, reached_configs, read_configs

BASE = "tsconfig.base.json"


@dataclass
class Disk:
    """Contents by path, which remember in how many questions they were asked for."""

    files: Mapping[str, str]
    asked: list[list[str]] = field(default_factory=list)

    def read(self, paths: list[str]) -> dict[str, bytes]:
        self.asked.append(paths)
        return {path: self.files[path].encode() for path in paths}


def extending(*written: str) -> str:
    """A tsconfig that extends these."""
    return json.dumps({"extends": written[0] if len(written) == 1 else list(written)})


def reached(files: Mapping[str, str], *folders: str) -> dict[str, tuple[str, ...]]:
    return reached_configs(files, Disk(files).read, {".", *folders})


@pytest.mark.parametrize(
    ("text", "extends"),
    [
        pytest.param('{"extends": "../base"}', ("../base",), id="a text"),
        pytest.param('{"extends": ["../a", "b"]}', ("../a", "b"), id="a list"),
        pytest.param('{"extends": ["../a", 1, null, ""]}', ("../a",), id="a list with nonsense in it"),
        pytest.param('\ufeff{"extends": "../base"}', ("../base",), id="a byte-order mark"),
        pytest.param('// "extends": "no"\n{"extends": "../base"}', ("../base",), id="a line of comment"),
        pytest.param('{/* "extends": "no" */ "extends": "../base"}', ("../base",), id="a comment in between"),
        pytest.param('{"extends": "../base", "files": ["a",],}', ("../base",), id="trailing commas"),
        pytest.param('{"a": "// no", "extends": "../base",}', ("../base",), id="slashes in a text"),
        pytest.param(
            '{"a": "/*", "extends": "../base",}', ("../base",), id="a comment's beginning in a text"
        ),
        pytest.param(
            '{"a": "\\"", "b": ",}", "extends": "../,}",}', ("../,}",), id="quotes and commas in texts"
        ),
        pytest.param('{"extends": "a", "extends": "b"}', ("b",), id="the last of two"),
        pytest.param('{"compilerOptions": {"extends": "../base"}}', (), id="at another place"),
        pytest.param('{"files": []}', (), id="nothing"),
    ],
)
def test_what_a_tsconfig_extends(text: str, extends: tuple[str, ...]) -> None:
    assert parse_extends(text.encode()) == extends


def test_a_tsconfig_may_be_utf_16() -> None:
    assert parse_extends('{"extends": "../base"}'.encode("utf-16")) == ("../base",)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"extends", id="no JSON"),
        pytest.param(b'["extends"]', id="a list"),
        pytest.param(b'{"extends": {"a": 1}}', id="an object"),
        pytest.param(b'{"extends": "../base"', id="cut off"),
        pytest.param(b'{"extends": "../base", /*', id="a comment without end"),
        pytest.param(b'{"extends": ' + b"[" * 100_000, id="too deep"),
        pytest.param(b'\xff\xfe{"extends"', id="bytes that are no text"),
        pytest.param(b'{"extends": 1' + b"0" * 10_000 + b"}", id="a number that is too long"),
    ],
)
def test_nonsense_extends_nothing(content: bytes) -> None:
    assert parse_extends(content) == ()


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("../../tsconfig.base.json", BASE),
        ("../../tsconfig.base", BASE),
        ("..\\..\\tsconfig.base.json", BASE),
        ("./../../packages/../tsconfig.base", BASE),
        ("../../noext", "noext"),
        ("..", "packages/tsconfig.json"),
        (".", "packages/ui/tsconfig.json"),
        ("../", None),
        ("../../tsconfig.base.json/", None),
        ("../dir", None),
        ("../dir/tsconfig", "packages/dir/tsconfig.json"),
        ("../../missing", None),
        ("@acme/tsconfig/base.json", None),
        ("tsconfig.base.json", None),
        ("/tsconfig.base.json", None),
        ("../../../tsconfig.base.json", None),
        ("../../../../../../etc/tsconfig.json", None),
    ],
)
def test_a_path_is_resolved_as_typescript_does(written: str, found: str | None) -> None:
    paths = {
        BASE,
        "noext",
        "packages/tsconfig.json",
        "packages/ui/tsconfig.json",
        "packages/dir/tsconfig.json",
    }

    assert extended_path(written, "packages/ui/tsconfig.json", paths) == found


def test_a_file_is_preferred_to_the_one_with_the_ending() -> None:
    assert extended_path("./a", "tsconfig.json", {"a", "a.json"}) == "a"


def test_exactly_those_that_extend_a_root_file_reach_it() -> None:
    """Pitfalls 13 and 31: a root tsconfig is an input of those that extend it, and of no one else."""
    files = {
        BASE: "{}",
        "packages/a/tsconfig.json": extending("../../tsconfig.base.json"),
        "packages/b/tsconfig.build.json": extending("../../tsconfig.base"),
        "packages/c/tsconfig.json": "{}",
        "packages/d/jsconfig.json": extending("../../tsconfig.base.json"),
        "packages/e/other.json": extending("../../tsconfig.base.json"),
        "packages/f/src/tsconfig.json": extending("../../../tsconfig.base.json"),
    }

    found = reached(files, *(f"packages/{letter}" for letter in "abcdef"))

    assert found == {"packages/a": (BASE,), "packages/b": (BASE,), "packages/d": (BASE,)}


def test_files_are_followed_through_other_folders_and_lists() -> None:
    files = {
        BASE: "{}",
        "config/strict.json": extending("../tsconfig.base"),
        "config/web.json": extending("./strict", "./dom"),
        "config/dom.json": "{}",
        "packages/ui/tsconfig.json": extending("./tsconfig.shared"),
        "packages/ui/tsconfig.shared.json": extending("../../config/web.json", "svelte/tsconfig"),
    }

    assert reached(files, "packages/ui") == {
        "packages/ui": ("config/dom.json", "config/strict.json", "config/web.json", BASE)
    }


def test_a_file_of_another_project_counts_and_one_of_its_own_does_not() -> None:
    """The nearest enclosing project owns a file, also for the root and for a project in a project."""
    files = {
        BASE: "{}",
        "tsconfig.json": extending("./tsconfig.base", "./packages/ui/tsconfig.json"),
        "packages/ui/tsconfig.json": extending("./configs/own", "./nested/tsconfig"),
        "packages/ui/configs/own.json": "{}",
        "packages/ui/nested/tsconfig.json": "{}",
    }

    assert reached(files, "packages/ui", "packages/ui/nested") == {
        ".": (
            "packages/ui/configs/own.json",
            "packages/ui/nested/tsconfig.json",
            "packages/ui/tsconfig.json",
        ),
        "packages/ui": ("packages/ui/nested/tsconfig.json",),
    }


def test_circles_end() -> None:
    files = {"a.json": extending("./b"), "b.json": extending("./a"), "ui/tsconfig.json": extending("../a")}

    assert reached(files, "ui") == {"ui": ("a.json", "b.json")}


def test_what_git_does_not_track_is_not_reached() -> None:
    """SvelteKit writes the file that its projects extend; it is no input."""
    assert reached({"ui/tsconfig.json": extending("./.svelte-kit/tsconfig.json")}, "ui") == {}


def taken_in(text: str, path: str = "packages/ui/tsconfig.json") -> dict[str, tuple[str, ...]]:
    """The projects that one tsconfig takes in, where core lies beside ui and plugin in core."""
    folders = {".", "packages/ui", "packages/core", "packages/core/plugin"}
    return read_configs({path}, lambda asked: dict.fromkeys(asked, text.encode()), folders).taken_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"references": [{"path": "../core"}, {"path": "./own"}]} // of ours', ["packages/core"]),
        ('{"references": [{"path": "../core/tsconfig.build.json"}]}', ["packages/core"]),
        ('{"include": ["src", "../core/plugin/**/*.ts"]}', ["packages/core/plugin"]),
        ('{"files": ["..\\\\core\\\\index.ts"], "include": ["../c*"]}', ["packages/core"]),
        ('{"include": ["../../types", "../../../elsewhere", "../ui/src"]}', []),
        ('{"references": {"path": "../core"}, "files": "../core", "include": [1, {}]}', []),
        ('{"compilerOptions": {"paths": {"@core/*": ["../core/src/*"]}}}', ["packages/core"]),
        (
            '{"compilerOptions": {"baseUrl": "..", "paths": {"a": ["./core"], "b": ["ui"]}}}',
            ["packages/core"],
        ),
        ('{"compilerOptions": {"paths": {"core": "../core", "ui": [1, "./src"]}}, "x": ".."}', []),
        ('{"compilerOptions": {"paths": ["../core"]}}', []),
        ('{"compilerOptions": "../core"}', []),
        ('["../core"]', []),
    ],
)
def test_a_tsconfig_takes_in_what_it_names_of_other_projects(text: str, found: list[str]) -> None:
    assert taken_in(text).get("packages/ui", ()) == tuple(found)


def test_what_the_root_s_tsconfig_names_is_no_input_of_the_root() -> None:
    """A list of all projects there is for editors."""
    assert taken_in('{"references": [{"path": "./packages/core"}]}', "tsconfig.json") == {}


def test_one_question_is_asked_for_each_level() -> None:
    """Each question is a git process, however many projects there are."""
    files = {
        BASE: "{}",
        "config/web.json": extending("../tsconfig.base.json"),
        **{f"p{number}/tsconfig.json": extending("../config/web.json") for number in range(50)},
    }
    disk = Disk(files)

    found = reached_configs(files, disk.read, {f"p{number}" for number in range(50)})

    assert len(found) == 50
    assert [len(paths) for paths in disk.asked] == [50, 1, 1]


HUNDRED = [f"./shared/{number}.json" for number in range(100)]
CHAIN = {f"common/{number}.json": extending(f"./{number + 1}.json") for number in range(101)}


@pytest.mark.parametrize(
    ("files", "told"),
    [
        (
            {"ui/tsconfig.json": extending(*HUNDRED, "./a.json")},
            "ui/tsconfig.json: extends: comes to 101 files, and 100 is the most",
        ),
        (
            {
                "ui/tsconfig.json": extending("../a.json"),
                "a.json": extending(*HUNDRED),
                **{path[2:]: "{}" for path in HUNDRED},
            },
            "ui: its tsconfig files: extends: comes to 101 files, and 100 is the most",
        ),
        (
            {"ui/tsconfig.json": extending("../common/0.json"), **CHAIN},
            "common/99.json: is extended over more than 100 files",
        ),
    ],
    ids=["by one file", "by several", "one after another"],
)
def test_more_files_than_any_project_extends_are_refused(files: Mapping[str, str], told: str) -> None:
    """Each would be an input of each project that extends them: 200 of 6000 took a gigabyte."""
    with pytest.raises(ConfigurationError, match=re.escape(told)):
        reached(files, "ui")


def test_a_hundred_files_may_be_extended() -> None:
    files = {"a.json": extending(*HUNDRED[1:]), **{path[2:]: "{}" for path in HUNDRED}}

    assert len(reached({"ui/tsconfig.json": extending("../a.json"), **files}, "ui")["ui"]) == 100


def test_what_many_tsconfigs_side_by_side_take_in_is_worked_out_once() -> None:
    text = json.dumps({"include": [f"../p{number}/src" for number in range(3000)]})
    projects = [f"packages/p{number}" for number in range(100)]
    files = {f"{folder}/tsconfig.json": text for folder in projects}
    began = time.process_time()

    found = read_configs(files, Disk(files).read, {".", *projects}).taken_in

    assert time.process_time() - began < 0.4
    assert found["packages/p7"] == tuple(sorted({*projects} - {"packages/p7"}))


def test_nothing_is_asked_where_there_is_no_tsconfig() -> None:
    disk = Disk({"package.json": "{}"})

    assert reached_configs(disk.files, disk.read, {"."}) == {}
    assert disk.asked == []


def test_a_file_that_cannot_be_read_extends_nothing() -> None:
    paths = {"ui/tsconfig.json"}

    assert reached_configs(paths, lambda asked: {}, {"ui"}) == {}
