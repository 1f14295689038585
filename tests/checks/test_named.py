"""What scripts name above their packages, and what that changes of what is fresh; scripts are played."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.played import BUILD, TEST, Shop

SAME = "always the same\n"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """The shop with something to name in the folder of no package, and in that of one that nobody uses."""
    shop.repo.package("other")
    shop.repo.write("packages/other/schema.json", "{}")
    for path in ("tools/gen.mjs", "my tools/x.mjs", "docs/api.md"):
        shop.repo.write(path, SAME)
    shop.repo.lock()
    shop.repo.commit()
    return shop


def give(shop: Shop, folder: str, **scripts: str) -> None:
    """Write and commit the scripts of a package."""
    place = shop.repo.root / folder / "package.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), "scripts": scripts}))
    shop.repo.commit()


@pytest.mark.parametrize(
    ("path", "scripts"),
    {
        "a file": ("tools/gen.mjs", {"test": "node ../../tools/gen.mjs"}),
        "a folder": ("tools/new.mjs", {"test": "cd ../../tools && ls"}),
        "blanks": ("my tools/x.mjs", {"test": "node '../../my tools/x.mjs'"}),
        "siblings": ("packages/other/schema.json", {"test": "ajv ../*/schema.json"}),
        "a new sibling": ("packages/other/new.json", {"test": "ajv ../*/*.json"}),
        "braces": ("packages/other/schema.json", {"test": "ajv ../{core,other}/schema.json"}),
        "a package": ("packages/other/src/index.ts", {"test": "node ../other/src/index.ts"}),
        "packages": ("packages/other/src/index.ts", {"test": "eslint ../../packages/o*"}),
        "in turn": (
            "tools/gen.mjs",
            {"test": "concurrently 'npm:gen:*'", "gen:a": "node ../../tools/gen.mjs"},
        ),
        "before": ("tools/gen.mjs", {"test": "vitest", "pretest": "node ../../tools/gen.mjs"}),
    }.values(),
    ids=str,
)
def test_an_edit_of_what_a_script_names_runs_it_again(shop: Shop, path: str, scripts: dict[str, str]) -> None:
    give(shop, "packages/web", **scripts)
    shop.check()
    assert shop.check() == []

    shop.repo.write(path, "edited\n")
    assert shop.check() == [TEST]
    shop.repo.commit()
    assert shop.check() == []


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("node gen.mjs > ../../docs/api.md", "docs/api.md"),
        ("openapi -o ../other/schema.json", "packages/other/schema.json"),
    ],
)
def test_a_script_may_write_what_it_names_as_it_was(shop: Shop, command: str, path: str) -> None:
    give(shop, "packages/web", test=command)
    shop.repo.write(path, SAME)
    shop.repo.commit()
    shop.deeds[TEST] = lambda _: shop.repo.write(path, SAME)

    assert shop.check() == [BUILD, TEST]
    assert shop.told == []
    assert shop.check() == []


@pytest.mark.parametrize(
    "word",
    [
        "../web/gen.mjs",
        "../../a\0b",
        "../../" + "a" * 5000,
        "../../tools/" + "../" * 30 + "etc",
    ],
)
def test_odd_words_are_words(shop: Shop, word: str) -> None:
    give(shop, "packages/web", test=f"node {word}")

    assert shop.check() == [BUILD, TEST]
    assert shop.check() == []


def test_a_file_above_the_workspace_is_named_where_the_project_holds_it(shop: Shop, tmp_path: Path) -> None:
    """`root = "front"`: the workspace is a folder of the project."""
    repo = shop.repo
    repo.write("openapi/spec.json", "{}")
    repo.write("manifests/workspace.toml", 'name = "shop"\nroot = "front"\n')
    repo.commit()
    for name in ("packages", "pnpm-workspace.yaml", "pnpm-lock.yaml", "package.json"):
        (repo.root / "front").mkdir(exist_ok=True)
        repo.git("mv", name, f"front/{name}")
    give(shop, "front/packages/web", test="ajv ../../../openapi/spec.json")
    shop.check()
    assert shop.check() == []

    repo.write("openapi/spec.json", "[]")

    assert shop.check() == [TEST]
