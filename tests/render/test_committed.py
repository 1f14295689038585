"""What this repository has rendered: nothing has drifted, and the programs that read it take it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
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

ROOT = Path(__file__).parents[2]
CHART = ROOT / "docker/helm"
SERVERS = 19  # backends and web apps: two of each in production, and more while they are busy
COMPOSE = ("docker/compose.dev.yml", "docker/compose.prod.yml")


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
@pytest.mark.parametrize(("path", "environment"), [*zip(COMPOSE, ("development", "production"), strict=True)])
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
