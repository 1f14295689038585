"""Workspaces of every kind that pnpm locks in tests: small, each with packages that the pruned one must lose."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

Files = dict[str, Any]
GLOBS = "packages:\n  - 'apps/*'\n  - 'packages/**'\n"


def project(name: str, **fields: Any) -> Files:
    return {"name": name, "version": "1.0.0", "private": True, **fields}


def adding(name: str) -> str:
    """A patch that adds a file to any package."""
    return (
        f"diff --git a/{name} b/{name}\nnew file mode 100644\nindex 0000000..ce01362\n"
        f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1 @@\n+hello\n"
    )


def archive() -> bytes:
    """A packed package, as `npm pack` writes them."""
    stream = io.BytesIO()
    content = json.dumps({"name": "packed", "version": "2.0.0"}).encode()
    with tarfile.open(fileobj=stream, mode="w:gz") as writer:
        member = tarfile.TarInfo("package/package.json")
        member.size = len(content)
        writer.addfile(member, io.BytesIO(content))
    return stream.getvalue()


BASE: Files = {
    "package.json": project("root", packageManager="pnpm@9.15.0", devDependencies={"is-odd": "3.0.1"}),
    "pnpm-workspace.yaml": GLOBS,
    "apps/other/package.json": project("other", dependencies={"is-even": "1.0.0", "is-number": "3.0.0"}),
}

WORKSPACES: dict[str, Files] = {
    "projects that need each other, some for development only": {
        "apps/web/package.json": project(
            "web", dependencies={"@t/ui": "workspace:*"}, devDependencies={"@t/lint": "workspace:^"}
        ),
        "packages/ui/package.json": project("@t/ui", dependencies={"is-number": "^7.0.0"}),
        "packages/lint/package.json": project("@t/lint", devDependencies={"ms": "2.1.3"}),
    },
    "catalogs, named and not": {
        "pnpm-workspace.yaml": GLOBS
        + "catalog:\n  is-number: ^7.0.0\n  is-even: ^1.0.0\n"
        + "catalogs:\n  old:\n    is-number: ^6.0.0\n    ms: ^2.0.0\n",
        "apps/web/package.json": project(
            "web", dependencies={"is-number": "catalog:", "@t/ui": "workspace:*"}
        ),
        "packages/ui/package.json": project("@t/ui", dependencies={"is-number": "catalog:old"}),
        "apps/other/package.json": project(
            "other", dependencies={"is-even": "catalog:", "ms": "catalog:old"}
        ),
    },
    "overrides of every form": {
        "package.json": project(
            "root",
            dependencies={"ms": "2.1.2"},
            pnpm={
                "overrides": {
                    "ms": "$ms",
                    "is-odd>is-number": "6.0.0",
                    "is-even": "0.1.2",
                    "debug@<4": "4.3.4",
                    "unheard-of": "9.9.9",
                    "web>is-finite": "-",
                }
            },
            resolutions={"is-number@3": "4.0.0"},
        ),
        "apps/web/package.json": project(
            "web", dependencies={"debug": "3.2.7", "ms": "^2.0.0", "is-odd": "3.0.1", "is-finite": "1.0.0"}
        ),
    },
    "manifests in the other languages that pnpm reads": {
        "apps/web/package.yaml": "name: web\nversion: 1.0.0\ndependencies:\n  '@t/ui': workspace:*\n  ms: 2.1.3\n",
        "packages/ui/package.json5": "// of ours\n{name: '@t/ui', version: \"1.0.0\",\n\t"
        "dependencies: {'is-number':'7.0.0',},}\n",
    },
    "overrides of versions that only another project installs": {
        "package.json": project(
            "root",
            pnpm={"overrides": {"ms@2.0.0": "2.1.1", "debug>ms@2.0.0": "2.1.1", "is-number@3 || 4": "4.0.0"}},
        ),
        "apps/web/package.json": project("web", dependencies={"debug": "4.3.4", "ms": "^2.1.2"}),
        "apps/other/package.json": project("other", dependencies={"debug": "3.2.7", "is-number": "3"}),
    },
    "patches, one of which only another project uses": {
        "package.json": project(
            "root",
            pnpm={
                "patchedDependencies": {
                    "is-even@1.0.0": "patches/is-even.patch",
                    "is-number@7.0.0": "patches/is-number.patch",
                }
            },
        ),
        "patches/is-even.patch": adding("even.txt"),
        "patches/is-number.patch": adding("number.txt"),
        "apps/web/package.json": project("web", dependencies={"is-number": "7.0.0"}),
    },
    "peers that give one package several snapshots": {
        "apps/web/package.json": project(
            "web",
            dependencies={"react": "18.2.0", "use-sync-external-store": "1.2.0", "@t/ui": "workspace:*"},
        ),
        "packages/ui/package.json": project("@t/ui", peerDependencies={"react": "^18.0.0"}),
        "apps/other/package.json": project(
            "other", dependencies={"react": "17.0.2", "use-sync-external-store": "1.2.0"}
        ),
    },
    "a peer from the workspace without automatic peers": {
        ".npmrc": "auto-install-peers=false\n",
        "apps/web/package.json": project("web", dependencies={"@t/ui": "workspace:*"}),
        "packages/ui/package.json": project("@t/ui", peerDependencies={"@t/core": "workspace:^"}),
        "packages/core/package.json": project("@t/core", dependencies={"ms": "2.1.3"}),
    },
    "aliases of registry packages": {
        "apps/web/package.json": project(
            "web", dependencies={"number": "npm:is-number@7.0.0", "is-number": "npm:is-number@^6.0.0"}
        ),
    },
    "an injected project that needs another": {
        "apps/web/package.json": project(
            "web",
            dependencies={"@t/ui": "workspace:*"},
            dependenciesMeta={"@t/ui": {"injected": True}},
        ),
        "packages/ui/package.json": project("@t/ui", dependencies={"@t/core": "workspace:*", "ms": "2.1.3"}),
        "packages/core/package.json": project("@t/core", dependencies={"is-number": "7.0.0"}),
    },
    "plain ranges that link": {
        ".npmrc": "link-workspace-packages=true\n",
        "apps/web/package.json": project("web", dependencies={"@t/ui": "^1.0.0", "is-number": "7.0.0"}),
        "packages/ui/package.json": project("@t/ui"),
    },
    "folders, archives and links by path": {
        "apps/web/package.json": project(
            "web",
            dependencies={
                "copied": "file:../../packages/ui",
                "packed": "file:./vendor/packed.tgz",
                "nothing": "link:../../nowhere",
                "outside": "file:../../vendored",
            },
        ),
        "apps/web/vendor/packed.tgz": archive(),
        "vendored/package.json": project("outside", dependencies={"ms": "2.1.3"}),
        "packages/ui/package.json": project("@t/ui", dependencies={"is-number": "7.0.0"}),
    },
    "folder names with spaces, brackets and signs": {
        "apps/my web/package.json": project(
            "web", dependencies={"@t/ui": "workspace:*", "@t/at": "workspace:*"}
        ),
        "packages/(group)/[id]/package.json": project("@t/ui", dependencies={"is-number": "7.0.0"}),
        "packages/@scope/!x {y}/package.json": project(
            "@t/at", dependencies={"ms": "2.1.3", "@t/odd": "workspace:*"}
        ),
        "packages/a@(b)+c|d*?/package.json": project("@t/odd", dependencies={"is-number": "6.0.0"}),
        "packages/ünïcode/package.json": project("@t/unused"),
    },
    "optional packages of other platforms": {
        "apps/web/package.json": project("web", optionalDependencies={"fsevents": "2.3.3", "ms": "2.1.3"}),
        "apps/other/package.json": project("other", dependencies={"ms": "2.1.3"}),
    },
    "package extensions, ignored optional packages and hooks": {
        "package.json": project(
            "root",
            pnpm={
                "packageExtensions": {"is-odd": {"dependencies": {"ms": "2.1.3"}}},
                "ignoredOptionalDependencies": ["fsevents"],
                "onlyBuiltDependencies": ["is-even"],
                "peerDependencyRules": {"ignoreMissing": ["react"]},
            },
        ),
        ".pnpmfile.cjs": "module.exports = { hooks: { readPackage: (found) => found } }\n",
        "apps/web/package.json": project(
            "web", dependencies={"is-odd": "3.0.1"}, optionalDependencies={"fsevents": "2.3.3"}
        ),
    },
    "a project without name or version, and one published from a folder": {
        "apps/web/package.json": {"private": True, "dependencies": {"@t/ui": "workspace:*"}},
        "packages/ui/package.json": project(
            "@t/ui",
            publishConfig={"directory": "dist", "linkDirectory": True},
            dependencies={"ms": "2.1.3"},
        ),
    },
    "nested projects and cycles": {
        "apps/web/package.json": project("web", dependencies={"@t/a": "workspace:*"}),
        "packages/a/package.json": project("@t/a", dependencies={"@t/b": "workspace:*", "ms": "2.1.3"}),
        "packages/a/inner/b/package.json": project("@t/b", devDependencies={"@t/a": "workspace:*"}),
    },
}
