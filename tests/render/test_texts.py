"""Env templates and tables: what people read of the manifests."""

from __future__ import annotations

from dataclasses import replace

from buildgraph.manifests.model import (
    Autoscale,
    Backing,
    Environment,
    EnvValue,
    Kubernetes,
    Manifests,
    Product,
    Resources,
    Service,
)
from buildgraph.manifests.model import WorkspaceManifest as Workspace
from buildgraph.render.env_files import render_env_files
from buildgraph.render.tables import render_tables

API = Service(
    "shop-api",
    "shop",
    "nestjs",
    "api",
    port=4000,
    listens=3000,
    host="api",
    health="/api/health",
    replicas={"*": 1, "production": 3},
    resources=Resources(0.5, 512 * 2**20),
    env={
        "KEY": EnvValue(secret=True),
        "CORS_ORIGINS": EnvValue({"*": "{public:shop-api},https://a|b"}),
        "LEVEL": EnvValue({"production": "info"}),
    },
)
WORKER = Service("shop-worker", "shop", "dockerfile", "worker", env={"KEY": EnvValue(secret=True)})
REDIS = Backing("redis", "redis:7-alpine", resources=Resources(0.25, 256 * 2**20))
HERE = Environment("development", proxy_port=8480, backing=(REDIS,))
THERE = Environment("production", domain="{host}.shop.org", secrets="production.env")
MANIFESTS = Manifests(Workspace("acme"), (Product("shop", (API, WORKER)),), (HERE, THERE))


def names_in(text: str) -> list[str]:
    """What a template names, each without a value."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_a_template_names_what_builds_see() -> None:
    worker = replace(WORKER, build_secrets=("KEY", "NPM_TOKEN"))
    manifests = replace(MANIFESTS, products=(Product("shop", (API, worker)),))

    template = render_env_files(manifests)["docker/env/production.env.example"]

    assert "# of shop-api, shop-worker; of the build of shop-worker\nKEY=\n" in template
    assert "# of the build of shop-worker\nNPM_TOKEN=\n" in template


def test_a_template_names_what_its_environment_needs_and_gives_no_value() -> None:
    templates = render_env_files(MANIFESTS)

    assert names_in(templates["docker/env/development.env.example"]) == ["REDIS_PASSWORD=", "KEY="]
    assert names_in(templates["docker/env/production.env.example"]) == ["KEY="]


def test_a_template_tells_who_needs_a_secret_and_which_images_compose_files_name() -> None:
    text = render_env_files(MANIFESTS)["docker/env/production.env.example"]

    assert "# of shop-api, shop-worker\nKEY=\n" in text
    assert "# SHOP_API_IMAGE=\n# SHOP_WORKER_IMAGE=\n" in text


def rows(title: str, manifests: Manifests = MANIFESTS) -> list[str]:
    """The rows of a table of the page."""
    page = render_tables(manifests)["docs/RENDERED.md"]
    return page.split(f"## {title}\n")[1].split("## ")[0].strip().splitlines()[2:]


def test_the_tables_tell_ports_domains_and_origins_of_every_environment() -> None:
    here, there = "http://api.localhost:8480", "https://api.shop.org"

    assert rows("Ports") == ["| 4000 | shop-api | nestjs | 3000 | `/api/health` | – |"]
    assert rows("Domains") == [f"| shop-api | {here} | {there} |"]
    assert rows("CORS origins") == [
        f"| shop-api | `{here}`<br>`https://a\\|b` | `{there}`<br>`https://a\\|b` |"
    ]


def test_the_table_of_names_tells_what_a_zone_holds_and_whose_answers_a_content_network_may_keep() -> None:
    blog = replace(API, name="shop-blog", kind="astro", host="blog")
    app = replace(API, name="shop-app", kind="sveltekit", host="app")
    there = replace(THERE, engine="ssh://deploy@shop.org")
    both = replace(MANIFESTS, products=(Product("shop", (API, app, blog)),), environments=(HERE, there))
    told = [row.strip("| ").split(" | ") for row in rows("Names", both)]

    assert [(name, network) for name, _, _, network, _ in told] == [
        ("api.shop.org", "no"),
        ("app.shop.org", "yes"),
        ("blog.shop.org", "yes"),
    ]
    assert {where for _, _, where, _, _ in told} == {"shop.org"}


def test_the_table_of_resources_sums_up_what_an_environment_uses_at_most() -> None:
    assert rows("Resources") == [
        "| shop-api | 0.5 | 512 MB | 1 | 3 |",
        "| shop-worker | – | – | 1 | 1 |",
        "| redis | 0.25 | 256 MB | 1 | – |",
        "| **all, at most** |  |  | 3: 0.75 cpus, 768 MB | 4: 1.5 cpus, 1536 MB |",
    ]
    built_upon = replace(API, deployed=False)
    alone = replace(MANIFESTS, products=(Product("shop", (built_upon,)),), environments=(THERE,))
    assert rows("Resources", alone) == ["| **all, at most** |  |  | 0: – cpus, – |"]


def test_a_server_of_other_limits_elsewhere_has_a_row_of_its_own() -> None:
    larger = replace(REDIS, resources=Resources(0.25, 2**30))
    there = replace(THERE, backing=(Backing("postgres", "postgres:16"), larger))

    assert rows("Resources", replace(MANIFESTS, environments=(HERE, there)))[2:] == [
        "| postgres | – | – | – | 1 |",
        "| redis | 0.25 | 256 MB | 1 | – |",
        "| redis | 0.25 | 1024 MB | – | 1 |",
        "| **all, at most** |  |  | 3: 0.75 cpus, 768 MB | 6: 1.75 cpus, 2560 MB |",
    ]


def test_what_a_cluster_starts_more_of_counts_with_all_that_it_may_start() -> None:
    grows = replace(API, autoscale=Autoscale(6))
    cluster = replace(THERE, kubernetes=Kubernetes("context", "shop"))
    manifests = replace(MANIFESTS, products=(Product("shop", (grows,)),), environments=(HERE, cluster))

    assert rows("Resources", manifests) == [
        "| shop-api | 0.5 | 512 MB | 1 | 3 to 6 |",
        "| redis | 0.25 | 256 MB | 1 | – |",
        "| **all, at most** |  |  | 2: 0.75 cpus, 768 MB | 6: 3 cpus, 3072 MB |",
    ]


def test_the_table_of_variables_tells_what_all_have_and_of_a_secret_only_that_it_is_one() -> None:
    there = replace(THERE, values={"REGION": "eu"})

    assert rows("Variables", replace(MANIFESTS, environments=(HERE, there))) == [
        "| *every service* | `REGION` | – | `eu` |",
        "| shop-api | `CORS_ORIGINS` | `{public:shop-api},https://a\\|b` | `{public:shop-api},https://a\\|b` |",
        "| shop-api | `KEY` | secret | secret |",
        "| shop-api | `LEVEL` | – | `info` |",
        "| shop-worker | `KEY` | secret | secret |",
    ]
