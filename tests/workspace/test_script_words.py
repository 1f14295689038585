"""What scripts name outside of their project's folder."""

from __future__ import annotations

import pytest

from buildgraph.workspace.script_words import named_places

WEB = "apps/web"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("node ../../tools/gen.mjs", ["tools/gen.mjs"]),
        ("jest --config=../../jest.config.js -c ../jest.json", ["apps/jest.json", "jest.config.js"]),
        ("NODE_OPTIONS='--require \"./../../setup.cjs\"' mocha", ["setup.cjs"]),
        ("cd ../../tools && node x.mjs", ["tools"]),
        ("cat '../../a.txt';cat ../../b.txt|sh >../../c.txt", ["a.txt", "b.txt", "c.txt"]),
        ("ajv -s ../../schemas/**/*.json -d '../../data/{a,b}.json'", ["data", "schemas"]),
        ("cpx ../../assets/a$N/x out", ["assets"]),
        ("node ../api/dist/cli.js ../api/", ["apps/api", "apps/api/dist/cli.js"]),
        ("node src/../../x.js $PWD/../../y.js a..b ../../../elsewhere.js", []),
        ("cd ../.. && prettier ../ && eslint ../../apps ../web ./", []),
        ("echo", []),
    ],
)
def test_what_goes_up_is_a_place_where_a_word_begins(command: str, found: list[str]) -> None:
    assert named_places(WEB, {"test": command}, ["test"]) == tuple(found)


def test_scripts_that_are_run_in_turn_count_and_others_do_not() -> None:
    scripts = {
        "test": "pnpm run gen && npm-run-all unit:*  'e2e'",
        "pretest": "node ../../tools/before.mjs",
        "gen": "node ../../tools/gen.mjs",
        "e2e": "pnpm test; ../../tools/e2e.sh",
        "posttest": "echo *",
        "unit:a": "../../tools/unit.sh",
        "release": "../../tools/release.sh",
    }

    found = named_places(WEB, scripts, ["test", "lint"])

    assert found == ("tools/before.mjs", "tools/e2e.sh", "tools/gen.mjs", "tools/unit.sh")
    assert named_places(".", scripts, ["test"]) == ()
