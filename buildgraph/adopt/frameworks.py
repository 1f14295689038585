"""Which kind of service a project is, by what its package.json and its files say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from buildgraph.adopt.model import Project
from buildgraph.adopt.starting import programs, start_problem

WRITE_ONE: Final = "write a Dockerfile in its folder and run this again"
NO_FRAMEWORK: Final = "its `start` script runs node, and no framework tells whether that is a service"
IF_IT_SHIPS: Final = (
    'if it is, declare it in a product (`kind = "node"`, `path`, `port`, `health`), or ' + WRITE_ONE
)
SERVERS: Final = ("express", "fastify", "hono", "koa", "@hapi/hapi", "@trpc/server", "h3", "polka", "restify")
# What has a program of its own and no template here: the dependency, its program, what people call it.
WITHOUT_TEMPLATE: Final = (
    ("nuxt", "nuxt", "Nuxt"),
    ("@remix-run/dev", "remix", "Remix"),
    ("@react-router/dev", "react-router", "React Router"),
    ("@angular/core", "ng", "Angular"),
    ("gatsby", "gatsby", "Gatsby"),
    ("@docusaurus/core", "docusaurus", "Docusaurus"),
    ("vitepress", "vitepress", "VitePress"),
    ("vinxi", "vinxi", "Vinxi"),
    ("react-scripts", "react-scripts", "Create React App"),
    ("@builder.io/qwik-city", "qwik", "Qwik"),
    ("electron", "electron", "Electron"),
    ("wrangler", "wrangler", "Cloudflare Workers"),
)
HOSTED: Final = ("vercel", "netlify", "cloudflare")
CONFIG_ENDINGS: Final = ("js", "mjs", "cjs", "ts", "mts", "cts")
OUT_DIR: Final = re.compile(r"outDir\s*:\s*['\"`](?!(?:\./)?dist/?['\"`])([^'\"`]*)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind; or a problem, that is why a project which ships has none, and the way out."""

    kind: str = ""
    problem: str = ""
    way_out: str = WRITE_ONE


def recognise(project: Project) -> Verdict | None:
    """What a project is; None for one that nobody deploys, such as a library."""
    verdicts = (rule(project) for rule in RULES)
    return next((verdict for verdict in verdicts if verdict is not None), None)


def config_files(name: str) -> tuple[str, ...]:
    """The names that a tool's configuration may have."""
    return tuple(f"{name}.config.{ending}" for ending in CONFIG_ENDINGS)


def config_text(project: Project, name: str) -> str:
    """A tool's configuration, as it is written; "" without one."""
    return "".join(project.text(file) for file in config_files(name))


def _next(project: Project) -> Verdict | None:
    if not (project.needs("next") and project.runs("next")):
        return None
    if re.search(r"output\s*:\s*['\"]export['\"]", config_text(project, "next")):
        return Verdict(problem="Next.js exports it as static files, for which there is no template")
    return Verdict("next")


def _sveltekit(project: Project) -> Verdict | None:
    if not project.needs("@sveltejs/kit") or project.needs("@sveltejs/package"):
        return None
    if project.needs("@sveltejs/adapter-node"):
        return Verdict("sveltekit")
    return Verdict(
        problem="a SvelteKit app without @sveltejs/adapter-node: the template runs what that makes",
        way_out="add the adapter, or " + WRITE_ONE,
    )


def _astro(project: Project) -> Verdict | None:
    if not (project.needs("astro") and project.runs("astro")) or project.is_library:
        return None
    if project.needs("@astrojs/node"):
        return _node(project) or Verdict(
            problem="Astro with a server (@astrojs/node) and no `start` script that runs it",
            way_out='write one, `"start": "node ./dist/server/entry.mjs"`, and run this again',
        )
    hosted = next((name for name in HOSTED if project.needs(f"@astrojs/{name}")), "")
    if hosted:
        return Verdict(problem=f"an Astro site made for {hosted}: the template serves static files")
    return Verdict("astro")


def _nestjs(project: Project) -> Verdict | None:
    if not project.needs("@nestjs/core") or not project.has("src/main.ts", "src/main.js"):
        return None
    started = project.package.scripts.get("start:prod", "node dist/main")
    if re.search(r"\bdist/main(\.js)?\b", started):
        return Verdict("nestjs")
    return Verdict(
        problem=f"a NestJS service that is started by `{started}`: the template runs dist/main.js",
        way_out=f"have its build make dist/main.js, or {WRITE_ONE}",
    )


def _expo(project: Project) -> Verdict | None:
    if not project.needs("expo") or not project.has("app.json", *_app_configs()):
        return None
    return Verdict("expo")


def _app_configs() -> tuple[str, ...]:
    return config_files("app")


def _without_template(project: Project) -> Verdict | None:
    for dependency, program, name in WITHOUT_TEMPLATE:
        if project.needs(dependency) and project.runs(program) and not project.is_library:
            return Verdict(problem=f"a {name} app, for which there is no template")
    return None


def _spa(project: Project) -> Verdict | None:
    if not project.needs("vite") or not project.has("index.html") or project.is_library:
        return None
    if "vite build" not in project.package.scripts.get("build", ""):
        return None
    elsewhere = OUT_DIR.search(config_text(project, "vite"))
    if elsewhere:
        return Verdict(
            problem=f"a Vite app that is built to {elsewhere[1] or 'another folder'}: the template ships dist/",
            way_out=f"leave out `outDir`, or {WRITE_ONE}",
        )
    return Verdict("spa")


def _node(project: Project) -> Verdict | None:
    """A server, or whatever else its `start` script keeps running by node."""
    start = project.package.scripts.get("start", "")
    is_server = project.ships(*SERVERS)
    if not start:
        return _server_without_start(project) if is_server else None
    if not is_server and (project.develops_only or project.folder.split("/")[0] == "packages"):
        return _started_without_server(project)
    problem = start_problem(project)
    if problem:
        return Verdict(
            problem=problem, way_out=f"have `start` run node on what `build` makes, or {WRITE_ONE}"
        )
    return Verdict("node")


def _started_without_server(project: Project) -> Verdict | None:
    """What node keeps running may be a service that needs no framework; a library's scripts start tools."""
    if "node" not in programs(project.package.scripts["start"]):
        return None
    return Verdict(problem=NO_FRAMEWORK, way_out=IF_IT_SHIPS)


def _server_without_start(project: Project) -> Verdict | None:
    if project.is_library or not project.package.scripts.keys() & {"dev", "serve", "start:dev"}:
        return None
    return Verdict(problem="a server without a `start` script", way_out="write one and run this again")


RULES: Final[tuple[Callable[[Project], Verdict | None], ...]] = (
    _next,
    _sveltekit,
    _astro,
    _nestjs,
    _expo,
    _without_template,
    _spa,
    _node,
)
TITLES: Final[Mapping[str, str]] = {
    "next": "Next.js",
    "sveltekit": "SvelteKit",
    "astro": "Astro",
    "nestjs": "NestJS",
    "expo": "Expo",
    "spa": "Vite single-page app",
    "node": "Node",
    "dockerfile": "a Dockerfile of its own",
}
