"""Who watches, as containers beside those of a server: that they reach each other, and what they show and keep."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from buildgraph.deploy.backing import backing_specification
from buildgraph.errors import ConfigurationError
from buildgraph.image.engine import Engine
from buildgraph.manifests.model import Backing, Environment, Manifests, Product, Service, WorkspaceManifest
from buildgraph.place.model import Place, Target
from buildgraph.place.names import Colour
from buildgraph.place.secrets import Secrets
from buildgraph.place.specification import Specification, service_containers
from buildgraph.render.compose import render_compose
from buildgraph.render.env_files import render_env_files
from buildgraph.render.monitoring import FOLDER, render_monitoring
from buildgraph.traffic.proxy_container import proxy_specification
from tests.support.metrics import asked, queries, told

ROOT = Path(__file__).parents[2]
API = Service(
    "api",
    "shop",
    "nestjs",
    "api",
    port=4000,
    listens=3000,
    health="/health",
    metrics="/metrics",
    database="shop",
)
SERVERS = (Backing("postgres", "postgres:16-alpine"), Backing("redis", "redis:7-alpine"))
THERE = Environment("production", domain="{host}.shop.org", backing=SERVERS)
MANIFESTS = Manifests(WorkspaceManifest("acme"), (Product("shop", (API,)),), (THERE,))


def rendered(path: str, manifests: Manifests = MANIFESTS) -> Any:
    return yaml.safe_load(render_monitoring(manifests)[f"{FOLDER}/{path}"])


def containers(manifests: Manifests = MANIFESTS) -> dict[str, Any]:
    """All containers of the server: its own, and those that watch."""
    server = yaml.safe_load(render_compose(manifests)["docker/compose.prod.yml"])["services"]
    return {**server, **rendered("compose.yml", manifests)["services"]}


def asked_by_prometheus() -> Iterator[str]:
    for job in rendered("prometheus/prometheus.yml")["scrape_configs"]:
        for found in job.get("dns_sd_configs", []):
            yield from found["names"]
        if "file_sd_configs" in job:
            yield "blackbox-exporter"
        for found in job.get("static_configs", []):
            yield from (target.partition(":")[0] for target in found["targets"])


def test_prometheus_shares_a_network_with_whomever_it_asks() -> None:
    found = containers()
    own = set(found["prometheus"]["networks"])

    assert {name for name in asked_by_prometheus() if not own & set(found[name]["networks"])} == set()


def test_who_asks_services_for_their_health_shares_a_network_with_all_of_them() -> None:
    found = containers()

    for target in rendered("prometheus/health.yml"):
        name = target["labels"]["service"]
        assert set(found["blackbox-exporter"]["networks"]) & set(found[name]["networks"])


def test_they_join_the_network_of_what_deploy_starts_under_a_project_of_their_own() -> None:
    """Read first, the file says of the networks that the other names which they are there."""
    joined = rendered("deployed.yml")
    own = {name for told in rendered("compose.yml")["services"].values() for name in told["networks"]}

    network = {"external": True, "name": "${ENVIRONMENT_NETWORK:-acme-production}"}
    assert place().prefix == "acme-production"
    assert joined["networks"] == dict.fromkeys(own - {"monitoring"}, network)
    assert joined["name"] == "acme-production-monitoring"
    assert list(joined["services"]) == ["prometheus"]


def test_an_exporter_reaches_its_server_and_services_do_not_reach_it() -> None:
    found = containers()

    for server, exporter in (("postgres", "postgres-exporter"), ("redis", "redis-exporter")):
        assert set(found[server]["networks"]) & set(found[exporter]["networks"]) == {"data"}
        assert "services" not in found[exporter]["networks"]


def test_a_server_that_runs_elsewhere_has_no_exporter_and_no_panel() -> None:
    alone = replace(MANIFESTS, environments=(replace(THERE, backing=()),))
    shown = render_monitoring(alone)[f"{FOLDER}/grafana/dashboards/databases.json"]

    assert {"postgres-exporter", "redis-exporter"} & containers(alone).keys() == set()
    assert "pg_" not in shown and "redis_" not in shown and "db_pool_connections" in shown


def test_only_grafana_publishes_a_port_and_to_this_machine_alone() -> None:
    published = {name: told["ports"] for name, told in containers().items() if "ports" in told}

    assert published == {"grafana": ["127.0.0.1:${GRAFANA_PORT:-9300}:3000"]}


def test_every_password_is_a_reference_without_which_the_file_is_refused() -> None:
    found = containers()

    assert found["grafana"]["environment"]["GF_SECURITY_ADMIN_PASSWORD"].startswith("${GRAFANA_PASSWORD:?")
    assert found["postgres-exporter"]["environment"]["DATA_SOURCE_PASS"].startswith("${POSTGRES_PASSWORD:?")
    assert found["redis-exporter"]["environment"]["REDIS_PASSWORD"].startswith("${REDIS_PASSWORD:?")


def test_the_template_of_production_names_what_watchers_need_where_they_are_rendered() -> None:
    there = replace(MANIFESTS, workspace=WorkspaceManifest("acme", render=("monitoring",)))
    path = "docker/env/production.env.example"

    assert "\nSLACK_WEBHOOK=\n" in render_env_files(there)[path]
    assert "SLACK_WEBHOOK" not in render_env_files(MANIFESTS)[path]


def test_a_service_that_is_called_like_a_watcher_is_refused() -> None:
    taken = replace(MANIFESTS, products=(Product("shop", (replace(API, name="grafana"),)),))

    with pytest.raises(ConfigurationError, match=r"services\.grafana: is the name of a container"):
        render_monitoring(taken)


@pytest.mark.parametrize("name", ["services", "databases", "resources"])
def test_a_dashboard_asks_sources_that_are_there_and_no_panel_lies_on_another(name: str) -> None:
    known = {
        found["uid"] for found in rendered("grafana/provisioning/datasources/sources.yml")["datasources"]
    }
    panels = json.loads(render_monitoring(MANIFESTS)[f"{FOLDER}/grafana/dashboards/{name}.json"])["panels"]
    places = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in panels
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]

    assert {target["datasource"]["uid"] for panel in panels for target in panel["targets"]} <= known
    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_lines_are_kept_by_what_they_are_of_and_no_other_project_s_are_read() -> None:
    jobs = {job["job_name"]: job for job in rendered("promtail.yml")["scrape_configs"]}

    for job in jobs.values():
        assert {found["target_label"] for found in job["relabel_configs"]} == {"project", "service"}
    assert {name: job["docker_sd_configs"][0]["filters"][0]["values"] for name, job in jobs.items()} == {
        "compose": ["com.docker.compose.project=acme"],
        "deployed": ["buildgraph.workspace=acme", "buildgraph.environment=production"],
    }
    assert rendered("loki.yml")["limits_config"]["retention_period"] == "720h"


def test_lines_and_use_of_what_deploy_starts_are_of_its_service_else_of_its_server() -> None:
    """By the labels that its containers really have: the collector takes the last that is there, so does Prometheus."""
    api = labels_of(*service_containers(place(), Target(API, "image", "", "", ""), Colour.BLUE, ""))
    redis = labels_of(backing_specification(place(), SERVERS[1]))
    proxy = labels_of(proxy_specification(place()))

    assert [
        service_by("promtail.yml", "deployed", "relabel_configs", found) for found in (api, redis, proxy)
    ] == [
        "api",
        "redis",
        "proxy",
    ]
    found = [
        service_by("prometheus/prometheus.yml", "cadvisor", "metric_relabel_configs", labels)
        for labels in (api, redis, {**api, "buildgraph.environment": "staging"})
    ]
    assert found == ["api", "redis", ""]
    (told,) = [word for word in containers()["cadvisor"]["command"] if "whitelisted" in word]
    assert {"buildgraph.workspace", "buildgraph.environment", "buildgraph.service"} <= set(
        told.partition("=")[2].split(",")
    )


def place() -> Place:
    secrets = Secrets(dict.fromkeys(("POSTGRES_PASSWORD", "REDIS_PASSWORD"), "p"))
    return Place(cast(Engine, None), "acme", THERE, {}, secrets, (API,))


def labels_of(specification: Specification) -> dict[str, str]:
    return dict(specification.labels)


def service_by(path: str, job: str, key: str, labels: dict[str, str]) -> str:
    """What the rules of a job call the service of a container with these labels."""
    (told,) = [found for found in rendered(path)["scrape_configs"] if found["job_name"] == job]
    names = {re.sub(r"\W", "_", name): value for name, value in labels.items()}
    service = ""
    for rule in told[key]:
        if rule.get("target_label") == "service":
            values = (names.get(re.sub(".*label_", "", source), "") for source in rule["source_labels"])
            if fits := re.fullmatch(rule["regex"], ";".join(values)):
                service = fits[1]
    return service


@pytest.mark.engine
def test_prometheus_takes_every_query_of_a_dashboard(tmp_path: Path) -> None:
    asked = sorted(set(queries(ROOT / FOLDER)))
    rules = [{"record": f"asked:{number}", "expr": query} for number, query in enumerate(asked)]
    (tmp_path / "asked.yml").write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}))

    ran = subprocess.run(
        ("promtool", "check", "rules", str(tmp_path / "asked.yml")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(asked)} rules found" in ran.stdout


@pytest.mark.engine
@pytest.mark.parametrize(("first", "given"), [("docker/compose.prod.yml", 7), (f"{FOLDER}/deployed.yml", 8)])
def test_compose_takes_them_beside_the_server_and_finds_every_file_that_they_are_given(
    tmp_path: Path, first: str, given: int
) -> None:
    template = (ROOT / "docker/env/production.env.example").read_text()
    values = tmp_path / "values.env"
    values.write_text(re.sub(r"^(\w+)=$", r"\1=something", template, flags=re.MULTILINE))
    files = ("-f", str(ROOT / first), "-f", str(ROOT / FOLDER / "compose.yml"))
    options = ("--env-file", str(values), "--project-directory", str(ROOT / "docker"), *files)
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}

    ran = subprocess.run(
        ("docker", "compose", *options, "config", "--format", "json"),
        capture_output=True,
        text=True,
        check=False,
        env=bare,
    )
    assert ran.returncode == 0, ran.stderr
    mounts = [
        mount for told in json.loads(ran.stdout)["services"].values() for mount in told.get("volumes", [])
    ]
    found = [mount["source"] for mount in mounts if mount["source"].startswith(str(ROOT))]
    assert len(found) == given
    assert [path for path in found if not Path(path).exists()] == []


def test_what_a_query_asks_for_and_what_a_page_tells_are_read_as_they_are() -> None:
    """What compares the two for every rule and dashboard sees names that nobody tells."""
    p95 = 'histogram_quantile(0.95, sum by (service, le) (rate(taken_bucket{route!~"/a|{b}", le="1"}[5m]))) > 0.5'
    shares = 'pool{state="most"} - ignoring (state) pool{kind=~"x"} < 2 and absent(up{job="a"} == 1)'
    page = (
        '# HELP pool of "connections"\npool{state="most",service="a"} 5\nopen 3\ntaken_bucket{le="+Inf"} 7\n'
    )

    assert asked(p95) == {"taken_bucket": {"route", "le"}}
    assert asked(shares) == {"pool": {"state", "kind"}, "up": {"job"}}
    assert told(page) == {"pool": {"state", "service"}, "open": set(), "taken_bucket": {"le"}}
    assert asked("pg_pool_available_connections < 2") == {"pg_pool_available_connections": set()}
