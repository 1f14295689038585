"""Compose files: what a profile brings, what containers may do, and what is told of secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from buildgraph.errors import ConfigurationError
from buildgraph.manifests.model import (
    Backing,
    Environment,
    EnvValue,
    Manifests,
    Migration,
    Product,
    Resources,
    Service,
    WorkspaceManifest,
)
from buildgraph.order import closure
from buildgraph.render.compose import Stack, render_compose, render_dev, render_prod

AUTH = Service(
    "auth", "auth", "nestjs", "auth", dockerfile="docker/templates/Dockerfile.nestjs", port=3001, host="auth"
)
API = Service(
    "shop-api",
    "shop",
    "nestjs",
    "api",
    dockerfile="docker/templates/Dockerfile.nestjs",
    port=4000,
    listens=3000,
    host="api",
    health="/api/health",
    replicas={"*": 1, "production": 2},
    env={"KEY": EnvValue(secret=True), "PRICE": EnvValue({"*": "5$ or ${MORE}"})},
    database="shop",
    redis=True,
    migration=Migration(("node", "migrate.js")),
    resources=Resources(0.5, 512 * 2**20),
    depends_on=("auth",),
)
WORKER = Service(
    "shop-worker",
    "shop",
    "dockerfile",
    "worker",
    dockerfile="worker/Dockerfile",
    health_command=("worker", "--price", "$1"),
    env={"API": EnvValue({"*": "{service:shop-api}"})},
    depends_on=("shop-api",),
)
BLOG = Service("blog", "blog", "dockerfile", "blog", dockerfile="blog/Dockerfile", port=80, host="blog")
SERVERS = (
    Backing("postgres", "postgres:16-alpine"),
    Backing("redis", "redis:7-alpine", {"maxmemory": "1gb"}, Resources(0.25, 2**31)),
)
HERE = Environment("development", domain="{host}.localhost", proxy_port=8480, backing=SERVERS)
THERE = Environment("production", registry="ghcr.io/shop", domain="{host}.shop.org", backing=SERVERS)
MANIFESTS = Manifests(
    WorkspaceManifest("acme"),
    (Product("auth", (AUTH,)), Product("shop", (API, WORKER)), Product("blog", (BLOG,))),
    (HERE, THERE),
)


def read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)
    return found


@pytest.fixture
def dev() -> dict[str, Any]:
    """The file for laptops."""
    return read(render_dev(Stack(MANIFESTS, HERE)))


@pytest.fixture
def prod() -> dict[str, Any]:
    """The file for servers."""
    return read(render_prod(Stack(MANIFESTS, THERE)))


def test_there_is_a_file_for_laptops_and_one_for_servers_where_their_environments_are() -> None:
    assert set(render_compose(MANIFESTS)) == {"docker/compose.dev.yml", "docker/compose.prod.yml"}
    assert set(render_compose(replace(MANIFESTS, environments=(THERE,)))) == {"docker/compose.prod.yml"}


def brought_by(dev: dict[str, Any], profile: str) -> set[str]:
    services = dev["services"].items()
    return {name for name, told in services if profile in told.get("profiles", [profile])}


@pytest.mark.parametrize("profile", ["auth", "shop", "blog", "proxy", "all"])
def test_a_profile_brings_all_that_what_it_brings_waits_for(dev: dict[str, Any], profile: str) -> None:
    brought = brought_by(dev, profile)
    after = {name: list(told.get("depends_on", {})) for name, told in dev["services"].items()}

    assert set(closure(after, brought)) == brought


def test_a_profile_brings_no_other_product(dev: dict[str, Any]) -> None:
    servers = {"postgres", "redis"}
    shop = {"shop-api", "shop-api-migration", "shop-worker", "databases"}

    assert brought_by(dev, "blog") == {"blog", *servers}
    assert brought_by(dev, "shop") == {"auth", *shop, *servers}
    assert brought_by(dev, "all") == set(dev["services"])


@pytest.mark.parametrize("profile", ["auth", "shop", "blog", "proxy", "all"])
def test_what_ends_is_waited_for_by_what_runs_on(dev: dict[str, Any], profile: str) -> None:
    """Pitfall 55: `up --wait` fails for a container that has done its work, unless another waits for that."""
    services = dev["services"]
    brought = brought_by(dev, profile)
    running = [services[name] for name in brought if services[name]["restart"] != "no"]
    awaited = {name for told in running for name in told.get("depends_on", {})}

    assert {name for name in brought if services[name]["restart"] == "no"} <= awaited


def test_a_service_starts_when_what_it_needs_is_well(dev: dict[str, Any]) -> None:
    done, healthy = "service_completed_successfully", "service_healthy"

    assert dev["services"]["shop-api"]["depends_on"] == {
        "databases": {"condition": done},
        "redis": {"condition": healthy},
        "shop-api-migration": {"condition": done},
        "auth": {"condition": healthy},
    }
    assert dev["services"]["databases"]["depends_on"] == {"postgres": {"condition": healthy}}
    assert dev["services"]["databases"]["command"] == ["shop"]


def test_an_image_that_may_have_no_health_check_is_not_waited_for_to_be_well() -> None:
    after_blog = replace(AUTH, depends_on=("blog",))
    own = replace(API, dockerfile="own/Dockerfile", depends_on=(), migration=None)
    products = (Product("auth", (after_blog,)), Product("blog", (BLOG,)), Product("shop", (own, WORKER)))
    dev = read(render_dev(Stack(replace(MANIFESTS, products=products), HERE)))

    assert dev["services"]["auth"]["depends_on"] == {"blog": {"condition": "service_started"}}
    assert dev["services"]["shop-worker"]["depends_on"] == {"shop-api": {"condition": "service_started"}}


def test_local_domains_lead_to_services_and_every_port_is_this_machine_s_alone(dev: dict[str, Any]) -> None:
    labels = dev["services"]["shop-api"]["labels"]

    assert labels["traefik.http.routers.shop-api.rule"] == "Host(`api.localhost`)"
    assert labels["traefik.http.services.shop-api.loadbalancer.server.port"] == "3000"
    assert labels["com.acme.service"] == "api"
    published = [port for told in dev["services"].values() for port in told.get("ports", [])]
    assert "127.0.0.1:4000:3000" in published
    assert "127.0.0.1:8480:80" in published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_services_call_each_other_by_name_where_they_listen(prod: dict[str, Any]) -> None:
    assert prod["services"]["shop-worker"]["environment"]["API"] == "http://shop-api:3000"


def test_a_dollar_sign_in_a_value_is_one(prod: dict[str, Any]) -> None:
    assert prod["services"]["shop-api"]["environment"]["PRICE"] == "5$$ or $${MORE}"
    assert prod["services"]["shop-worker"]["healthcheck"]["test"] == ["CMD", "worker", "--price", "$$1"]


def test_a_server_is_refused_without_its_secrets_and_a_laptop_has_worthless_ones(
    dev: dict[str, Any], prod: dict[str, Any]
) -> None:
    there, here = (found["services"]["shop-api"]["environment"] for found in (prod, dev))

    assert there["KEY"].startswith("${KEY:?")
    assert "${POSTGRES_PASSWORD:?" in there["DATABASE_URL"]
    assert there["REDIS_PASSWORD"].startswith("${REDIS_PASSWORD:?")
    assert here["KEY"] == "${KEY:-development-only-key}"


def test_a_web_app_on_a_laptop_is_asked_with_a_proxy_before_it_and_without() -> None:
    """adapter-node fails where the header is not sent that shall tell it who asks; a server always has a proxy."""
    web = replace(BLOG, kind="sveltekit")
    own = replace(web, env={"ADDRESS_HEADER": EnvValue({"*": "x-real-ip"})})

    def header(service: Service, render: Any) -> str | None:
        stack = Stack(replace(MANIFESTS, products=(Product("blog", (service,)),)), THERE)
        environment = read(render(stack))["services"]["blog"]["environment"]
        return environment.get("ADDRESS_HEADER")  # type: ignore[no-any-return]

    assert (header(web, render_dev), header(web, render_prod)) == (None, "x-forwarded-for")
    assert (header(own, render_dev), header(own, render_prod)) == ("x-real-ip", "x-real-ip")


@pytest.mark.parametrize("render", [render_dev, render_prod])
def test_every_container_from_an_image_of_ours_may_do_no_more_than_it_must(render: Any) -> None:
    told = read(render(Stack(MANIFESTS, THERE)))["services"]

    for name in ("shop-api", "shop-api-migration", "shop-worker", "auth", "blog", "databases"):
        assert told[name]["user"] == "1001:1001", name
        assert told[name]["read_only"] is True, name
        assert told[name]["cap_drop"] == ["ALL"], name
        assert told[name]["tmpfs"] == ["/tmp:rw,noexec,nosuid,nodev,size=64m,mode=1777"], name
    assert all(
        found["security_opt"] == ["no-new-privileges:true"]
        for name, found in told.items()
        if name != "traefik"
    )


def test_a_server_publishes_nothing_and_its_databases_reach_nobody_outside(prod: dict[str, Any]) -> None:
    services = prod["services"]

    assert not [name for name, told in services.items() if "ports" in told]
    assert prod["networks"]["data"] == {"internal": True}
    assert services["postgres"]["networks"] == services["redis"]["networks"] == ["data"]
    assert services["shop-api"]["networks"] == ["edge", "services", "data"]
    assert services["shop-api-migration"]["networks"] == ["services", "data"]
    assert services["shop-worker"]["networks"] == ["services"]


def test_a_server_keeps_to_limits_and_asks_how_services_are(prod: dict[str, Any]) -> None:
    told = prod["services"]["shop-api"]

    assert told["deploy"] == {
        "replicas": 2,
        "resources": {
            "limits": {"cpus": "0.5", "memory": "512M"},
            "reservations": {"cpus": "0.125", "memory": "256M"},
        },
    }
    assert told["healthcheck"] == {"interval": "30s", "timeout": "10s", "retries": 3, "start_period": "40s"}
    assert prod["services"]["redis"]["deploy"] == {
        "resources": {
            "limits": {"cpus": "0.25", "memory": "2048M"},
            "reservations": {"cpus": "0.0625", "memory": "1024M"},
        },
    }
    assert "deploy" not in prod["services"]["postgres"]


def test_coolify_and_its_proxy_are_told_what_a_service_is(prod: dict[str, Any]) -> None:
    labels = prod["services"]["shop-api"]["labels"]

    assert {name: value for name, value in labels.items() if name.startswith("coolify.")} == {
        "coolify.managed": "true",
        "coolify.project": "shop",
        "coolify.service": "api",
        "coolify.port": "3000",
        "coolify.domain": "api.shop.org",
    }
    assert labels["traefik.http.routers.shop-api.tls.certresolver"] == "letsencrypt"
    assert labels["traefik.http.middlewares.shop-api-https.redirectscheme.scheme"] == "https"
    assert "traefik.enable" not in prod["services"]["shop-worker"]["labels"]


def test_an_environment_without_servers_of_its_own_has_none_in_its_file() -> None:
    told = read(render_prod(Stack(MANIFESTS, replace(THERE, backing=()))))

    assert not {"postgres", "redis", "databases"} & set(told["services"])
    assert "DATABASE_URL" not in told["services"]["shop-api"]["environment"]


def test_a_service_that_is_called_like_a_container_of_the_file_is_refused() -> None:
    products = (Product("cache", (replace(BLOG, name="redis", product="cache"),)),)

    with pytest.raises(ConfigurationError) as refused:
        render_compose(replace(MANIFESTS, products=products))
    assert str(refused.value) == (
        "manifests/products/cache.toml: services.redis: "
        "is the name of a container that compose files have of their own\n  rename it"
    )
