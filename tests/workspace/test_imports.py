from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildgraph.workspace.imports import SOURCES, package_name, parse_uses, undeclared
from buildgraph.workspace.package import Package, parse_package

IMPORTED = {
    'import a from "a"': {"a"},
    "import a from 'a'": {"a"},
    "import'a'": {"a"},
    'import "a/styles.css"': {"a"},
    'import * as x from "@s/a"': {"@s/a"},
    "<img src=/a.png alt='x'> {import('a')}": {"a"},
    "<a href=/about>{import('a')}": {"a"},
    "b = <a href=/about>\nb = c.split(/'/); import('a'); d = 'y'\n": {"a"},
    "b = <a href=/x title='it'>import('a')\nb = /'/; import('b'); d = 'y'\n": {"a", "b"},
    "x = /[/'\"]/; import('a')": {"a"},
    'import { x } from "@s/a/deep/path.js"': {"@s/a"},
    'import x, { y as z } from "a"': {"a"},
    'import {\n  x,\n  // it\'s here\n  y, /* "z" */\n} from\n  "a"': {"a"},
    'import{x}from"a";import{y}from"b"': {"a", "b"},
    'import x from "a" with { type: "json" }': {"a"},
    'import { "odd name" as x } from "a"': {"a"},
    "import größe from 'a'": {"a"},
    'export * from "a"': {"a"},
    'export * as x from "a"': {"a"},
    'export { x, default as y } from "a"': {"a"},
    'import type { X } from "a"': {"a"},
    'export type { X } from "a"': {"a"},
    'import { type X, y } from "a"': {"a"},
    'const x = await import("a")': {"a"},
    'import(/* webpackChunkName: "b" */ "a")': {"a"},
    "import(`a/${name}.js`)": {"a"},
    "import(`${name}/a`)": set(),
    "import(name)": set(),
    'let x: import("a").X': {"a"},
    'type X = typeof import("a")': {"a"},
    'const x = require("a")': {"a"},
    'import x = require("a")': {"a"},
    'const y = { ...require("a") }': {"a"},
    'require.resolve("a/package.json")': {"a"},
    "`${require('a')}`": {"a"},
    "`${`${x} ${import('a')}`}` + import('b')": {"a", "b"},
    "const f = `{` ; import('a')": {"a"},
    'x.replace(/["`]/g, "") ; import("a")': {"a"},
    "x = /'/ ; import('a')": {"a"},
    '<script lang="ts">\nimport a from "a"\n</script>\n<p>Don\'t `</p>': {"a"},
    "<template>a lone ` here</template>\n<script setup>import a from 'a'; const x = `b`</script>": {"a"},
    "---\nimport a from 'a'\n---\n<p>it's</p>": {"a"},
    'import x from "JSONStream"': {"JSONStream"},
    'import x from "a?raw"': {"a"},
    'import x from "lodash.merge"': {"lodash.merge"},
}

NOT_IMPORTED = [
    'import x from "./a"',
    'import x from "../a"',
    'import x from ".."',
    'import x from "/a"',
    'import x from "node:fs"',
    'import x from "fs/promises"',
    'import x from "path"',
    'import x from "@/a"',
    'import x from "~/a"',
    'import x from "~icons/a"',
    'import x from "$lib/a"',
    'import x from "$app/environment"',
    'import x from "#internal"',
    'import x from "astro:content"',
    'import x from "virtual:pwa"',
    'import x from "https://example.com/a.js"',
    'import x from "raw-loader!./a"',
    'import ""',
    '// import x from "a"',
    '/* import x from "a"\n require("a") */',
    '<!-- import x from "a" -->',
    "const x = \"import x from 'a'\"",
    "const x = `import x from 'a'`",
    "const x = `${y} import x from 'a'`",
    'this.import("a"); module.require("a")',
    'const reimport = required("a")',
    'exports: { import: "a", require: "a" }',
    'const from = "a"; export const x = "a"',
    "import.meta.env",
]


def imported(source: bytes) -> set[str]:
    """The names of the packages that a source imports."""
    return {use.name for use in parse_uses(source)}


@pytest.mark.parametrize("source", IMPORTED)
def test_what_a_source_imports(source: str) -> None:
    assert imported(source.encode()) == IMPORTED[source]


@pytest.mark.parametrize("source", NOT_IMPORTED)
def test_what_is_no_import_of_a_package(source: str) -> None:
    assert imported(source.encode()) == set()
    assert imported(f'{source}\nimport "a"\n'.encode()) == {"a"}


@pytest.mark.parametrize(
    ("clause", "types_only"),
    [
        ("type X", True),
        ("type { X, Y }", True),
        ("type * as X", True),
        ("{ type X, type Y }", True),
        ("{ type X, }", True),
        ("{ type X, Y }", False),
        ("X", False),
        ("type", False),
        ("type, { X }", False),
        ("{ types }", False),
    ],
)
def test_types_alone_are_told_from_values(clause: str, types_only: bool) -> None:
    (use,) = parse_uses(f'import {clause} from "a"'.encode())

    assert use.types_only == types_only


