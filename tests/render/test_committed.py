"""What this repository has rendered: nothing has drifted, and the programs that read it take it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pytest
import yaml

from buildgraph.commands.render import find_drifts
from buildgraph.manifests.kinds import RENDERED
from buildgraph.manifests.model import Manifests, Product, Service
from buildgraph.picture import Picture
from buildgraph.project import open_project
from buildgraph.render.rendered import is_rendered
from buildgraph.render.table import TABLE, render_all
from tests.render.helm import by_name, comparable, objects_of, told_by_helm, values_in
from tests.render.schemas import VERSIONS, mistakes
from tests.support.laptop import bare
from tests.test_docs import all_tests

ROOT = Path(__file__).parents[2]
CHART = ROOT / "docker/helm"
SERVERS = 19  # backends and web apps: two of each in production, and more while they are busy
COMPOSE = ("docker/compose.dev.yml", "docker/compose.prod.yml")


# Pattern below docker/ (a `*` takes slashes, too) -> the tool that reads such files in script/test, and where: a test
# that takes all of them, or a script.
READERS = {
    "compose.*.yml": ("docker compose", "test_compose_takes_each_file_with_what_its_template_names"),
    "env/*.env.example": ("docker compose", "test_compose_takes_each_file_with_what_its_template_names"),
    "github/*.yml": ("actionlint", "test_actionlint_has_nothing_to_say_and_would_see_a_mistake"),
    "helm/*": (
        "helm's own library",
        "test_kubectl_and_helm_make_the_same_of_every_service_and_old_and_new_clusters_take_it",
    ),
    "host/*/nginx.conf": ("nginx -t", "test_its_own_check_has_nothing_to_say"),
    "host/*/haproxy.cfg": ("haproxy -c", "test_its_own_check_has_nothing_to_say"),
    "host/*/firewall.nft": ("nft --check", "test_the_kernel_would_take_each_server_s"),
    "host/*-backup.*": ("systemd-analyze verify", "test_systemd_takes_both_and_knows_when_it_is_time"),
    "kubernetes/*": (
        "kubectl kustomize",
        "test_kubectl_and_helm_make_the_same_of_every_service_and_old_and_new_clusters_take_it",
    ),
    "monitoring/alertmanager.yml": ("amtool", "test_alertmanager_takes_its_configuration"),
    "monitoring/blackbox.yml": (
        "prometheus-blackbox-exporter",
        "test_whoever_asks_for_health_takes_its_configuration",
    ),
    "monitoring/compose.yml": ("docker compose", "test_every_compose_file_keeps_to_the_schema_of_compose"),
    "monitoring/deployed.yml": ("docker compose", "test_every_compose_file_keeps_to_the_schema_of_compose"),
    "monitoring/grafana/dashboards/*": (
        "promtool, their queries",
        "test_prometheus_takes_every_query_of_a_dashboard",
    ),
    "monitoring/prometheus/*": (
        "promtool",
        "test_prometheus_takes_its_configuration_with_the_targets_of_either_way_and_its_rules",
    ),
    "substitutes/*": ("docker buildx", "script/bases"),
    "templates/Dockerfile.*": ("hadolint", "test_a_template_breaks_none_of_its_rules"),
    "templates/*.conf": (
        "nginx",
        "test_a_page_is_kept_for_an_hour_an_asset_for_ever_and_an_error_not_at_all",
    ),
    "templates/healthcheck.*": (
        "node, sh",
        "test_a_sealed_container_is_healthy_and_the_kernel_grants_it_nothing",
    ),
    "templates/install.mjs": ("node", "test_an_image_holds_what_runs_and_nothing_that_built_it"),
    "templates/ship.mjs": ("node", "test_an_image_holds_what_runs_and_nothing_that_built_it"),
    "templates/start.mjs": ("node", "test_an_app_of_every_kind_is_recognised_built_and_answers"),
}
# Whose program is in no registry of packages: compared with what it should say, and read by nobody.
UNREAD = {
    "monitoring/grafana/provisioning/*": "Grafana",
    "monitoring/loki.yml": "Loki",
    "monitoring/promtail.yml": "Grafana Alloy",
}


@cache
def picture() -> Picture:
    return open_project(ROOT).working_picture()


def manifests() -> Manifests:
    return picture().manifests


def test_nothing_that_is_rendered_has_drifted_from_the_manifests() -> None:
    assert manifests().workspace.render == RENDERED
    drifted = [(drift.path, drift.state) for drift in find_drifts(ROOT, picture(), RENDERED)]
    assert drifted == [], "run `buildgraph render`"


def test_the_table_has_a_row_for_every_name_that_a_workspace_may_ask_for() -> None:
    assert tuple(TABLE) == RENDERED


@pytest.mark.parametrize("name", RENDERED)
def test_a_rendered_file_says_so_in_its_first_line_and_stands_where_its_row_says(name: str) -> None:
    texts = render_all(manifests(), [name])
    fitting = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(TABLE[name].glob(manifests()))}

    assert texts
    assert all(is_rendered(text) for text in texts.values())
    assert texts.keys() <= fitting


def test_every_file_below_docker_has_one_tool_that_reads_it_or_says_why_it_has_none() -> None:
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "docker")
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    rows = (*READERS, *UNREAD)
    fitting = {
        file: [row for row in rows if fnmatchcase(file.removeprefix("docker/"), row)] for file in files
    }

    assert {file: found for file, found in fitting.items() if len(found) != 1} == {}
    assert set(rows) == {row for found in fitting.values() for row in found}, "a row is about no file"
    proofs = {proof for _, proof in READERS.values()}
    assert {proof for proof in proofs - all_tests() if not (ROOT / proof).exists()} == set()


def test_rendering_twice_gives_the_same_texts_in_the_same_order() -> None:
    assert [*render_all(manifests(), RENDERED).items()] == [*render_all(manifests(), RENDERED).items()]


def test_no_value_of_a_secret_is_in_any_of_it() -> None:
    values = [
        line.partition("=")[2]
        for line in (ROOT / "manifests/environments/development.env").read_text().splitlines()
        if "PASSWORD=" in line or "SECRET=" in line or "KEY=" in line
    ]

    assert values
    text = "".join(render_all(manifests(), RENDERED).values())
    assert [value for value in values if value in text] == []


def test_every_service_stands_in_every_table_and_file_that_is_about_all() -> None:
    texts = render_all(manifests(), RENDERED)

    for service in manifests().services:
        assert f"| {service.name} |" in texts["docs/RENDERED.md"], service.name
        assert all(f"\n  {service.name}:\n" in texts[path] for path in COMPOSE), service.name
        assert f"docker/kubernetes/overlays/production/{service.name}/kustomization.yaml" in texts, (
            service.name
        )
        assert f"docker/helm/templates/{service.name}.yaml" in texts, service.name
        assert f"\n  {service.name}:\n" in texts["docker/helm/values.yaml"], service.name


def test_one_more_product_is_rendered_everywhere_with_no_other_edit() -> None:
    chat = next(product for product in manifests().products if product.name == "chat")
    tenth = Product("tenth", tuple(_renamed(service) for service in chat.services))
    texts = render_all(replace(manifests(), products=(*manifests().products, tenth)), RENDERED)

    added = texts.keys() - render_all(manifests(), RENDERED).keys()
    assert {path.split("/")[1] for path in added} == {"helm", "kubernetes"}
    assert all("/tenth-" in path for path in added)
    assert all("\n  tenth-backend:\n" in texts[path] for path in COMPOSE)
    assert "      - tenth\n" in texts["docker/compose.dev.yml"]
    assert "| tenth-web |" in texts["docs/RENDERED.md"]
    assert "\n  - job_name: tenth-backend\n" in texts["docker/monitoring/prometheus/prometheus.yml"]


def _renamed(service: Service) -> Service:
    name, host = service.name.replace("chat", "tenth"), service.host.replace("chat", "tenth")
    after = tuple(other.replace("chat", "tenth") for other in service.depends_on)
    return replace(service, name=name, product="tenth", host=host, port=service.port + 90, depends_on=after)


def filled(template: Path, to: Path) -> Path:
    """A template with something for each of its names."""
    to.write_text(re.sub(r"^(\w+)=$", r"\1=something", template.read_text(), flags=re.MULTILINE))
    return to


@pytest.mark.engine
@pytest.mark.parametrize(
    ("path", "environment"),
    [(COMPOSE[0], "development"), (COMPOSE[1], "staging"), (COMPOSE[1], "production")],
)
def test_compose_takes_each_file_with_what_its_template_names(
    tmp_path: Path, path: str, environment: str
) -> None:
    values = filled(ROOT / f"docker/env/{environment}.env.example", tmp_path / "values.env")
    argv = ["docker", "compose", "--env-file", str(values), "-f", str(ROOT / path), "config", "-q"]

    ran = subprocess.run(argv, capture_output=True, text=True, check=False, env=bare())
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_every_compose_file_keeps_to_the_schema_of_compose(tmp_path: Path) -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"

    def checked(*paths: Path) -> int:
        argv = [str(checker), "--builtin-schema", "vendor.compose-spec", *map(str, paths)]
        return subprocess.run(argv, capture_output=True, check=False).returncode

    watching = (ROOT / "docker/monitoring" / name for name in ("compose.yml", "deployed.yml"))
    committed = [*(ROOT / path for path in COMPOSE), *watching]
    assert checked(*committed) == 0
    (tmp_path / "broken.yml").write_text(committed[0].read_text().replace("read_only:", "read_onely:"))
    assert checked(tmp_path / "broken.yml") == 1


@pytest.mark.engine
def test_compose_refuses_a_server_whose_secrets_are_missing_and_starts_a_laptop_without_any(
    tmp_path: Path,
) -> None:
    none = tmp_path / "none.env"
    none.touch()

    codes = [
        subprocess.run(
            ["docker", "compose", "--env-file", str(none), "-f", str(ROOT / path), "config", "-q"],
            capture_output=True,
            check=False,
            env=bare(),
        ).returncode
        for path in COMPOSE
    ]
    assert codes[0] == 0
    assert codes[1] != 0


@pytest.mark.engine
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_kubectl_and_helm_make_the_same_of_every_service_and_old_and_new_clusters_take_it(
    environment: str,
) -> None:
    folder = ROOT / "docker/kubernetes/overlays" / environment
    argv = ("kubectl", "kustomize", str(folder))

    shown = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    objects = list(yaml.load_all(shown, yaml.CSafeLoader))
    kinds = Counter(told["kind"] for told in objects)
    assert {kinds[kind] for kind in ("Deployment", "Service", "Ingress", "NetworkPolicy", "ConfigMap")} == {
        36
    }
    assert kinds["HorizontalPodAutoscaler"] == SERVERS
    assert kinds["PodDisruptionBudget"] == (SERVERS if environment == "production" else 0)
    for version in VERSIONS:
        assert mistakes(objects, version) == [], version

    made = objects_of(
        CHART, f"manacore-{environment}", f"manacore-{environment}", values_in(CHART, environment)
    )
    assert comparable(made) == comparable(by_name(objects)), "the chart is the overlay with values in it"


@pytest.mark.engine
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_helm_s_linter_has_nothing_to_say_but_that_the_chart_has_no_icon(environment: str) -> None:
    told = told_by_helm("lint", CHART, "manacore", "manacore", values_in(CHART, environment))

    assert [each["error"] for each in told["messages"]] == ["icon is recommended"]
    assert told["errors"] == []
