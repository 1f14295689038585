"""Dockerfiles that were there before: whose they are, where they are built from, what their lines say."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest

from buildgraph.adopt.adopting import Taken, adopt
from buildgraph.adopt.dockerfiles import Build, found_builds
from tests.adopt.village import Files, adopted, facts, services

API = {"name": "@acme/api", "dependencies": {"express": "4"}, "scripts": {"start": "node dist/index.js"}}
LOCK = "COPY package.json pnpm-lock.yaml ./\n"
ROOT_FILES = {"package.json": "{}", "pnpm-lock.yaml": "", "packages/core/package.json": "{}"}


def build_of(files: Files) -> Build:
    """The one build there is."""
    ((build,),) = found_builds(facts(files)).values()
    return build


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("apps/api/Dockerfile", "COPY . .\n"),
        ("docker/Dockerfile.api", ""),
        ("docker/api.Dockerfile", ""),
        ("deploy/api/Dockerfile", ""),
        ("Dockerfile", "RUN pnpm --filter @acme/api... build\n"),
        ("Dockerfile", "RUN turbo run build --filter=api\n"),
        ("docker/Dockerfile", "COPY . .\nRUN npx -q turbo@2.5.4 prune --scope=api --docker\n"),
        ("docker/Dockerfile", "COPY . .\nRUN turbo prune @acme/api --docker\n"),
        ("Dockerfile", "COPY packages/core packages/core\nCOPY apps/api apps/api\n"),
    ],
)
def test_a_dockerfile_belongs_to_the_project_that_it_stands_in_or_names(path: str, lines: str) -> None:
    build = build_of(
        {**ROOT_FILES, "apps/api/package.json": API, "apps/web/package.json": {}, path: f"FROM a\n{lines}"}
    )

    assert build.folder == "apps/api"


@pytest.mark.parametrize(
    ("context", "lines"),
    [
        (".", f"{LOCK}COPY apps/api apps/api\n"),
        ("apps/api", "COPY src ./src\n"),
        ("apps/api", "COPY package.json ./\nCOPY src ./src\nRUN pnpm install\n"),
        (".", "COPY . .\nRUN pnpm install\n"),
        ("apps/api", "COPY . .\nRUN npm ci\n"),
        (".", "COPY packages/*/package.json ./\n"),
    ],
)
def test_the_context_is_the_folder_in_which_the_copied_files_are(context: str, lines: str) -> None:
    files: Files = {
        "apps/api/package.json": API,
        "apps/api/src/index.ts": "",
        "apps/api/Dockerfile": f"FROM a\n{lines}",
    }

    assert build_of({**ROOT_FILES, **files}).context == context


def test_a_compose_file_tells_context_and_stage() -> None:
    build = "{ context: ., dockerfile: apps/api/Dockerfile, target: run }"
    compose = f"services:\n  api:\n    build: {build}\n  db: {{ image: x }}\n"
    files: Files = {"apps/api/package.json": API, "apps/api/Dockerfile": "FROM a AS run\nCOPY . .\nFROM b\n"}

    found = build_of({**files, "docker-compose.yml": compose})
    assert (found.context, found.target) == (".", "run")
    assert (
        build_of({**files, "docker-compose.yml": "services:\n  api:\n    build: ./apps/api\n"}).context
        == "apps/api"
    )


def test_a_compose_file_that_cannot_be_read_is_told_where_a_dockerfile_is_there() -> None:
    dockerfile = {"apps/api/Dockerfile": "FROM a\n"}
    files: Files = {"apps/api/package.json": API, "docker-compose.yml": "services: [\n"}

    assert build_of({**files, **dockerfile}).context == "apps/api"
    assert [each.what for each in adopted({**files, **dockerfile}).left_open if "compose" in each.where] == [
        "is no readable YAML: did not find expected node content, while parsing a flow node"
    ]
    assert not [each for each in adopted(files).left_open if "compose" in each.where]


@pytest.mark.parametrize(
    ("check", "health"),
    [
        ('{ test: ["CMD", "node", "-e", "fetch(\'http://localhost:3000/\').then((r) => r.ok)"] }', "/"),
        ('{ test: "curl -f http://127.0.0.1:${PORT}/healthz || exit 1" }', "/healthz"),
        ('{ test: ["CMD", "wget", "-q", "http://localhost"] }', "/"),
        ('{ test: ["CMD", "pg_isready"] }', ""),
        ("{ disable: true }", ""),
        ("[]", ""),
    ],
)
def test_a_compose_file_tells_what_is_asked_for_the_health(check: str, health: str) -> None:
    compose = f"services:\n  api:\n    build: apps/api\n    healthcheck: {check}\n"
    files: Files = {"apps/api/package.json": API, "apps/api/Dockerfile": "FROM a\n"}

    assert build_of({**files, "compose.yml": compose}).health == health


def test_the_dockerfile_s_own_health_check_is_believed_before_a_compose_file_s() -> None:
    compose = "services: { api: { build: apps/api, healthcheck: { test: curl http://a/compose } } }\n"
    files: Files = {"apps/api/Dockerfile": "FROM a\nHEALTHCHECK CMD curl http://a/own\n"}

    assert build_of({"apps/api/package.json": API, **files, "compose.yml": compose}).health == "/own"


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        ("docker-compose.yml", "docker-compose.dev.yml"),
        ("docker-compose.yml", "compose.override.yml"),
        ("docker-compose.yml", "docker-compose.a.yml"),
        ("docker-compose.prod.yml", "docker-compose.ci.yml"),
        ("deploy/compose.yaml", "dev/compose.yaml"),
        ("services/compose.yaml", "examples/compose.yaml"),
        ("docker-compose.yml", "deploy/docker-compose.yml"),
    ],
)
def test_of_several_compose_files_the_one_that_ships_is_believed(plain: str, other: str) -> None:
    def compose(path: str, target: str) -> str:
        up = "../" * path.count("/") or "./"
        return f"services: {{ api: {{ build: {{ context: {up}apps/api, target: {target} }} }} }}\n"

    files: Files = {"apps/api/package.json": API, "apps/api/Dockerfile": "FROM a AS dev\nFROM b AS run\n"}

    found = build_of({**files, other: compose(other, "dev"), plain: compose(plain, "run")})
    assert found.target == "run"


def test_the_port_is_the_first_that_the_shipped_stage_exposes() -> None:
    def port(dockerfile: str) -> int:
        return build_of({"apps/api/package.json": API, "apps/api/Dockerfile": dockerfile}).port

    assert port("FROM a AS dev\nEXPOSE 9229\nFROM a\nEXPOSE 3000 9229\nEXPOSE 9464\n") == 3000
    assert port("FROM a\nEXPOSE 3000\nFROM a AS tail\nEXPOSE 4000\n") == 4000
    assert port("FROM a AS base\nEXPOSE 3000\nFROM base\nCMD x\n") == 3000
    assert port("FROM a\nENV PORT=3100\nEXPOSE $PORT/tcp\n") == 3100
    assert port("FROM a\nENV PORT=${PORT:-3100}\nEXPOSE ${PORT:-80}\n") == 3100
    assert port("FROM a AS build\nEXPOSE 9229\nFROM b\nCOPY --from=build /x /x\nENV PORT=3200\n") == 3200
    assert port("FROM a\nEXPOSE 53/udp\n") == 0
    assert port("FROM a\nEXPOSE 99999 80\n") == 80


def test_port_and_health_are_those_of_the_dockerfile() -> None:
    asked = "HEALTHCHECK --interval=5s \\\n  CMD curl -f http://localhost:8000/ready || exit 1\n"
    dockerfile = f"FROM a\nCOPY . .\nEXPOSE 8000/tcp\n{asked}"

    found = services({"apps/api/package.json": API, "apps/api/Dockerfile": dockerfile})["api"]
    assert (found.port, found.listens, found.health, found.deployed) == (8000, 0, "/ready", True)


def test_what_a_dockerfile_does_not_say_its_project_may() -> None:
    sources = {"apps/api/src/index.ts": "app.get('/healthz'); app.listen(process.env.PORT ?? 4000)"}

    found = services({"apps/api/package.json": API, "apps/api/Dockerfile": "FROM a\nCOPY . .\n", **sources})[
        "api"
    ]
    assert (found.kind, found.port, found.health) == ("dockerfile", 4000, "/healthz")


def test_a_service_of_no_project_is_found_by_its_dockerfile_and_not_deployed_unless_it_says_how() -> None:
    found = adopted(
        {
            "services/proxy/Dockerfile": "FROM golang\nCOPY go.mod ./\nEXPOSE 9000\n",
            "services/proxy/go.mod": "",
        }
    )

    (proxy,) = found.services
    assert (proxy.name, proxy.path, proxy.context, proxy.deployed) == (
        "proxy",
        "services/proxy",
        "services/proxy",
        False,
    )
    assert [astuple(each) for each in found.left_open] == [
        (
            "services/proxy/Dockerfile",
            "nothing tells its health",
            "write `health` (or `health_command`), and take away `deployed`",
        )
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("FROM a\nCOPY dist ./dist\n", "it copies dist, which git does not know"),
        (
            "FROM a\nCOPY ../kit /kit\nRUN pnpm install\n",
            "it copies ../kit, and nothing above the workspace's root can be in a build",
        ),
        ("FROM a\nADD https://example.org/x /x\n", "it adds https://example.org/x, which may change"),
        ("FROM $BASE\n", "BASE in FROM has no value"),
    ],
)
def test_a_dockerfile_that_cannot_be_built_from_git_leaves_its_project_to_a_template(
    lines: str, problem: str
) -> None:
    found = adopted(
        {
            "apps/api/package.json": API,
            "apps/api/Dockerfile": lines,
            "apps/api/src/a.ts": "listen(1); '/health'",
        }
    )

    assert [service.kind for service in found.services] == ["node"]
    assert [each.what for each in found.left_open if "Dockerfile" in each.where] == [problem]


def test_a_copied_file_that_is_gone_is_told() -> None:
    dockerfile = "FROM a\nCOPY packages/core packages/core\nCOPY packages/gone packages/gone\n"
    found = adopted({**ROOT_FILES, "apps/api/package.json": API, "apps/api/Dockerfile": dockerfile})

    assert [service.context for service in found.services] == ["."]
    assert "it copies packages/gone, which git does not know" in [each.what for each in found.left_open]


def test_a_dockerfile_that_copies_from_above_the_workspace_is_told_how_to_be_built_in_it() -> None:
    dockerfile = "FROM a\nCOPY go.mod .\nCOPY web/apps/api /api\n"
    below = facts({"apps/api/package.json": API, "apps/api/Dockerfile": dockerfile})
    found = adopt(replace(below, inside="web"), Taken())

    assert [(each.what, each.way_out) for each in found.left_open if "Dockerfile" in each.where] == [
        (
            "it copies web/apps/api, seen from git's root, and a build sees the workspace in web alone",
            "leave web/ out of its COPY lines, and what lies above it",
        )
    ]


def test_of_several_dockerfiles_the_plain_one_ships_and_those_for_development_are_passed_over() -> None:
    names = ("Dockerfile", "Dockerfile.dev", "Dockerfile.lambda", "Dockerfile.dockerignore")
    found = adopted({"apps/api/package.json": API, **{f"apps/api/{name}": "FROM a\n" for name in names}})

    assert [service.dockerfile for service in found.services] == ["apps/api/Dockerfile"]
    assert [each.where for each in found.left_open if "too" in each.what] == ["apps/api/Dockerfile.lambda"]


def test_an_image_that_copies_everything_is_told_that_everything_rebuilds_it() -> None:
    found = adopted(
        {**ROOT_FILES, "apps/api/package.json": API, "apps/api/Dockerfile": "FROM a\nCOPY . .\nRUN pnpm i\n"}
    )

    assert any("every change rebuilds it" in each.what for each in found.left_open)
