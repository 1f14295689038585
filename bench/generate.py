"""Generates a pnpm workspace of a given size as a committed git repository: python -m bench.generate --help."""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.layout import SIZES, Layout, Project, plan_layout
from bench.lockfile import Direct, Installed, install, render_lockfile

# The same commit every time: who and when are fixed.
IDENTITY: Final = {
    "GIT_AUTHOR_NAME": "Bench",
    "GIT_AUTHOR_EMAIL": "bench@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "Bench",
    "GIT_COMMITTER_EMAIL": "bench@example.com",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}
PACKAGE_MANAGER: Final = "pnpm@9.15.0"
GITIGNORE: Final = (
    "node_modules\ndist/\nbuild/\n.env\n.buildgraph/\n.turbo/\n.nx/\n.moon/cache/\n*.tsbuildinfo\n"
)
WORKSPACE_YAML: Final = "packages:\n  - 'packages/*'\n  - 'apps/*'\n\ncatalog:\n  typescript: ^5.9.0\n"
TSCONFIG: Final = {
    "compilerOptions": {"target": "ES2022", "module": "ESNext", "strict": True, "noEmit": True}
}
SCRIPTS: Final = {"build": "true", "lint": "true", "test": "true", "type-check": "true"}
# What the workspace's images are called by.
NAME: Final = "buildgraph-bench"
MANIFEST: Final = f"""# What holds for every service.
name = "{NAME}"

# Files that no image sees: editing them rebuilds nothing.
ignored = [
  "*.md",
  "!**/src/**/*.md",
  "README*",
  "LICENSE*",
  "*.test.ts",
  "*.spec.ts",
  "__tests__/",
  "test/",
  "tests/",
  "vitest.config.*",
  ".prettierrc*",
  "eslint.config.*",
  ".env*",
]

# Files of the workspace that every image sees.
inputs = ["tsconfig.base.json"]
"""
ENVIRONMENT: Final = "# A laptop: its own Docker engine, images by id.\n"
BASES: Final = '[digests]\n"node:20-alpine" = "sha256:{}"\n'.format("5" * 64)
TEMPLATE: Final = "docker/templates/Dockerfile.app"
DOCKERFILE: Final = """# The image of any service of this workspace.
FROM node:20-alpine AS build
ARG PNPM_VERSION
ARG SERVICE_PATH
RUN npm install --global "pnpm@${PNPM_VERSION}"
WORKDIR /app
COPY manifests/ ./
RUN pnpm install --frozen-lockfile
COPY dependencies/ ./
COPY app/ ./
RUN pnpm --filter "{./${SERVICE_PATH}}..." --if-present run build

FROM node:20-alpine
ARG SERVICE_PATH
ARG PORT=3000
COPY --from=build /app /app
WORKDIR /app/${SERVICE_PATH}
ENV NODE_ENV=production PORT=${PORT}
USER 1001:1001
EXPOSE ${PORT}
CMD ["node", "dist/index.js"]
"""
TURBO: Final = {
    "$schema": "https://turbo.build/schema.json",
    "tasks": {"build": {"dependsOn": ["^build"], "outputs": []}, "lint": {}, "test": {}},
}
NX: Final = {
    "defaultBase": "main",
    "neverConnectToCloud": True,
    "namedInputs": {"default": ["{projectRoot}/**/*"]},
    "targetDefaults": {
        "build": {"dependsOn": ["^build"], "inputs": ["default", "^default"], "cache": True},
        "lint": {"cache": True},
        "test": {"cache": True},
    },
}
MOON: Final = "projects:\n  - 'packages/*'\n  - 'apps/*'\n\nvcs:\n  client: 'git'\n  defaultBranch: 'main'\n"
# Of the files of a project beside package.json, tsconfig.json, README.md and src/index.ts, every so many is a test.
TESTS_EVERY: Final = 5


