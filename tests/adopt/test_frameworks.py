"""Which kind a project is, by what it depends on and runs."""

from __future__ import annotations

from typing import Any

import pytest

from buildgraph.adopt.frameworks import Verdict, recognise
from buildgraph.manifests.kinds import KINDS
from tests.adopt.village import project


def needing(*names: str, dev: tuple[str, ...] = (), **fields: Any) -> dict[str, Any]:
    """A package.json with these dependencies and scripts (`start__prod` is start:prod)."""
    scripts = fields.pop("scripts", {})
    return {
        "dependencies": dict.fromkeys(names, "1"),
        "devDependencies": dict.fromkeys(dev, "1"),
        "scripts": scripts,
        **fields,
    }


KIT = {"build": "vite build"}
NODE = {"build": "tsc", "start": "node dist/index.js"}
RECOGNISED = [
    ("next", needing("next", scripts={"build": "next build"}), {}),
    ("sveltekit", needing(dev=("@sveltejs/kit", "@sveltejs/adapter-node", "vite"), scripts=KIT), {}),
    ("astro", needing("astro", scripts={"build": "astro check && astro build"}), {}),
    (
        "node",
        needing(
            "astro", "@astrojs/node", scripts={"build": "astro build", "start": "node dist/server/entry.mjs"}
        ),
        {},
    ),
    ("nestjs", needing("@nestjs/core", scripts={"start:prod": "node dist/main"}), {"src__main_ts": ""}),
    ("spa", needing(dev=("vite",), scripts={"build": "tsc -b && vite build"}), {"index_html": ""}),
    ("node", needing("express", scripts=NODE), {}),
    ("node", needing("fastify", scripts={"start": "cross-env NODE_ENV=production node ."}), {}),
    ("node", needing("hono", "tsx", scripts={"start": "tsx src/index.ts"}), {}),
    ("node", needing("bullmq", scripts=NODE), {}),
]


@pytest.mark.parametrize(("kind", "package", "files"), RECOGNISED)
def test_what_ships_is_recognised(kind: str, package: dict[str, Any], files: dict[str, str]) -> None:
    assert recognise(project(package, **files)) == Verdict(kind)
    assert kind in KINDS


NOT_DEPLOYED = [
    needing(),
    needing("express", main="dist/index.js"),
    needing("@nestjs/core", main="dist/index.js"),
    needing(dev=("@sveltejs/kit", "@sveltejs/package"), scripts=KIT),
    needing(dev=("vite",), scripts=KIT, exports={".": "./dist/index.js"}),
    needing("react", dev=("next",), scripts={"lint": "eslint ."}),
    needing(dev=("astro",), scripts={"test": "vitest"}),
    needing(dev=("typescript",), scripts={"start": "tsc --watch"}),
]


@pytest.mark.parametrize("package", NOT_DEPLOYED)
def test_a_library_is_no_service(package: dict[str, Any]) -> None:
    assert recognise(project(package, index_html="")) is None


PROBLEMS = [
    ("a Nuxt app, for which there is no template", needing("nuxt", scripts={"build": "nuxt build"}), {}),
    (
        "a SvelteKit app without @sveltejs/adapter-node: the template runs what that makes",
        needing(dev=("@sveltejs/kit", "@sveltejs/adapter-auto"), scripts=KIT),
        {},
    ),
    (
        "Next.js exports it as static files, for which there is no template",
        needing("next", scripts={"build": "next build"}),
        {"next_config_mjs": "export default { output: 'export' }"},
    ),
    (
        "an Astro site made for vercel: the template serves static files",
        needing("astro", "@astrojs/vercel", scripts={"build": "astro build"}),
        {},
    ),
    (
        "a NestJS service that is started by `node dist/src/main`: the template runs dist/main.js",
        needing("@nestjs/core", scripts={"start:prod": "node dist/src/main"}),
        {"src__main_ts": ""},
    ),
    (
        "a Vite app that is built to ../server/public: the template ships dist/",
        needing(dev=("vite",), scripts=KIT),
        {"index_html": "", "vite_config_ts": "build: { outDir: '../server/public' }"},
    ),
    (
        "its `start` script runs ts-node, which is there for development only",
        needing("express", dev=("ts-node",), scripts={"start": "ts-node src/index.ts"}),
        {},
    ),
    (
        "its `start` script runs pnpm, which is not in the image",
        needing("koa", scripts={"start": "pnpm serve"}),
        {},
    ),
    (
        "its `start` script runs node, and no framework tells whether that is a service",
        needing(dev=("typescript",), scripts=NODE),
        {},
    ),
    ("a server without a `start` script", needing("hono", scripts={"dev": "tsx watch src/index.ts"}), {}),
]


@pytest.mark.parametrize(
    ("problem", "package", "files"), PROBLEMS, ids=[problem for problem, _, _ in PROBLEMS]
)
def test_what_ships_and_fits_no_template_is_told_with_the_reason_and_a_way_out(
    problem: str, package: dict[str, Any], files: dict[str, str]
) -> None:
    found = recognise(project(package, **files))

    assert found is not None
    assert (found.kind, found.problem) == ("", problem)
    assert found.way_out


def test_an_expo_app_is_recognised_without_a_build_script() -> None:
    found = recognise(project(needing("expo", scripts={"start": "expo start"}), app_json="{}"))

    assert found == Verdict("expo")
