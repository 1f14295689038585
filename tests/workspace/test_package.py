from __future__ import annotations

import json
from typing import Any

import pytest

from buildgraph.errors import ConfigurationError
from buildgraph.workspace import Package, parse_package


def package(**fields: Any) -> Package:
    return parse_package(json.dumps(fields).encode(), "apps/web")


def test_a_package_tells_name_version_and_dependencies_by_group() -> None:
    web = package(
        name="web",
        version="1.2.0",
        dependencies={"ms": "2.1.3"},
        devDependencies={"vite": "^5"},
        peerDependencies={},
        scripts={"build": "vite build"},
        packageManager="pnpm@9.15.0",
        files=["dist"],
    )

    assert (web.name, web.version, web.package_manager) == ("web", "1.2.0", "pnpm@9.15.0")
    assert web.dependencies == {"dependencies": {"ms": "2.1.3"}, "devDependencies": {"vite": "^5"}}
    assert web.scripts == {"build": "vite build"}
    assert web.files == ("dist",)
    assert web.path == "apps/web/package.json"


def test_a_package_may_have_neither_name_nor_version() -> None:
    assert (package().name, package().version, package(name=None).name) == ("", "", "")


def test_the_root_package_lies_at_the_root() -> None:
    assert parse_package(b"{}", ".").path == "package.json"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{\n  "name": "x",\n}', "apps/web/package.json:3:1: is no JSON"),
        (b"", "apps/web/package.json:1:1: is no JSON"),
        (b"[]", "apps/web/package.json: must be a JSON object"),
        (b'"\xff"', "apps/web/package.json: is no UTF-8 text"),
    ],
    ids=["a comma too many", "an empty file", "a list", "no UTF-8"],
)
def test_what_cannot_be_read_is_told_with_its_place(text: bytes, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_package(text, "apps/web")

    assert str(raised.value).startswith(said)


def test_all_fields_of_a_wrong_type_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        package(name=1, dependencies=["ms"], devDependencies={"vite": 5}, pnpm="x")

    assert [mistake.where for mistake in raised.value.mistakes] == [
        "apps/web/package.json: dependencies",
        "apps/web/package.json: devDependencies.vite",
        "apps/web/package.json: name",
        "apps/web/package.json: pnpm",
    ]


def test_texts_of_a_wrong_type_are_told_one_by_one() -> None:
    with pytest.raises(ConfigurationError) as raised:
        package(resolutions={"ms": None, "a": "1"}, devDependencies={"vite": 5})

    assert [mistake.where for mistake in raised.value.mistakes] == [
        "apps/web/package.json: devDependencies.vite",
        "apps/web/package.json: resolutions.ms",
    ]


def test_scripts_that_are_no_commands_are_passed_over_as_npm_does() -> None:
    assert package(scripts={"//": ["a comment"], "test": 5, "build": "x"}).scripts == {"build": "x"}


def test_fields_may_hold_nothing() -> None:
    nothing = package(scripts=None, resolutions=None, dependencies=None, pnpm=None)

    assert (nothing.scripts, nothing.resolutions, nothing.dependencies, nothing.pnpm) == ({}, {}, {}, {})


def test_errors_name_the_file_from_the_project_folder_when_told() -> None:
    with pytest.raises(ConfigurationError, match=r"^web/apps/web/package\.json:1:1: "):
        parse_package(b"x", "apps/web", "web/apps/web/package.json")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("package.yaml", "# of ours\nname: web\ndependencies:\n  '@t/ui': workspace:*\n  ms: 2.1.3\n"),
        (
            "package.json5",
            "// don't stop here: {\n{name:'web',/* one\n more */\tdependencies:{'@t/ui':"
            '\'workspace:*\',"ms":"2.1.3",},}\n',
        ),
    ],
)
def test_a_package_may_be_told_in_another_language(name: str, content: str) -> None:
    """pnpm reads package.yaml and package.json5 where there is no package.json."""
    web = parse_package(content.encode(), "apps/web", f"apps/web/{name}")

    assert (web.name, web.path) == ("web", f"apps/web/{name}")
    assert web.dependencies == {"dependencies": {"@t/ui": "workspace:*", "ms": "2.1.3"}}


@pytest.mark.parametrize("name", ["package.yaml", "package.json5"])
@pytest.mark.parametrize(
    ("content", "said"), [("{a: ", "is no readable YAML"), ("[]", "must be a JSON object")]
)
def test_a_mistake_in_another_language_is_told_with_its_place(name: str, content: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_package(content.encode(), "apps/web", f"apps/web/{name}")

    assert str(raised.value).startswith(f"apps/web/{name}")
    assert said in str(raised.value)


def test_a_text_of_json5_may_hold_any_sign() -> None:
    content = (
        rb"""{name: 'a "quoted" it\'s', description: "http://x // no comment ' here: \" /* nor here */"}"""
    )

    web = parse_package(content, "a", "a/package.json5")

    assert web.name == 'a "quoted" it\'s'
    assert web.document["description"] == "http://x // no comment ' here: \" /* nor here */"