def main() -> int:
    """Generate what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.generate", description=__doc__)
    parser.add_argument("--size", choices=tuple(SIZES), default="S", help="50, 400 or 2,000 projects (S)")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where; it must not be there yet")
    options = parser.parse_args()
    if options.folder.exists():
        parser.error(f"{options.folder} is there already: name another folder, or remove it")
    generate(options.size, options.folder)
    return 0


def generate(size: str, folder: Path) -> Layout:
    """Write and commit a workspace of this size; returns what is in it."""
    layout = plan_layout(SIZES[size])
    write_files(render_workspace(install(layout)), folder)
    commit(folder)
    return layout


def write_files(files: Iterator[tuple[str, str]], folder: Path) -> None:
    """Write files, with their folders."""
    made: set[str] = set()
    for path, text in files:
        name = f"{folder}/{path}"
        parent = os.path.dirname(name)  # noqa: PTH120  # pathlib costs more than writing the file
        if parent not in made:
            Path(parent).mkdir(parents=True, exist_ok=True)
            made.add(parent)
        Path(name).write_text(text)


def commit(folder: Path) -> None:
    """Commit all on main, packed as in a clone, with an index that no file is as young as."""
    _git(folder, "init", "-q", "-b", "main")
    _git(folder, "config", "gc.auto", "0")  # nothing in the background while something is measured
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "Everything")
    _git(folder, "gc", "-q")
    time.sleep(1.1)  # git looks into files that are as young as its index again and again
    _git(folder, "update-index", "-q", "--refresh", "--force-write-index")


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(("git", *arguments), cwd=folder, check=True, env={**os.environ, **IDENTITY})


def render_workspace(installed: Installed) -> Iterator[tuple[str, str]]:
    """All files of the workspace: path and text."""
    yield from _root_files(installed)
    yield from _manifests(installed.layout)
    chance = random.Random(f"files {installed.layout.size.name}")
    for project in installed.layout.projects:
        yield from _project(project, installed, chance)


def _root_files(installed: Installed) -> Iterator[tuple[str, str]]:
    yield ".gitignore", GITIGNORE
    yield "README.md", "# A generated workspace\n"
    yield "pnpm-workspace.yaml", WORKSPACE_YAML
    yield "pnpm-lock.yaml", render_lockfile(installed)
    yield "package.json", _json(_root_package(installed))
    yield "tsconfig.base.json", _json(TSCONFIG)
    yield "turbo.json", _json(TURBO)
    yield "nx.json", _json(NX)
    yield ".moon/workspace.yml", MOON


def _root_package(installed: Installed) -> Mapping[str, object]:
    return {
        "name": "acme-monorepo",
        "version": "1.0.0",
        "private": True,
        "packageManager": PACKAGE_MANAGER,
        "scripts": {"build": "turbo run build"},
        "devDependencies": _asked(installed.direct["."], is_dev=True),
    }


def _manifests(layout: Layout) -> Iterator[tuple[str, str]]:
    yield "manifests/workspace.toml", MANIFEST
    yield "manifests/bases.toml", BASES
    yield "manifests/environments/development.toml", ENVIRONMENT
    yield TEMPLATE, DOCKERFILE
    for product, services in layout.products().items():
        yield f"manifests/products/{product}.toml", "\n".join(_service(service) for service in services)


def _service(project: Project) -> str:
    name = project.name.partition("/")[2]
    return f"""[services.{name}]
path = "{project.folder}"
dockerfile = "{TEMPLATE}"
port = {3000 + int(name.rpartition("-")[2])}
health = "/health"
"""


def _project(project: Project, installed: Installed, chance: random.Random) -> Iterator[tuple[str, str]]:
    folder = project.folder
    yield f"{folder}/package.json", _json(_package(project, installed.direct[folder]))
    yield f"{folder}/tsconfig.json", _json({"extends": "../../tsconfig.base.json", "include": ["src"]})
    yield f"{folder}/README.md", f"# {project.name}\n\nA generated project.\n"
    yield f"{folder}/src/index.ts", "".join(f"import '{name}'\n" for name in project.uses) + "export {}\n"
    for number in range(installed.layout.size.files_each - 4):
        kind = "test.ts" if number % TESTS_EVERY == 0 else "ts"
        yield f"{folder}/src/part-{number // 10}/module-{number:02d}.{kind}", _source(number, chance)


def _package(project: Project, direct: tuple[Direct, ...]) -> Mapping[str, object]:
    return {
        "name": project.name,
        "version": "1.0.0",
        "private": True,
        "type": "module",
        "exports": {".": "./src/index.ts"},
        "files": ["dist"],
        "scripts": SCRIPTS,
        "dependencies": _asked(direct, is_dev=False),
        "devDependencies": _asked(direct, is_dev=True),
    }


def _asked(direct: tuple[Direct, ...], is_dev: bool) -> Mapping[str, str]:
    return {each.name: each.specifier for each in sorted(direct, key=_by_name) if each.is_dev is is_dev}


def _by_name(direct: Direct) -> str:
    return direct.name


def _source(number: int, chance: random.Random) -> str:
    lines = [
        f"export const value{number}_{line} = (input: number): number => input * {chance.randrange(10**6)}"
        for line in range(chance.randint(3, 20))
    ]
    return "\n".join([*lines, ""])


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
