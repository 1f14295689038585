"""The chart: helm's own code makes the overlays' objects of it, and refuses what it cannot use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from buildgraph.manifests.model import Autoscale, Environment, EnvValue, Manifests, Product, WorkspaceManifest
from buildgraph.render.helm import FOLDER, render_helm
from buildgraph.render.helm.templates import render_template
from buildgraph.render.kubernetes import object_names
from buildgraph.render.kubernetes.committed import FOLDER as OVERLAYS
from buildgraph.render.kubernetes.committed import render_committed, shipped
from tests.render.helm import comparable, laid_over, objects_of, told_by_helm, values_in
from tests.render.schemas import VERSIONS, mistakes
from tests.render.ships import API, PRODUCTION, STAGING, WORKER, kustomized, ship

# helm's library and kubectl are tools: these tests run where script/test has brought them.
pytestmark = pytest.mark.engine
GROWS = replace(API, name="grows", port=4001, autoscale=Autoscale(6, 70))
# No host, no secret, no limits; words that a template would take for its own.
ODD = replace(
    WORKER, name="odd", env={"WORDS": EnvValue({"*": 'a "{{ .Values }}" & <b>'})}, health_command=("{{ x }}",)
)
MANIFESTS = Manifests(
    WorkspaceManifest("acme"),
    (Product("shop", (API, GROWS, ODD, WORKER)),),
    (PRODUCTION, replace(STAGING, health_within=15.0)),
)


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart of a shop with two environments that have little in common."""
    folder = tmp_path_factory.mktemp("chart")
    for path, text in render_helm(MANIFESTS).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder / FOLDER


def made(chart: Path, environment: Environment, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The objects of an environment, where somebody gives `more` values."""
    assert environment.kubernetes
    values = laid_over(values_in(chart, environment.name), more or {})
    return objects_of(chart, f"acme-{environment.name}", environment.kubernetes.namespace, values)


@pytest.mark.parametrize("environment", [PRODUCTION, STAGING], ids=["production", "staging"])
def test_the_chart_makes_the_objects_of_the_overlay(
    chart: Path, tmp_path: Path, environment: Environment
) -> None:
    folder = f"{OVERLAYS}/overlays/{environment.name}"
    overlay = kustomized(tmp_path, render_committed(MANIFESTS), folder)

    assert comparable(made(chart, environment)) == comparable(overlay)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_chart_says_emptily_old_and_new_clusters_take_too(chart: Path, version: str) -> None:
    """An overlay leaves it out; all else is the overlay's, whose schemas are tried elsewhere."""
    one_of_each_kind = {told["kind"]: told for told in made(chart, STAGING).values()}

    assert one_of_each_kind["Ingress"]["spec"]["ingressClassName"] is None
    assert mistakes(one_of_each_kind.values(), version) == []


def test_images_are_named_by_one_tag_or_each_by_its_own_or_by_its_digest(chart: Path) -> None:
    digest = "sha256:" + "a" * 64
    told = made(chart, STAGING, {"tag": "v2", "services": {"api": {"digest": digest}, "odd": {"tag": "v3"}}})

    def image(service: str) -> str:
        (container,) = told[f"Deployment/{service}"]["spec"]["template"]["spec"]["containers"]
        return str(container["image"])

    assert image("api") == f"ghcr.io/shop/api@{digest}"
    assert (image("worker"), image("odd")) == ("ghcr.io/shop/worker:v2", "ghcr.io/shop/odd:v3")


def test_who_has_several_containers_is_never_taken_away_at_once_and_growing_ones_are_left_to_the_cluster(
    chart: Path,
) -> None:
    told = made(chart, STAGING, {"services": {"worker": {"replicas": 2}, "grows": {"replicas": 3}}})

    assert told["PodDisruptionBudget/worker"]["spec"]["maxUnavailable"] == 1
    assert "PodDisruptionBudget/odd" not in told
    assert told["HorizontalPodAutoscaler/grows"]["spec"]["minReplicas"] == 3
    assert "replicas" not in told["Deployment/grows"]["spec"]


def test_another_value_has_a_map_of_another_name_as_a_deploy_would_call_it(chart: Path) -> None:
    """A map never changes, so that a version that is gone back to finds its own."""
    told = made(chart, STAGING, {"services": {"odd": {"config": {"WORDS": "other"}}}})
    deployed = replace(ODD, env={"WORDS": EnvValue({"*": "other"})})

    (name,) = [name for kind, name in object_names(ship(deployed, STAGING)) if kind == "ConfigMap"]
    (container,) = told["Deployment/odd"]["spec"]["template"]["spec"]["containers"]
    assert f"ConfigMap/{name}" in told
    assert container["envFrom"] == [{"configMapRef": {"name": name}}]


def test_a_service_without_values_is_left_out(chart: Path) -> None:
    told = made(chart, STAGING, {"services": {"api": None, "grows": None, "odd": None}})

    names = {each["metadata"]["labels"]["app.kubernetes.io/name"] for each in told.values()}
    assert names == {"worker"}


def test_a_template_is_the_same_whichever_environment_it_is_made_from() -> None:
    production, staging = shipped(MANIFESTS).values()

    assert len(production) == 4
    assert [render_template(each) for each in production] == [render_template(each) for each in staging]


def service(**fields: Any) -> dict[str, Any]:
    return {"registry": "r", "services": {"api": fields}}


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param({}, "missing property 'registry'", id="no environment's file"),
        pytest.param(
            {"registry": "r", "replica": 2}, "additional properties 'replica' not allowed", id="no such value"
        ),
        pytest.param(
            service(config={"PORT": 1}),
            "api/config/PORT': got number, want string",
            id="a number as a variable",
        ),
        pytest.param(
            service(digest="v2"), "api/digest': 'v2' does not match pattern", id="a tag in place of a digest"
        ),
        pytest.param(
            service(replicas="two"),
            "api/replicas': got string, want integer",
            id="words in place of a number",
        ),
    ],
)
def test_values_that_cannot_be_are_refused_before_anything_is_made(
    chart: Path, values: dict[str, Any], told: str
) -> None:
    with pytest.raises(AssertionError) as refused:
        told_by_helm("render", chart, "acme", "shop", values)
    assert told in str(refused.value)
