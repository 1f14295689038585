"""What watches the services: whom it asks, when it tells somebody, and the tools that read what is rendered."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from buildgraph.manifests.model import (
    Backing,
    Environment,
    Kubernetes,
    Manifests,
    Product,
    Service,
    WorkspaceManifest,
)
from buildgraph.project import open_project
from buildgraph.render.monitoring import FOLDER, render_monitoring

ROOT = Path(__file__).parents[2]
ROUTING = ROOT / FOLDER / "alertmanager.yml"
PROMETHEUS = ROOT / FOLDER / "prometheus"
ALERTS = Path(__file__).with_name("alerts.yml")
TURNED = {">": "<=", "<": ">=", "==": "!="}
TURN = re.compile(f" ({'|'.join(TURNED)}) ")
# Whose case tells of one series and, in the same answer, of no other that comes close.
TOLD_APART = {"DatabaseConnectionPoolExhausted", "SlowQueries"}
API = Service(
    "shop-api",
    "shop",
    "nestjs",
    "api",
    port=4000,
    listens=3000,
    host="api",
    health="/api/health",
    alive="/api/health/live",
    metrics="/told",
    replicas={"*": 1, "production": 2},
    database="shop",
)
WEB = Service("shop-web", "shop", "sveltekit", "web", port=4100, host="shop", health="/api/health")
SERVERS = (Backing("postgres", "postgres:16-alpine"), Backing("redis", "redis:7-alpine"))
THERE = Environment("production", domain="{host}.shop.org", backing=SERVERS)
MANIFESTS = Manifests(WorkspaceManifest("acme"), (Product("shop", (API, WEB)),), (THERE,))


def rendered(path: str, manifests: Manifests = MANIFESTS) -> Any:
    return yaml.safe_load(render_monitoring(manifests)[f"{FOLDER}/{path}"])


def jobs(manifests: Manifests = MANIFESTS) -> dict[str, Any]:
    told = rendered("prometheus/prometheus.yml", manifests)["scrape_configs"]
    return {job["job_name"]: job for job in told}


def rules(manifests: Manifests = MANIFESTS) -> list[dict[str, Any]]:
    groups = rendered("prometheus/alerts.yml", manifests)["groups"]
    return [rule for group in groups for rule in group["rules"]]


def ran(*argv: str) -> tuple[int, str]:
    told = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    return told.returncode, told.stdout + told.stderr


def test_it_stands_beside_the_compose_file_of_production_and_nowhere_else() -> None:
    assert render_monitoring(MANIFESTS)
    assert render_monitoring(replace(MANIFESTS, environments=(Environment("staging"),))) == {}


def test_whoever_tells_metrics_is_asked_where_it_listens_and_nobody_else_is() -> None:
    assert set(jobs()) == {"shop-api", "postgres", "redis", "blackbox-exporter", "cadvisor", "node-exporter"}
    api = jobs()["shop-api"]
    assert api["metrics_path"] == "/told"
    assert [(found["names"], found["port"]) for found in api["dns_sd_configs"]] == [(["shop-api"], 3000)]


def test_every_container_of_a_service_is_found_where_there_are_several() -> None:
    """An address alone would be another container with every question."""
    assert jobs()["shop-api"]["dns_sd_configs"][0]["type"] == "A"
    assert "static_configs" not in jobs()["shop-api"]


def test_a_server_that_runs_elsewhere_is_neither_asked_nor_told_of() -> None:
    alone = replace(MANIFESTS, environments=(replace(THERE, backing=()),))

    assert set(jobs(alone)) == {"shop-api", "blackbox-exporter", "cadvisor", "node-exporter"}
    assert {"PostgresDown", "RedisDown"} & {rule["alert"] for rule in rules(alone)} == set()


def targets(path: str, manifests: Manifests = MANIFESTS) -> dict[str, str]:
    """Service -> where it is asked for its health."""
    told = rendered(f"prometheus/{path}", manifests)
    return {found["labels"]["service"]: found["targets"][0] for found in told}


def test_every_service_is_asked_for_its_health_by_its_name_or_through_the_proxy() -> None:
    """The proxy asks the version that serves; by the service's name the former one would answer, too."""
    assert targets("health.yml") == {
        "shop-api": "http://shop-api:3000/api/health",
        "shop-web": "http://shop-web:4100/api/health",
    }
    assert targets("health-deployed.yml") == {
        "shop-api": "http://proxy:4000/api/health",
        "shop-web": "http://proxy:4100/api/health",
    }


def test_a_service_that_has_a_command_for_its_health_is_asked_for_its_metrics_if_it_tells_any() -> None:
    worker = Service("w", "shop", "dockerfile", "w", health_command=("true",), port=4200, metrics="/told")
    silent = replace(worker, name="silent", port=0, metrics="")
    found = replace(MANIFESTS, products=(Product("shop", (worker, silent)),))

    assert targets("health.yml", found) == {"w": "http://w:4200/told"}


def test_every_service_of_the_example_has_an_alert_for_when_it_is_down() -> None:
    services = {
        service.name
        for service in open_project(ROOT).working_picture().manifests.services
        if service.deployed
    }

    for path in ("health.yml", "health-deployed.yml"):
        asked = yaml.safe_load((PROMETHEUS / path).read_text())
        assert {found["labels"]["service"] for found in asked} == services
    assert len(services) == 36


