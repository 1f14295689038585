"""Patterns of outputs."""

from __future__ import annotations

import pytest

from buildgraph.checks.patterns import parse_patterns


@pytest.mark.parametrize(
    ("patterns", "path"),
    [
        (("dist",), "dist"),
        (("dist",), "dist/deep/index.js"),
        (("dist/",), "dist/index.js"),
        (("dist/**",), "dist/.vite/manifest.json"),
        (("./dist",), "dist/index.js"),
        (("*.tsbuildinfo",), "tsconfig.tsbuildinfo"),
        (("**/lib",), "src/lib/a.js"),
        (("**/lib",), "lib/a.js"),
        (("out/*.css",), "out/.hidden.css"),
        (("a?c",), "abc"),
        ((".next", "!.next/cache"), ".next/cached.js"),
        (("na[m]e",), "na[m]e/x"),
    ],
)
def test_what_is_meant_is_matched(patterns: tuple[str, ...], path: str) -> None:
    found = parse_patterns(patterns)

    assert found.matches(path)
    assert found.may_begin(path.partition("/")[0])


@pytest.mark.parametrize(
    ("patterns", "path"),
    [
        ((), "dist"),
        (("dist",), "dist2/index.js"),
        (("dist",), "src/dist/index.js"),
        (("*.tsbuildinfo",), "src/a.tsbuildinfo"),
        ((".next", "!.next/cache"), ".next/cache/webpack/0.pack"),
        (("out/*.css",), "out/deep/a.css"),
        (("na[m]e",), "name"),
        (("a.b",), "axb"),
    ],
)
def test_what_is_not_meant_is_not(patterns: tuple[str, ...], path: str) -> None:
    assert not parse_patterns(patterns).matches(path)


@pytest.mark.parametrize("pattern", ["**/**/lib", "**/**/**/**/**/**/lib/**/**", "**/**/**/**/**/**/**/*.js"])
def test_folders_of_any_number_side_by_side_are_so_many(pattern: str) -> None:
    matches = parse_patterns((pattern,)).matches

    assert matches("a/lib/b.js")
    assert matches("lib/b.js")
    assert not matches("a/" * 300 + "library")
