"""Public variables that sources read."""

from __future__ import annotations

import time

import pytest

from buildgraph.checks.variables import is_declared, is_source, names_read, names_set


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("const a = import.meta.env.VITE_API", {"VITE_API"}),
        ("fetch(import.meta.env.PUBLIC_API_URL + '/x')", {"PUBLIC_API_URL"}),
        ("process.env.NEXT_PUBLIC_A ?? process.env['EXPO_PUBLIC_B']", {"NEXT_PUBLIC_A", "EXPO_PUBLIC_B"}),
        (
            "process.env.REACT_APP_A ?? process.env.VUE_APP_B ?? process.env.GATSBY_C",
            {"REACT_APP_A", "VUE_APP_B", "GATSBY_C"},
        ),
        (
            "process.env.NUXT_PUBLIC_A + process.env.STORYBOOK_B + import.meta.env.SANITY_STUDIO_C",
            {"NUXT_PUBLIC_A", "STORYBOOK_B", "SANITY_STUDIO_C"},
        ),
        ("<title>%REACT_APP_TITLE%</title>", {"REACT_APP_TITLE"}),
        ("import { env } from '$env/dynamic/public'; env.PUBLIC_A", {"PUBLIC_A"}),
        ("import { PUBLIC_A, PUBLIC_B as b } from '$env/static/public'", {"PUBLIC_A", "PUBLIC_B"}),
        ('import {\n  PUBLIC_A,\n} from "$env/static/public";', {"PUBLIC_A"}),
        ("import { PUBLIC_A } from 'astro:env/client'", {"PUBLIC_A"}),
        ("<title>%VITE_TITLE%</title>", {"VITE_TITLE"}),
        ("import { PUBLIC_A } from './constants'", set()),
        ("const PUBLIC_KEY = 'x'; // VITE_A", set()),
        ("process.env.SECRET", set()),
        ("myenv.PUBLIC_A", set()),
    ],
)
def test_what_a_bundler_would_put_in_is_found(source: str, names: set[str]) -> None:
    assert names_read(source.encode()) == names


def test_bytes_that_are_no_text_are_read_too() -> None:
    assert names_read(b"\xff\0 import.meta.env.VITE_A \xfe") == {"VITE_A"}


@pytest.mark.parametrize("path", ["src/a.ts", "src/routes/+page.svelte", "index.html", "a.config.mjs"])
def test_sources_are_looked_into(path: str) -> None:
    assert is_source(path)


@pytest.mark.parametrize("path", ["src/a.test.ts", "src/__tests__/a.ts", "types.d.ts", "README.md", "a.css"])
def test_others_are_not(path: str) -> None:
    assert not is_source(path)


def test_what_an_env_file_sets_is_known() -> None:
    assert names_set(b"# PUBLIC_C=1\nPUBLIC_A=1\n export VITE_B = x\nnothing\n") == {"PUBLIC_A", "VITE_B"}


def test_imports_and_blank_lines_without_end_are_looked_through_once() -> None:
    began = time.process_time()

    assert names_read(b"import {" * 12_000) == set()
    assert names_set(b"A=1" + b"\n" * 20_000) == {"A"}
    assert names_set(b"A" + b" " * 100_000) == set()
    assert time.process_time() - began < 1


def test_a_beginning_declares_all_that_begin_so() -> None:
    assert is_declared("PUBLIC_A", ["PUBLIC_*"])
    assert is_declared("PUBLIC_A", ["PUBLIC_A"])
    assert not is_declared("PUBLIC_AB", ["PUBLIC_A", "VITE_*"])