def ui(**groups: dict[str, str]) -> Package:
    return parse_package(json.dumps({"name": "@t/ui", **groups}).encode(), "packages/ui")


@pytest.mark.parametrize(
    "group", ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]
)
def test_a_name_in_any_group_is_declared(group: str) -> None:
    sources = {"src/index.ts": b'import "a"; import "b"'}

    assert undeclared(ui(**{group: {"a": "1"}}), sources, None) == ("b",)


def test_its_own_name_and_what_the_root_declares_are_no_mistakes() -> None:
    root = parse_package(b'{"name": "root", "devDependencies": {"vitest": "1"}}', ".")
    sources = {"a.test.ts": b'import "@t/ui/x"; import "vitest/config"; import "lodash"'}

    assert undeclared(ui(dependencies={"a": "1"}), sources, root) == ("lodash",)
    assert undeclared(ui(dependencies={"a": "1"}), sources, None) == ("lodash", "vitest")


def test_types_are_enough_for_who_imports_types() -> None:
    types = ui(devDependencies={"@types/express": "4", "@types/scope__name": "1"})

    assert undeclared(types, {"a.ts": b'import type { Request } from "express"'}, None) == ()
    assert undeclared(types, {"a.d.ts": b'import { X } from "@scope/name"'}, None) == ()
    assert undeclared(types, {"a.ts": b'import express from "express"'}, None) == ("express",)


def test_only_names_that_an_install_brings_count_on_request() -> None:
    """A name that no install brings is an alias of a bundler: `@components/button`."""
    sources = {"a.ts": b'import "@components/button"; import "lodash"'}

    assert undeclared(ui(), sources, None) == ("@components/button", "lodash")
    assert undeclared(ui(), sources, None, among={"lodash", "ms"}) == ("lodash",)


@pytest.mark.parametrize("source", IMPORTED)
def test_no_import_is_missed_by_the_first_glimpse(source: str) -> None:
    assert set(undeclared(ui(), {"a.ts": source.encode()}, None)) == IMPORTED[source]


@given(st.text(max_size=60), st.sampled_from(["`", "'", '"', "/*", "${", "<script>", "import ", "from"]))
def test_any_text_is_answered(text: str, sign: str) -> None:
    for source in (text, sign + text, text + sign, text + sign + text):
        parse_uses(source.encode("utf-8", "surrogatepass"))


def test_a_long_source_takes_no_long_time() -> None:
    """Neither long code nor what never ends makes the scanner look back and forth."""
    lines = [
        f"export const value{n} = {{ text: `a ${{b}} c`, other: 'import', more: /x'/ }}\n"
        for n in range(4_000)
    ]
    nasty = [
        b"import " * 10_000,
        b"export {" * 40_000,
        b"`${" * 40_000,
        b"/*" * 40_000,
        b"'" * 80_001,
        b"<script>" * 20_000,
        b"<script " * 20_000,
        b"(/[" * 40_000,
        b"(/a" * 40_001,
        b"=/a\n" * 40_000,
        b"=/a '\n" * 40_000,
        b"import {" + b" a," * 40_000,
        b"import/*" * 20_000,
        b"`${}" * 20_000,
    ]
    random.shuffle(nasty)

    started = time.process_time()
    assert imported("".join(lines).encode() + b'import "a"') == {"a"}
    for source in nasty:
        parse_uses(source)

    assert time.process_time() - started < 10


MANY_WAYS = {
    "comments that are followed by nothing": ("import x from 'lodash'\nimport ", "/**/", "!"),
    "comments that never end": ("", "from/*", ""),
    "words before comments": ("import " * 28, "/**/", "!"),
    "words before blanks": ("import " * 28, " ", "!"),
    "members that are all types but one": ("import {", " type a", ", b} from 'x'"),
    "members between comments": ("import {", "/**/", ""),
    "back ticks of a template that never ends": ("`", "\\`", ""),
    "code of templates that never end": ("`${" * 20_000, "}", ""),
    "quotes of a text that never ends": ("'", "\\'", ""),
    "regular expressions that never end": ("", "[=/]", ""),
    "slashes of sets that never end": ("", "=/[", ""),
    "sets of slashes": ("", "[" + "=/[" * 130 + "]", ""),
}


@pytest.mark.parametrize(("before", "piece", "after"), MANY_WAYS.values(), ids=MANY_WAYS.keys())
@pytest.mark.timeout(20)
def test_what_could_be_read_in_many_ways_is_answered_soon(before: str, piece: str, after: str) -> None:
    source = f"{before}{piece * (100_000 // len(piece))}{after}".encode()
    package = Package("a", "a")
    started = time.process_time()

    undeclared(package, {"a.ts": source}, None)
    parse_uses(source)

    assert time.process_time() - started < 4


def test_names() -> None:
    assert package_name("@s/a/b") == "@s/a"
    assert package_name("@s") is None
    assert package_name("a/") == "a"
    assert ".tsx" in SOURCES
