"""Services as objects of Kubernetes: kubectl takes the files, and what it makes of them says what it must."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from buildgraph.manifests.model import Autoscale, EnvValue, Service
from buildgraph.render.kubernetes import (
    COMMIT,
    FINGERPRINT,
    INSTANCE,
    SECRETS,
    object_names,
    render_migration,
)
from buildgraph.render.kubernetes.pods import grace_seconds, leaving_seconds
from tests.render.schemas import VERSIONS, mistakes
from tests.render.ships import API, IMAGE, PRODUCTION, STAGING, WORKER, files_of, kustomized, ship

# kubectl is a tool: these tests run where script/test has brought it.
pytestmark = pytest.mark.engine
GROWS = replace(API, autoscale=Autoscale(6, 70))


@pytest.fixture
def objects(tmp_path: Path) -> dict[str, Any]:
    """What production's overlay makes of the usual service and a worker."""
    files = files_of([ship(), ship(WORKER)])
    return kustomized(tmp_path, files, "overlays/production")


def containers(told: dict[str, Any]) -> list[Any]:
    return list(told["spec"]["template"]["spec"]["containers"])


def config_of(objects: dict[str, Any], service: str) -> tuple[str, dict[str, str]]:
    """The name and values of the one ConfigMap of a service."""
    (found,) = [name for name in objects if name.startswith(f"ConfigMap/{service}-")]
    return found.partition("/")[2], objects[found]["data"]


