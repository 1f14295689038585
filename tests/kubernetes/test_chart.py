"""The chart on a real cluster: what it takes of it, and a release that helm brings, changes and takes back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from buildgraph.render.kubernetes import VERSIONS
from tests.kubernetes.harbour import KUBECONFIG, Harbour, kubectl
from tests.render.helm import laid_over, objects_of, told_by_helm, values_in
from tests.support.system import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.cluster, pytest.mark.timeout(900)]
CHART = ROOT / "docker/helm"


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace of the test's own."""
    name = f"t{uuid.uuid4().hex[:8]}-chart"
    made = kubectl("create", "namespace", name)
    assert made.returncode == 0, made.stderr
    yield name
    kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.parametrize(
    ("environment", "unknown"),
    [
        ("staging", {"HorizontalPodAutoscaler"}),
        ("production", {"HorizontalPodAutoscaler", "PodDisruptionBudget"}),
    ],
    ids=["staging", "production"],
)
def test_a_cluster_takes_every_object_but_those_of_kinds_that_it_is_too_old_for(
    namespace: str, environment: str, unknown: set[str]
) -> None:
    """The chart's objects are the overlay's, which another test compares; this asks who would run them."""
    objects = objects_of(CHART, f"manacore-{environment}", namespace, values_in(CHART, environment))
    too_new = {name: told for name, told in objects.items() if told["kind"] in VERSIONS}
    known = [told for name, told in objects.items() if name not in too_new]

    dry = ("apply", "--namespace", namespace, "--dry-run=server", "-f", "-")
    taken = kubectl(*dry, given=json.dumps({"apiVersion": "v1", "kind": "List", "items": known}))
    assert (taken.returncode, taken.stderr) == (0, "")
    assert taken.stdout.count("created (server dry run)") == len(known)
    kinds = {"ConfigMap", "Deployment", "Ingress", "NetworkPolicy", "Service"}
    assert {told["kind"] for told in known} == kinds
    assert {told["kind"] for told in too_new.values()} == unknown


@pytest.fixture
def harbour(tmp_path: Path, registry: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Harbour]:
    """A shop whose images are in a registry, in a namespace with its Secret; nothing of it is deployed."""
    monkeypatch.setenv("KUBECONFIG", str(KUBECONFIG))
    made = Harbour(tmp_path / "harbour", registry, ("alpha",))
    made.must("push:shop", "env=alpha")
    made.must("render", "helm")
    kubectl("create", "namespace", made.namespace())
    secret = ("secret", "generic", "api-secrets", "--from-literal=DATABASE_URL=postgres://somewhere")
    made.kubectl("create", *secret)
    yield made
    kubectl("delete", "namespace", made.namespace(), "--wait=false")
    made.raze()


def test_helm_brings_a_product_changes_a_value_of_it_and_takes_that_back(harbour: Harbour) -> None:
    chart = harbour.root / "docker/helm"
    for_an_old_cluster(chart)
    release = f"{harbour.name}-alpha"
    told = harbour.must("render", "--images", "env=alpha").out
    tags = {line.partition("_IMAGE=")[0].lower(): line.rpartition(":")[2] for line in told.splitlines()}
    chosen = {"api": {"tag": tags["api"]}, "web": {"tag": tags["web"]}, "mail": None}
    values = laid_over(values_in(chart, "alpha"), {"services": chosen})

    told_by_helm("install", chart, release, harbour.namespace(), values)
    assert answers(harbour) == ("api 1 alpha", "web 1 alpha")
    pods = harbour.pods()
    assert set(pods) == {"api", "web"}

    other = laid_over(values, {"services": {"api": {"config": {"LEVEL": "omega"}}}})
    told_by_helm("upgrade", chart, release, harbour.namespace(), other)
    assert answers(harbour) == ("api 1 omega", "web 1 alpha")
    assert harbour.pods()["web"] == pods["web"], "what is the same is not started again"

    told_by_helm("rollback", chart, release, harbour.namespace(), {})
    assert answers(harbour) == ("api 1 alpha", "web 1 alpha")


def answers(harbour: Harbour) -> tuple[str, str]:
    return harbour.answer("api"), harbour.answer("web")


def for_an_old_cluster(chart: Path) -> None:
    """The cluster of these tests is older than any that a chart is for; what it does not know is not made here."""
    file = chart / "Chart.yaml"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not line.startswith("kubeVersion")))
