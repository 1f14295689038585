"""Good manifests: what is written, what is inferred from it, and what the committed ones say."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from buildgraph.manifests import Manifests, parse_manifests
from buildgraph.manifests.canary import Canary
from buildgraph.manifests.fields import ENVIRONMENT_FIELDS, SERVICE_FIELDS
from buildgraph.manifests.model import (
    Backing,
    Environment,
    EnvValue,
    Migration,
    Product,
    Resources,
    Service,
    SmokeTest,
    WorkspaceManifest,
)
from buildgraph.manifests.placeholders import Placeholder, fill_placeholders, parse_placeholders

PROJECT = Path(__file__).parents[2]
DIGEST = "sha256:" + "a" * 64


def parse(**files: str) -> Manifests:
    """Manifests of a workspace whose other files are given by their last names."""
    folders = {"workspace": "", "bases": "", "development": "environments/", "production": "environments/"}
    named = {f"manifests/{folders.get(name, 'products/')}{name}.toml": text for name, text in files.items()}
    return parse_manifests(
        {path: text.encode() for path, text in {"manifests/workspace.toml": 'name = "x"', **named}.items()}
    )


def test_a_workspace_needs_only_a_name() -> None:
    assert parse() == Manifests(WorkspaceManifest("x"))


def test_everything_that_can_be_written_is_read() -> None:
    found = parse(
        workspace="""
            name = "manacore"
            root = "./examples/manacore/"
            fingerprint_version = 2
            platforms = ["linux/amd64", "linux/arm64/v8"]
            ignored = ["*.md", "!keep.md"]
            inputs = ["tsconfig.*.json"]
            root_dependencies = true
            mirrors = { "docker.io" = "mirror.acme.org:5000/hub" }
            substitutes = { "node:20-alpine" = "docker/substitutes/node.Dockerfile" }
        """,
        bases=f'[digests]\n"node:20-alpine" = "{DIGEST}"',
        development="",
        production="""
            engine = "ssh://deploy@acme.org"
            registry = "ghcr.io/acme"
            domain = "prod-{host}.acme.org"
            proxy_port = 80
            proxy_image = "haproxy:3.0"
            strategy = "blue-green"
            secrets = "secrets.env"
            health_within = 90
            drain_within = 2.5
            canary = { steps = [10, 50, 100], hold = 60, least_requests = 0, errors = 0.01 }
            values = { REGION = "eu" }
            [backing.redis]
            image = "redis:7"
            [backing.postgres]
            image = "postgres:16"
            settings = { max_connections = "200" }
            resources = { cpus = 2, memory = "4G" }
        """,
        chat="""
            [services.worker]
            path = "worker/"
            package = "@chat/worker"
            dockerfile = "worker/Dockerfile"
            target = "production"
            health_command = ["worker", "--alive"]
            replicas = { "*" = 1, production = 3 }
            inputs = ["shared/*.json"]
            build_args = { MODE = "fast" }
            resources = { cpus = 0.5, memory = "1.5G" }
            database = "chat"
            redis = true
            depends_on = ["api"]
            base_of = "acme/worker:1"
            [services.worker.env]
            PLAIN = ""
            LEVEL = { "*" = "info", development = "debug" }
            KEY = { secret = true }
            API = "{service:api}/v1"
            [services.worker.migration]
            command = ["migrate"]
            within = 30

            [services.api]
            kind = "nestjs"
            path = "api"
            port = 3002
            host = "api"
            alive = "/api/health/live"
            [[services.api.smoke]]
            name = "posts"
            path = "/posts?x=1"
            method = "POST"
            status = 201
            contains = "ok"
            body = { text = "hellö", tags = [1, true] }
            within = 1.5
            writes = true
        """,
    )

    assert found == Manifests(
        workspace=WorkspaceManifest(
            name="manacore",
            root="examples/manacore",
            fingerprint_version=2,
            platforms=("linux/amd64", "linux/arm64/v8"),
            ignored=("*.md", "!keep.md"),
            inputs=("tsconfig.*.json",),
            root_dependencies=True,
            mirrors={"docker.io": "mirror.acme.org:5000/hub"},
            substitutes={"node:20-alpine": "docker/substitutes/node.Dockerfile"},
        ),
        products=(
            Product(
                "chat",
                (
                    Service(
                        name="api",
                        product="chat",
                        kind="nestjs",
                        path="api",
                        dockerfile="docker/templates/Dockerfile.nestjs",
                        port=3002,
                        listens=3002,
                        host="api",
                        health="/api/health",
                        alive="/api/health/live",
                        smoke=(
                            SmokeTest(
                                name="posts",
                                path="/posts?x=1",
                                method="POST",
                                status=201,
                                contains="ok",
                                body='{"text": "hellö", "tags": [1, true]}',
                                within=1.5,
                                writes=True,
                            ),
                        ),
                    ),
                    Service(
                        name="worker",
                        product="chat",
                        kind="dockerfile",
                        path="worker",
                        package="@chat/worker",
                        dockerfile="worker/Dockerfile",
                        target="production",
                        health_command=("worker", "--alive"),
                        replicas={"*": 1, "production": 3},
                        inputs=("shared/*.json",),
                        build_args={"MODE": "fast"},
                        env={
                            "PLAIN": EnvValue({"*": ""}),
                            "LEVEL": EnvValue({"*": "info", "development": "debug"}),
                            "KEY": EnvValue(secret=True),
                            "API": EnvValue({"*": "{service:api}/v1"}),
                        },
                        resources=Resources(cpus=0.5, memory=1536 * 2**20),
                        database="chat",
                        redis=True,
                        migration=Migration(("migrate",), within=30.0),
                        depends_on=("api",),
                        base_of="acme/worker:1",
                    ),
                ),
            ),
        ),
        environments=(
            Environment("development"),
            Environment(
                name="production",
                engine="ssh://deploy@acme.org",
                registry="ghcr.io/acme",
                domain="prod-{host}.acme.org",
                proxy_port=80,
                proxy_image="haproxy:3.0",
                strategy="blue-green",
                canary=Canary((10, 50, 100), hold=60.0, least_requests=0, errors=0.01),
                rollback_window=3600.0,
                secrets="secrets.env",
                backing=(
                    Backing("postgres", "postgres:16", {"max_connections": "200"}, Resources(2, 2**32)),
                    Backing("redis", "redis:7"),
                ),
                health_within=90.0,
                drain_within=2.5,
                values={"REGION": "eu"},
            ),
        ),
        bases={"node:20-alpine": DIGEST},
    )


KINDS = {
    "nestjs listens on its port": ("nestjs", "docker/templates/Dockerfile.nestjs", "/api/health", 3500),
    "sveltekit on 3000": ("sveltekit", "docker/templates/Dockerfile.sveltekit", "/api/health", 3000),
    "astro on 8080": ("astro", "docker/templates/Dockerfile.astro", "/health", 8080),
    "expo on 8080": ("expo", "docker/templates/Dockerfile.expo", "/health", 8080),
}


@pytest.mark.parametrize(("kind", "dockerfile", "health", "listens"), KINDS.values(), ids=KINDS)
def test_a_kind_fills_in_what_is_not_written(kind: str, dockerfile: str, health: str, listens: int) -> None:
    (service,) = parse(shop=f'[services.web]\nkind = "{kind}"\npath = "web"\nport = 3500').services

    assert (service.dockerfile, service.health, service.listens) == (dockerfile, health, listens)


def test_what_is_written_wins_over_the_kind() -> None:
    lines = (
        'kind = "astro"\npath = "web"\nport = 1\nlistens = 2\nhealth = "/up"\ndockerfile = "web/Dockerfile"'
    )

    (service,) = parse(shop=f"[services.web]\n{lines}").services

    assert (service.dockerfile, service.health, service.listens) == ("web/Dockerfile", "/up", 2)


def test_a_worker_of_a_kind_is_asked_by_its_command_only() -> None:
    lines = 'kind = "nestjs"\npath = "web"\nhealth_command = ["node", "alive.js"]'

    (service,) = parse(shop=f"[services.web]\n{lines}").services

    assert (service.health, service.listens, service.port) == ("", 0, 0)


def test_a_base_image_needs_a_path_and_a_dockerfile_only() -> None:
    lines = 'path = "base"\ndockerfile = "base/Dockerfile"\nbase_of = "acme/base:1"\ndeployed = false'

    (service,) = parse(shop=f"[services.base]\n{lines}").services

    assert (service.kind, service.deployed, service.base_of) == ("dockerfile", False, "acme/base:1")


def test_the_order_of_tables_and_files_changes_nothing() -> None:
    api, web = (
        '[services.api]\nkind = "nestjs"\npath = "a"\nport = 1\n',
        '[services.web]\nkind = "astro"\npath = "w"\nport = 2\n',
    )

    assert parse(a=api + web, b="") == parse(b="", a=web + api)


def test_every_value_of_the_model_can_be_written() -> None:
    own = {"name", "product"}  # they are the table's key and the file's name

    assert set(SERVICE_FIELDS) == {field.name for field in dataclasses.fields(Service)} - own
    assert set(ENVIRONMENT_FIELDS) == {field.name for field in dataclasses.fields(Environment)} - own


def test_placeholders_are_replaced_by_addresses_and_other_braces_stay() -> None:
    value = '{public:web},{service:api}/v1,{"a":1},{other:x}'

    assert parse_placeholders(value) == (
        Placeholder("public", "web"),
        Placeholder("service", "api"),
        Placeholder("other", "x"),
    )
    assert fill_placeholders(
        value, internal={"api": "http://proxy:1"}, public={"web": "https://web.org"}
    ) == ('https://web.org,http://proxy:1/v1,{"a":1},{other:x}')


def read_committed() -> dict[str, bytes]:
    paths = (path for path in (PROJECT / "manifests").rglob("*") if path.is_file())
    return {path.relative_to(PROJECT).as_posix(): path.read_bytes() for path in paths}


def test_the_committed_manifests_have_no_mistake() -> None:
    found = parse_manifests(read_committed())

    assert [environment.name for environment in found.environments] == [
        "development",
        "production",
        "staging",
    ]


def test_a_committed_file_of_secrets_holds_every_secret_of_the_services() -> None:
    found = parse_manifests(read_committed())
    (environment,) = (environment for environment in found.environments if environment.secrets)
    lines = (PROJECT / environment.secrets).read_text(encoding="utf-8").splitlines()
    given = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}

    wanted = {key for service in found.services for key, value in service.env.items() if value.secret}

    assert wanted <= given


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("", 0.0), ('strategy = "blue-green"', 3600.0), ('strategy = "blue-green"\nrollback_window = 0', 0.0)],
)
def test_the_strategy_gives_the_rollback_window_unless_it_is_written(written: str, seconds: float) -> None:
    files = {"manifests/workspace.toml": b'name = "x"', "manifests/environments/live.toml": written.encode()}

    [environment] = parse_manifests(files).environments

    assert environment.rollback_window == seconds