def test_the_overlay_of_an_environment_holds_all_of_its_services_in_its_namespace(
    objects: dict[str, Any],
) -> None:
    kinds = sorted(name for name in objects if not name.startswith("ConfigMap"))

    assert kinds == [
        "Deployment/api",
        "Deployment/worker",
        "Ingress/api",
        "NetworkPolicy/api",
        "NetworkPolicy/worker",
        "PodDisruptionBudget/api",
        "Service/api",
    ]
    assert {told["metadata"]["namespace"] for told in objects.values()} == {"shop"}
    assert {told["metadata"]["labels"][INSTANCE] for told in objects.values()} == {"acme-production"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_keeps_to_the_schemas_of_old_and_new_clusters(tmp_path: Path, version: str) -> None:
    objects = kustomized(tmp_path, files_of([ship(GROWS), ship(WORKER)]), "overlays/production")
    migration = list(yaml.safe_load_all(render_migration(ship())))

    assert mistakes([*objects.values(), *migration], version) == []


def test_a_cluster_s_schema_would_see_a_mistake(objects: dict[str, Any]) -> None:
    told = objects["Deployment/api"]

    wrong = {**told, "spec": {**told["spec"], "replica": 2, "replicas": "two"}}
    assert len(mistakes([wrong], "1.37")) == 2


def test_a_container_may_do_no_more_than_it_must(objects: dict[str, Any]) -> None:
    pod = objects["Deployment/api"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1001,
        "runAsGroup": 1001,
        "fsGroup": 1001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "privileged": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert pod["volumes"] == [{"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}]
    assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)


def test_a_container_runs_an_image_by_digest_within_its_limits(objects: dict[str, Any]) -> None:
    (container,) = containers(objects["Deployment/api"])

    assert container["image"] == IMAGE
    assert container["resources"] == {
        "limits": {"cpu": "500m", "memory": "512Mi"},
        "requests": {"cpu": "125m", "memory": "256Mi"},
    }
    assert "resources" not in containers(objects["Deployment/worker"])[0]


def test_a_service_is_told_well_by_its_path_and_a_worker_by_its_command(objects: dict[str, Any]) -> None:
    (api,), (worker,) = containers(objects["Deployment/api"]), containers(objects["Deployment/worker"])

    assert api["readinessProbe"]["httpGet"] == {"path": "/api/health", "port": "http"}
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert worker[name]["exec"] == {"command": ["worker", "--alive"]}
    probe = api["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == PRODUCTION.health_within


def test_a_version_replaces_another_one_by_one_and_none_goes_before_one_has_come(
    objects: dict[str, Any],
) -> None:
    spec = objects["Deployment/api"]["spec"]

    assert spec["replicas"] == 3
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 5 + 25
    assert objects["PodDisruptionBudget/api"]["spec"]["maxUnavailable"] == 1


def test_a_container_on_its_way_out_takes_requests_until_nobody_sends_it_any(objects: dict[str, Any]) -> None:
    """Those who send requests hear of its end when it does; a worker is sent none."""
    (api,), (worker,) = containers(objects["Deployment/api"]), containers(objects["Deployment/worker"])

    assert api["lifecycle"] == {"preStop": {"exec": {"command": ["sleep", "5"]}}}
    assert "lifecycle" not in worker
    hasty = replace(PRODUCTION, drain_within=0.5)
    assert (leaving_seconds(hasty), grace_seconds(hasty)) == (1, 11)


def test_what_selects_pods_stands_on_them(objects: dict[str, Any]) -> None:
    """A Deployment whose template lacks what it selects by is refused by every cluster."""
    for name, told in objects.items():
        spec = told.get("spec", {})
        chosen = spec.get("selector", spec.get("podSelector", {}))
        chosen = chosen.get("matchLabels", chosen)
        if not chosen:
            continue
        service = name.partition("/")[2]
        labels = objects[f"Deployment/{service}"]["spec"]["template"]["metadata"]["labels"]
        assert chosen.items() <= labels.items(), name
        assert chosen[INSTANCE] == "acme-production"


def test_values_come_from_a_map_that_is_named_by_them_and_secrets_by_reference_only(
    objects: dict[str, Any],
) -> None:
    (container,) = containers(objects["Deployment/api"])
    name, values = config_of(objects, "api")

    assert container["envFrom"] == [
        {"configMapRef": {"name": name}},
        {"secretRef": {"name": f"api-secrets-{'d' * 10}"}},
    ]
    assert values == {
        "HEALTH_PATH": "/api/health",
        "NODE_ENV": "production",
        "PORT": "3000",
        "REGION": "eu",
        "SELF": "http://api:4000",
        "WEB": "https://api.shop.org",
    }
    assert objects[f"ConfigMap/{name}"]["immutable"] is True


def test_another_value_has_a_map_of_another_name() -> None:
    def name(text: str) -> set[tuple[str, str]]:
        service = replace(API, env={"A": EnvValue({"*": text})})
        return {found for found in object_names(ship(service)) if found[0] == "ConfigMap"}

    assert name("one") == name("one") != name("two")


def test_a_pod_tells_what_it_was_made_from(objects: dict[str, Any]) -> None:
    template = objects["Deployment/api"]["spec"]["template"]["metadata"]

    assert template["annotations"][FINGERPRINT] == "e" * 64
    assert template["annotations"][COMMIT] == "c" * 40
    assert template["annotations"][SECRETS] == "d" * 32


def test_others_call_a_service_by_its_port_and_users_by_its_host(objects: dict[str, Any]) -> None:
    (port,) = objects["Service/api"]["spec"]["ports"]
    ingress = objects["Ingress/api"]
    (rule,) = ingress["spec"]["rules"]

    assert (port["port"], port["targetPort"]) == (4000, "http")
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert rule["host"] == "api.shop.org"
    assert rule["http"]["paths"][0]["backend"]["service"] == {"name": "api", "port": {"name": "http"}}
    assert ingress["spec"]["tls"] == [{"hosts": ["api.shop.org"], "secretName": "api-tls"}]
    assert ingress["metadata"]["annotations"] == {"a/b": "c", "cert-manager.io/cluster-issuer": "letsencrypt"}


def test_only_those_come_in_who_have_a_reason(objects: dict[str, Any], tmp_path: Path) -> None:
    inner = replace(API, name="inner", host="", env={})
    told = kustomized(tmp_path / "inner", files_of([ship(inner)]), "overlays/production")
    port = [{"port": "http", "protocol": "TCP"}]

    assert objects["NetworkPolicy/api"]["spec"]["ingress"] == [{"ports": port}]
    assert told["NetworkPolicy/inner"]["spec"]["ingress"] == [{"from": [{"podSelector": {}}], "ports": port}]
    assert objects["NetworkPolicy/worker"]["spec"]["ingress"] == []
    assert "Ingress/inner" not in told


def test_who_grows_is_counted_by_the_cluster(tmp_path: Path) -> None:
    told = kustomized(tmp_path, files_of([ship(GROWS)]), "overlays/production")
    spec = told["HorizontalPodAutoscaler/api"]["spec"]

    assert "replicas" not in told["Deployment/api"]["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 6)
    # 70 in 100 of what it may use; Kubernetes counts by what it is promised, a quarter of that
    assert spec["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 280}


def test_two_overlays_of_one_base_differ_by_their_environment_only(tmp_path: Path) -> None:
    files = files_of([ship(), ship(environment=STAGING, secrets="")])
    production = kustomized(tmp_path, files, "overlays/production")
    staging = kustomized(tmp_path, files, "overlays/staging")

    assert staging["Deployment/api"]["spec"]["replicas"] == 1
    assert staging["Deployment/api"]["metadata"]["namespace"] == "shop-staging"
    assert staging["Ingress/api"]["spec"]["rules"][0]["host"] == "api.localhost"
    assert "PodDisruptionBudget/api" not in staging
    assert containers(staging["Deployment/api"])[0]["envFrom"][1] == {"secretRef": {"name": "api-secrets"}}
    for told in (production, staging):
        told["Service/api"]["metadata"].pop("namespace")
        told["Service/api"]["metadata"]["labels"].pop(INSTANCE)
        told["Service/api"]["spec"]["selector"].pop(INSTANCE)
    assert production["Service/api"] == staging["Service/api"]


def test_a_kind_that_a_cluster_does_not_know_is_left_out(tmp_path: Path) -> None:
    without = ("PodDisruptionBudget", "HorizontalPodAutoscaler")
    told = kustomized(tmp_path, files_of([ship(GROWS)], without), "overlays/production")

    assert {name.partition("/")[0] for name in told} & set(without) == set()


def test_a_migration_is_one_job_of_the_new_image_that_is_not_tried_again() -> None:
    config, job = yaml.safe_load_all(render_migration(ship()))
    spec = job["spec"]
    (container,) = spec["template"]["spec"]["containers"]

    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (0, 120)
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert (container["image"], container["args"]) == (IMAGE, ["node", "migrate.js"])
    assert container["envFrom"][0]["configMapRef"]["name"] == config["metadata"]["name"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_the_names_that_are_kept_are_those_that_are_rendered(objects: dict[str, Any]) -> None:
    named = {f"{kind}/{name}" for service in (API, WORKER) for kind, name in object_names(ship(service))}

    assert named == set(objects)


def test_the_same_values_are_the_same_bytes_whatever_their_order() -> None:
    def shuffled(service: Service, names: Iterable[str]) -> Service:
        return replace(service, env={name: service.env[name] for name in names})

    back = shuffled(API, sorted(API.env, reverse=True))

    assert files_of([ship()]) == files_of([ship(back)])
