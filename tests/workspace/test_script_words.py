"""What scripts name outside of their project's folder."""

from __future__ import annotations

import pytest

from buildgraph.graph.ignoring import matcher
from buildgraph.workspace.script_words import Words, named_words

WEB = "apps/web"


@pytest.mark.parametrize(
    ("command", "places"),
    [
        ("node ../../tools/gen.mjs", ["tools/gen.mjs"]),
        ("jest --config=../../jest.config.js -c ../jest.json", ["apps/jest.json", "jest.config.js"]),
        ("NODE_OPTIONS='--require \"./../../setup.cjs\"' mocha", ["setup.cjs"]),
        ("cd ../../tools && node x.mjs", ["tools"]),
        ("cat '../../a.txt';cat ../../b.txt|sh", ["a.txt", "b.txt"]),
        ("node ../../a.mjs > ../../b.txt 2>>'../../c d.txt' >../../d.txt&", ["a.mjs"]),
        ("node '../../my tools/x.mjs' \"../b c\"", ["apps/b", "apps/b c", "my", "my tools/x.mjs"]),
        ("node ../api/dist/cli.js ../api/", ["apps/api", "apps/api/dist/cli.js"]),
        ("node ../../../elsewhere.js ../../../../..", ["../elsewhere.js"]),
        ("node src/../../x.js $PWD/../../y.js ${A}../b a..b", []),
        ("cd ../.. && prettier ../ && eslint ../../apps ../web ./", []),
        ("echo", []),
    ],
)
def test_what_goes_up_is_a_place_where_a_word_begins(command: str, places: list[str]) -> None:
    assert named_words(WEB, {"test": command}, ["test"]) == Words(tuple(places))


@pytest.mark.parametrize(
    ("command", "patterns"),
    [
        ("ajv -s ../../schemas/**/*.json", ["/schemas/**/*.json"]),
        ("ajv '../../data/{a,b}.json' ../*/x?[0-9].json", ["/apps/*/x*.json", "/data/*.json"]),
        ("cpx ../../assets/a$N/x ../${B:-c}/d out", ["/apps/*/d", "/assets/a*/x"]),
        ("eslint ../../* ../../../*", ["/*"]),
    ],
)
def test_what_stands_for_several_is_a_pattern(command: str, patterns: list[str]) -> None:
    found = named_words(WEB, {"test": command}, ["test"])

    assert found.patterns == tuple(patterns)
    assert matcher(found.patterns)("nothing/of it") is (patterns == ["/*"])


def test_scripts_that_are_run_in_turn_count_and_others_do_not() -> None:
    scripts = {
        "test": "pnpm run gen && npm-run-all unit:*  'e2e' && concurrently npm:api 'pnpm:web:{a,b}'",
        "pretest": "node ../../tools/before.mjs",
        "gen": "node ../../tools/gen.mjs",
        "e2e": "pnpm test; ../../tools/e2e.sh",
        "posttest": "echo *",
        "unit:a": "../../tools/unit.sh",
        "api": "../../tools/api.sh",
        "web:b": "../../tools/web.sh",
        "release": "../../tools/release.sh",
    }
    names = ("api.sh", "before.mjs", "e2e.sh", "gen.mjs", "unit.sh", "web.sh")

    found = named_words(WEB, scripts, ["test", "lint"])

    assert found.places == tuple(f"tools/{name}" for name in names)
    assert {place[:6] for place in named_words(".", scripts, ["test"]).places} == {"../../"}
    by_expression = named_words(WEB, {**scripts, "test": "pnpm run '/^rel/'"}, ["test"])
    assert "tools/release.sh" in by_expression.places