def test_clusters_and_coolify_are_not_watched_as_containers_of_an_engine() -> None:
    there = replace(THERE, backing=(), kubernetes=Kubernetes("context", "shop"))
    found = render_monitoring(replace(MANIFESTS, environments=(there,)))

    assert [path for path in found if "deployed" in path] == []


def test_what_asks_whether_a_service_is_well_counts_as_no_request_of_a_user() -> None:
    told = {rule["alert"]: rule["expr"] for rule in rules()}

    assert told["HighErrorRate"].count('route!~"/api/health|/api/health/live|/told"') == 2
    assert told["HighResponseTime"].count('route!~"/api/health|/api/health/live|/told"') == 1


def test_a_workspace_whose_services_tell_no_metrics_is_told_of_their_health_and_containers_only() -> None:
    silent = replace(MANIFESTS, products=(Product("shop", (WEB,)),))

    assert {rule["alert"] for rule in rules(silent)} == {
        "ServiceDown",
        "HealthUnknown",
        "HighMemoryUsage",
        "HighCpuUsage",
        "TargetDown",
        "PostgresDown",
        "RedisDown",
    }


@pytest.mark.engine
@pytest.mark.parametrize("targets", ["health.yml", "health-deployed.yml"])
def test_prometheus_takes_its_configuration_with_the_targets_of_either_way_and_its_rules(
    tmp_path: Path, targets: str
) -> None:
    """One file of targets takes the other's place where `deploy` has started the services."""
    given = shutil.copytree(PROMETHEUS, tmp_path / "prometheus")
    shutil.move(given / targets, given / "health.yml")
    check = ("promtool", "check", "config", "--lint=all", str(given / "prometheus.yml"))
    assert ran(*check)[0] == 0
    (given / "health.yml").write_text("- targets: [")
    assert ran(*check)[0] == 1, "the targets are read, too"

    code, told = ran(
        "promtool", "check", "rules", "--lint=all", "--lint-fatal", str(PROMETHEUS / "alerts.yml")
    )
    assert code == 0, told


@pytest.mark.engine
def test_each_alert_fires_by_what_it_is_for_and_stays_silent_by_what_comes_close(tmp_path: Path) -> None:
    code, told = ran("promtool", "test", "rules", str(write_cases(tmp_path, PROMETHEUS / "alerts.yml")))

    assert code == 0, told


@pytest.mark.engine
def test_alerts_that_do_not_compare_fail_that_test(tmp_path: Path) -> None:
    """The test above could tell: with every threshold turned round, it fails for every alert."""
    turned = tmp_path / "turned.yml"
    turned.write_text(
        TURN.sub(lambda found: f" {TURNED[found[1]]} ", (PROMETHEUS / "alerts.yml").read_text())
    )

    code, told = ran("promtool", "test", "rules", str(write_cases(tmp_path, turned)))

    assert code != 0
    assert [alert for alert in alerts() if f"alertname: {alert}," not in told] == []


def test_no_alert_is_left_out_of_its_test() -> None:
    asked = [case for test in cases() for case in test["alert_rule_test"]]
    telling, silent = (
        {case["alertname"] for case in asked if bool(case["exp_alerts"]) is fires} for fires in (True, False)
    )

    assert telling == alerts()
    assert silent | TOLD_APART == alerts()


def write_cases(folder: Path, rules: Path) -> Path:
    told = {"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": cases()}
    path = folder / "cases.yml"
    path.write_text(yaml.safe_dump(told))
    return path


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(ALERTS.read_text())["tests"]
    return found


def committed() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> set[str]:
    """The names of the alerts that are committed."""
    return {rule["alert"] for rule in committed()}


@pytest.mark.engine
def test_whoever_asks_for_health_takes_its_configuration() -> None:
    file = f"--config.file={ROOT / FOLDER / 'blackbox.yml'}"
    code, told = ran("prometheus-blackbox-exporter", "--config.check", file)

    assert code == 0, told


@pytest.mark.engine
def test_alertmanager_takes_its_configuration() -> None:
    code, told = ran("amtool", "check-config", str(ROUTING))

    assert code == 0, told


@pytest.mark.engine
@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "pagerduty"), ("warning", "slack"), ("unheard-of", "slack")]
)
def test_what_is_critical_wakes_somebody_and_all_else_is_told_in_the_channel(
    severity: str, receiver: str
) -> None:
    route = (
        "amtool",
        "config",
        "routes",
        "test",
        f"--config.file={ROUTING}",
        f"--verify.receivers={receiver}",
    )

    code, told = ran(*route, f"severity={severity}", "service=chat-backend")

    assert (code, told.splitlines()[0]) == (0, receiver)


def test_who_is_told_stands_in_files_and_in_no_configuration() -> None:
    receivers = {found["name"]: found for found in rendered("alertmanager.yml")["receivers"]}

    assert receivers["pagerduty"]["pagerduty_configs"][0]["service_key_file"].startswith("/run/secrets/")
    assert receivers["slack"]["slack_configs"][0]["api_url_file"].startswith("/run/secrets/")
