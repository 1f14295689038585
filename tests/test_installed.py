"""What looks for tools of development in an image sees each of them, and takes nothing else for one."""

from __future__ import annotations

import pytest

from buildgraph.order import closure
from buildgraph.workspace import LOCKFILE, Lockfile, parse_lockfile
from buildgraph.workspace.references import without_suffix
from tests.support.installed import Installed, in_production, surplus
from tests.support.system import ROOT, WORKSPACE

LOCK = b"""
lockfileVersion: '9.0'
importers:
  .:
    devDependencies:
      typescript: { specifier: ^5.9.0, version: 5.9.2 }
  apps/api:
    dependencies:
      '@acme/core': { specifier: 'workspace:*', version: link:../../packages/core }
      '@nestjs/core': { specifier: ^11.0.0, version: 11.1.0(rxjs@7.8.0) }
    devDependencies:
      '@acme/build': { specifier: 'workspace:*', version: link:../../packages/build }
  packages/build:
    dependencies:
      esbuild: { specifier: ^0.25.0, version: 0.25.0 }
  packages/core:
    dependencies:
      old: { specifier: 'npm:ms@2.0.0', version: ms@2.0.0 }
    devDependencies:
      '@types/node': { specifier: ^20.0.0, version: 20.19.0 }
packages:
  '@nestjs/core@11.1.0': {}
  '@types/node@20.19.0': {}
  esbuild@0.25.0: {}
  ms@2.0.0: {}
  rxjs@7.8.0: {}
  typescript@5.9.2: {}
snapshots:
  '@nestjs/core@11.1.0(rxjs@7.8.0)': { dependencies: { rxjs: 7.8.0 } }
  '@types/node@20.19.0': {}
  esbuild@0.25.0: {}
  ms@2.0.0: {}
  rxjs@7.8.0: {}
  typescript@5.9.2: {}
"""
RUNS = (
    "app/apps/api/dist/main.js",
    "app/apps/api/node_modules/@acme/core",
    "app/apps/api/node_modules/@nestjs/core",
    "app/node_modules/.pnpm/@nestjs+core@11.1.0_rxjs@7.8.0/node_modules/@nestjs/core/index.js",
    "app/node_modules/.pnpm/@nestjs+core@11.1.0_rxjs@7.8.0/node_modules/rxjs",
    "app/node_modules/.pnpm/ms@2.0.0/node_modules/ms/index.js",
    "app/node_modules/.pnpm/node_modules/@acme/build",
    "app/node_modules/.pnpm/node_modules/rxjs",
    "app/node_modules/.pnpm/rxjs@7.8.0/node_modules/rxjs/node_modules/bundled/index.js",
    "app/packages/core/node_modules/.bin/old",
    "app/packages/core/node_modules/old",
)
MAKES = {
    "a tool of the root": ("node_modules/.pnpm/typescript@5.9.2/node_modules/typescript/a", ".pnpm/typescript@5.9.2"),
    "one of a linked project": ("node_modules/.pnpm/@types+node@20.19.0/node_modules/a", ".pnpm/@types+node@20.19.0"),
    "one that a tool needs": ("node_modules/.pnpm/esbuild@0.25.0/node_modules/esbuild/a", ".pnpm/esbuild@0.25.0"),
    "another version": ("node_modules/.pnpm/ms@2.0.01/node_modules/ms/index.js", ".pnpm/ms@2.0.01"),
    "a project that builds": ("apps/api/node_modules/@acme/build", "@acme/build"),
    "a link to a tool": ("packages/core/node_modules/@types/node", "@types/node"),
    "what lies where links are": ("node_modules/.pnpm/node_modules/esbuild/index.js", ".pnpm/node_modules"),
    "what lies in no store": ("node_modules/typescript/lib/tsc.js", "typescript"),
    "what pnpm writes down": ("node_modules/.pnpm/lock.yaml", ".pnpm/lock.yaml"),
}  # fmt: skip


@pytest.mark.parametrize(("path", "told"), MAKES.values(), ids=MAKES)
def test_what_only_makes_a_service_is_seen_among_what_runs_it(path: str, told: str) -> None:
    api = in_production(parse_lockfile(LOCK), "apps/api")

    assert api.projects == {"apps/api", "packages/core"}
    assert surplus(RUNS, api) == set()
    assert surplus((*RUNS, f"app/{path}"), api) == {told}


def test_an_image_that_runs_no_node_has_nothing_installed() -> None:
    assert surplus(("srv/index.html", "srv/node_modules/a/b.js"), Installed()) == {"a"}


def test_each_tool_of_the_example_would_be_seen() -> None:
    """What an install brings to a backend that is asked for more than production."""
    lockfile = parse_lockfile((ROOT / WORKSPACE / LOCKFILE).read_bytes())
    backend = in_production(lockfile, "apps/chat/apps/backend")
    every = folders(lockfile, ".", "apps/chat/apps/backend", "packages/shared-build", "packages/shared-nest")
    seen = {
        told.removeprefix(".pnpm/")
        for told in surplus((f"node_modules/.pnpm/{each}/a" for each in every), backend)
    }

    assert seen == every - backend.packages
    tools = {"typescript", "esbuild", "tsx", "oxlint", "@types+express"}
    assert tools <= {each.rpartition("@")[0] for each in seen}
    assert len(backend.packages) > 100


def folders(lockfile: Lockfile, *projects: str) -> set[str]:
    """The packages of all that projects install, tools and all, as pnpm calls their folders."""
    lines = (line for project in projects for line in lockfile.importers[project].dependencies)
    keys = (lockfile.key_of(line.alias, line.version) for line in lines)
    return {without_suffix(key).replace("/", "+") for key in closure(lockfile.edges, filter(None, keys))}
