"""Three pnpm workspaces that buildgraph was not built for, in shapes that public ones have; as values, by a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

from bench.foreign_world import EMPTY, PINNED, Edit, Files, World, package


def worlds(seed: int) -> tuple[World, ...]:
    """The three, the same for the same seed."""
    return studio(random.Random(seed)), harbour(random.Random(seed)), bazaar(random.Random(seed))


def studio(dice: random.Random) -> World:
    """Next.js apps over TypeScript sources, nested three deep, the root a member, catalogs and overrides."""
    files: Files = {
        "package.json": package(
            "studio",
            packageManager=PINNED,
            devDependencies={"@studio/eslint": "workspace:*"},
            pnpm={"overrides": {"ms": "2.1.3"}},
        ),
        "pnpm-workspace.yaml": "packages:\n  - '.'\n  - 'apps/*'\n  - 'packages/**'\n  - '!**/fixtures/**'\n"
        "catalog:\n  nanoid: 5.0.8\ncatalogs:\n  old:\n    nanoid: 3.3.7\n",
        "README.md": "# Studio\n",
        "tsconfig.base.json": '{ "compilerOptions": { "strict": true } }\n',
        ".npmrc": "strict-peer-dependencies=false\n",
        ".gitignore": "node_modules\n.next\n.turbo\n",
        "turbo.json": '{ "tasks": { "build": { "dependsOn": ["^build"] } } }\n',
    }
    names: list[str] = []
    for folder, name in _libraries():
        uses = dict.fromkeys(dice.sample(names, min(len(names), dice.randint(0, 2))), "workspace:*")
        uses |= {"nanoid": "catalog:"} if name == "@studio/ids" else {}
        uses |= {"nanoid": "catalog:old"} if name == "@studio/legacy-ids" else {}
        uses |= {"ms": "^2.0.0"} if name == "@studio/time" else {}
        files[f"{folder}/package.json"] = package(name, uses, version="0.0.0", exports="./src/index.ts")
        files[f"{folder}/src/index.ts"] = f"export const name = '{name}';\n"
        up = "../" * (folder.count("/") + 1)
        files[f"{folder}/tsconfig.json"] = f'{{ "extends": "{up}tsconfig.base.json" }}\n'
        if name != "@studio/feature-59":  # it goes in the end
            names.append(name)
    files["packages/feature/n0/fixtures/app/package.json"] = package("@studio/ids")
    for app in ("www", "admin", "docs", "status"):
        files |= _next_app(app, dice.sample(names, 6))
    return World(
        "studio",
        "Next.js over TypeScript sources, projects three levels deep, the root a member, two catalogs, overrides",
        "",
        files,
        _studio_edits(files),
    )


def _libraries() -> Iterator[tuple[str, str]]:
    """Folder and name of each library."""
    for name in ("eslint", "ids", "legacy-ids", "time", "log", "env"):
        yield f"packages/base/{name}", f"@studio/{name}"
    for number in range(60):
        yield f"packages/feature/n{number}", f"@studio/feature-{number}"
        if number % 2 == 0:
            yield f"packages/feature/n{number}/server", f"@studio/feature-{number}-server"
    for number in range(20):
        yield f"packages/ui/@{number}/[id]", f"@studio/ui-{number}"


def _next_app(app: str, uses: list[str]) -> Files:
    folder = f"apps/{app}"
    return {
        f"{folder}/package.json": package(
            f"@studio/{app}",
            {"next": "15.1.3", "react": "19.0.0", "react-dom": "19.0.0"} | dict.fromkeys(uses, "workspace:*"),
            scripts={"dev": "next dev -p 3400", "build": "next build", "start": "next start -p 3400"},
        ),
        f"{folder}/next.config.ts": "export default { output: 'standalone', transpilePackages: [] };\n",
        f"{folder}/app/(site)/[slug]/page.tsx": "export default () => null;\n",
        f"{folder}/public/robots.txt": "User-agent: *\n",
    }


def _studio_edits(files: Files) -> tuple[Edit, ...]:
    workspace = files["pnpm-workspace.yaml"]
    return (
        Edit("A feature changes", {"packages/feature/n58/src/index.ts": "export const name = 'new';\n"}),
        Edit("A page in brackets", {"apps/www/app/(site)/[slug]/page.tsx": "export default () => 1;\n"}),
        Edit("Nested sources", {"packages/feature/n56/server/src/index.ts": "export const x = 1;\n"}),
        Edit("Only a readme of the root", {"README.md": "# Studio, the new\n"}),
        Edit(
            "A newer nanoid in the catalog",
            {"pnpm-workspace.yaml": workspace.replace("5.0.8", "5.0.9")},
            ("packages/base/ids",),
        ),
        Edit("A file by a strange name", {"packages/ui/@19/[id]/src/größe ä.ts": "export {};\n"}),
        Edit("A fixture that is no project", {"packages/feature/n0/fixtures/app/package.json": package("x")}),
        Edit(
            "A file moves",
            {
                "packages/feature/n50/src/index.ts": None,
                "packages/feature/n52/src/moved.ts": files["packages/feature/n50/src/index.ts"],
            },
        ),
        Edit("A package is new", {"packages/feature/fresh/package.json": package("@studio/fresh")}),
        Edit("A package goes", {f"packages/feature/n59/{name}": None for name in _of_a_library()}),
    )


def _of_a_library() -> tuple[str, ...]:
    return "package.json", "src/index.ts", "tsconfig.json"


def harbour(dice: random.Random) -> World:
    """A pnpm workspace in web/, beside Go and Rust services with Dockerfiles that copy from the git root."""
    files: Files = {
        "README.md": "# Harbour\n",
        "go.mod": "module example.org/harbour\n\ngo 1.22\n",
        ".dockerignore": "**/node_modules\n**/*.md\n!services/crane/KEEP.md\n.git\n",
        ".gitignore": "node_modules\ntarget\n",
        "web/package.json": package("harbour-web", packageManager=PINNED),
        "web/pnpm-workspace.yaml": "packages:\n  - 'apps/*'\n  - 'libs/*'\n  - 'gateway'\n",
        "web/gateway/package.json": package("gateway", scripts={"build": "go build ."}),
        "web/gateway/main.go": "package main\n\nfunc main() {}\n",
        "web/gateway/Dockerfile": EMPTY + 'COPY --chmod=755 ["gateway/", "/gateway/"]\n'
        'COPY libs/lib-0 /lib-0\nEXPOSE 8080\nCMD ["/gateway/main"]\n',
        "web/.dockerignore": "**/node_modules\n**/*.md\n",
        "pkg/log/log.go": "package log\n",
    }
    for service in ("crane", "pilot"):
        files[f"services/{service}/main.go"] = "package main\n\nfunc main() {}\n"
        files[f"services/{service}/KEEP.md"] = "kept\n"
        files[f"services/{service}/Dockerfile"] = (
            EMPTY + f'COPY ["go.mod", "/src/"]\nCOPY --chmod=755 services/{service} /src/{service}\n'
            f'COPY pkg/ /src/pkg/\nEXPOSE 8080\nCMD ["/src/{service}/main"]\n'
        )
    files["services/tide/Cargo.toml"] = '[package]\nname = "tide"\nversion = "0.1.0"\n'
    files["services/tide/src/main.rs"] = "fn main() {}\n"
    files["services/tide/Dockerfile"] = EMPTY + 'COPY services/tide/ /tide/\nCMD ["/tide/tide"]\n'
    names: list[str] = []
    for number in range(40):
        uses = dict.fromkeys(dice.sample(names, min(len(names), dice.randint(0, 3))), "workspace:^")
        names.append(name := f"lib-{number}")
        files[f"web/libs/{name}/package.json"] = package(name, uses, version="1.0.0")
        files[f"web/libs/{name}/index.js"] = f"export const n = {number};\n"
    for app in ("deck", "bridge", "hold"):
        uses = dict.fromkeys(dice.sample(names, 8), "workspace:^")
        files[f"web/apps/{app}/package.json"] = package(
            app, uses, scripts={"build": "vite build"}, devDependencies={"vite": "5.4.11"}
        )
        files[f"web/apps/{app}/index.html"] = f"<!doctype html><title>{app}</title>\n"
    files["web/apps/hold/Dockerfile"] = EMPTY + "COPY web/apps/hold /hold\nCOPY web/libs/lib-0 /lib-0\n"
    return World(
        "harbour",
        "the pnpm workspace in `web/`, beside Go and Rust with Dockerfiles that copy from git's root, `.dockerignore`",
        "web",
        files,
        _harbour_edits(),
        "gateway",
    )


def _harbour_edits() -> tuple[Edit, ...]:
    return (
        Edit(
            "Go outside the workspace", {"services/crane/main.go": "package main\n\nfunc main() { run() }\n"}
        ),
        Edit("Rust outside the workspace", {"services/tide/src/main.rs": "fn main() { run() }\n"}),
        Edit("What Go services share", {"pkg/log/log.go": "package log\n\nfunc Say() {}\n"}),
        Edit("A library", {"web/libs/lib-3/index.js": "export const n = 33;\n"}),
        Edit("An app alone", {"web/apps/deck/index.html": "<!doctype html><title>Deck</title>\n"}),
        Edit("A Go member", {"web/gateway/main.go": "package main\n\nfunc main() { serve() }\n"}),
        Edit("A readme outside", {"README.md": "# The harbour\n"}),
        Edit("Two libraries", {f"web/libs/lib-{n}/index.js": "export const n = 0;\n" for n in (20, 39)}),
        Edit("A new file", {"web/libs/lib-38/extra.js": "export {};\n"}),
        Edit("A kept readme", {"services/crane/KEEP.md": "kept, still\n"}),
    )


def bazaar(dice: random.Random) -> World:
    """Servers, a page, an Expo app and workers; spaces in names, link: and file:, foreign lockfiles."""
    files: Files = {
        "package.json": package("bazaar", packageManager=PINNED, devDependencies={"nanoid": "5.0.8"}),
        "pnpm-workspace.yaml": "packages:\n  - 'servers/*'\n  - 'clients/*'\n  - 'workers/*'\n  - 'common/*'\n",
        ".gitignore": "node_modules\ndist\n",
        "tools/legacy/package.json": package("legacy", {"left-pad": "1.3.0"}),
        "tools/legacy/package-lock.json": '{ "name": "legacy", "lockfileVersion": 3, "packages": {} }\n',
        "clients/page/example/yarn.lock": "# yarn lockfile v1\n",
        "clients/page/example/package.json": package("example"),
        "common/no name/package.json": package(None),
        "common/no name/index.js": "export {};\n",
    }
    names: list[str] = []
    for number in range(30):
        folder = f"common/part {number}" if number % 3 == 0 else f"common/part-{number}"
        uses = {used: _spec(used) for used in dice.sample(names, min(len(names), dice.randint(0, 2)))}
        names.append(name := f"part-{number}")
        files[f"{folder}/package.json"] = package(name, uses)  # no version
        files[f"{folder}/index.js"] = f"export const n = {number};\n"
    for server, library, version in (
        ("express", "express", "4.21.2"),
        ("fastify", "fastify", "5.2.0"),
        ("hono", "hono", "4.6.14"),
    ):
        folder = f"servers/{server}"
        uses = dict.fromkeys(dice.sample(names, 6), "workspace:*") | {library: version}
        files[f"{folder}/package.json"] = package(
            f"@bazaar/{server}", uses, type="module", main="index.js", scripts={"start": "node index.js"}
        )
        files[f"{folder}/index.js"] = (
            f"import make from '{library}';\nconst app = make();\n"
            "app.get('/healthz', () => 'ok');\napp.listen(process.env.PORT ?? 4100);\n"
        )
    files |= _clients(dice.sample(names, 6))
    for number in range(12):
        uses = dict.fromkeys(dice.sample(names, 3), "workspace:*")
        files[f"workers/job-{number}/package.json"] = package(
            f"job-{number}", uses, scripts={"start": "node ."}, main="index.js"
        )
        files[f"workers/job-{number}/index.js"] = "setInterval(() => {}, 1000);\n"
    return World(
        "bazaar",
        "Express, Fastify, Hono, a Vite page, Expo, workers; spaces in folders, no versions, `link:`, `file:`, "
        "foreign lockfiles",
        "",
        files,
        _bazaar_edits(),
    )


def _spec(used: str) -> str:
    """How a shared part is named by another: most by workspace:, some by path."""
    number = int(used.removeprefix("part-"))
    if number % 5 == 1:
        return f"link:../{used}" if number % 3 else f"link:../part {number}"
    return "workspace:*"


def _clients(names: list[str]) -> Files:
    page = package(
        "page",
        dict.fromkeys(names[:3], "workspace:*"),
        scripts={"build": "vite build"},
        devDependencies={"vite": "5.4.11"},
    )
    by_path = {"the-part": "file:../../common/part-1"}
    return {
        "clients/page/package.json": page,
        "clients/page/index.html": "<!doctype html><title>Bazaar</title>\n",
        "clients/by path/package.json": package("by-path", by_path),
        "clients/by path/index.js": "import 'the-part';\n",
        "clients/phone/package.json": package(
            "phone", dict.fromkeys(names[3:], "workspace:*") | {"expo": "52.0.23"}, main="expo/AppEntry"
        ),
        "clients/phone/app.json": '{ "expo": { "name": "phone", "slug": "phone" } }\n',
        "clients/phone/index.js": "export {};\n",
    }


def _bazaar_edits() -> tuple[Edit, ...]:
    return (
        Edit("A part by a name with a space", {"common/part 27/index.js": "export const n = 270;\n"}),
        Edit("A part that is used by path", {"common/part-1/index.js": "export const n = 10;\n"}),
        Edit(
            "A server",
            {"servers/hono/index.js": "import make from 'hono';\nconst app = make();\napp.listen(4100);\n"},
        ),
        Edit("A foreign lockfile", {"tools/legacy/package-lock.json": '{ "name": "legacy" }\n'}),
        Edit("A lockfile inside a project", {"clients/page/example/yarn.lock": "# yarn lockfile v1\n\n"}),
        Edit("A worker", {"workers/job-4/index.js": "setInterval(() => {}, 500);\n"}),
        Edit("A package without a name", {"common/no name/index.js": "export default 1;\n"}),
        Edit("A worker goes", {"workers/job-11/package.json": None, "workers/job-11/index.js": None}),
        Edit("The phone", {"clients/phone/app.json": '{ "expo": { "name": "phone 2", "slug": "phone" } }\n'}),
        Edit("A worker's readme", {"workers/job-5/README.md": "# Job\n"}),
    )
