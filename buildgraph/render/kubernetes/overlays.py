"""The files of a kustomize base and its overlays: path -> text, from values alone.

    base/SERVICE/                   what is the same in every environment
    overlays/ENVIRONMENT/SERVICE/   what the environment adds
    overlays/ENVIRONMENT/           all services of it

`kubectl apply -k` takes the folder of one service or of a whole environment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from buildgraph.manifests.model import Service
from buildgraph.render.kubernetes.config import config_map
from buildgraph.render.kubernetes.counts import autoscaler, disruption_budget
from buildgraph.render.kubernetes.names import INSTANCE, config_name, instance_of, service_labels
from buildgraph.render.kubernetes.shipping import Shipping
from buildgraph.render.kubernetes.ways import ingress, network_policy, service_object
from buildgraph.render.kubernetes.workloads import deployment_patch, migration_job, plain_deployment
from buildgraph.render.yaml import Yaml, render_file, render_yaml

KUSTOMIZATION: Final = "kustomization.yaml"
HEAD: Final[dict[str, Yaml]] = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}

# Kinds that younger clusters have only, by the version that knows them: one that does not goes without.
VERSIONS: Final[Mapping[str, str]] = {
    "PodDisruptionBudget": "policy/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
}


def base_folder(service: str) -> str:
    """Where the base of a service stands."""
    return f"base/{service}"


def overlay_folder(environment: str, service: str = "") -> str:
    """Where the overlay of a service, or of the whole environment, stands."""
    return f"overlays/{environment}/{service}".rstrip("/")


def render_base(service: Service) -> dict[str, str]:
    """The base of a service."""
    objects = {"deployment": plain_deployment(service), "networkpolicy": network_policy(service)}
    if service.port:
        objects["service"] = service_object(service)
    return _placed(base_folder(service.name), objects, HEAD)


def render_overlay(shipping: Shipping, without: Collection[str] = ()) -> dict[str, str]:
    """The overlay of a service; kinds that stand in `without` are left out."""
    service, environment = shipping.service, shipping.environment
    folder = overlay_folder(environment.name, service.name)
    instance: Yaml = {INSTANCE: instance_of(shipping.workspace, environment.name)}
    objects = {name: told for name, told in _objects(shipping).items() if told["kind"] not in without}
    settings: dict[str, Yaml] = {
        **HEAD,
        "namespace": shipping.cluster.namespace,
        "labels": [{"pairs": instance, "includeSelectors": True}],
        "images": [_image(shipping)],
    }
    files = _placed(folder, objects, settings, f"../../../{base_folder(service.name)}")
    patch = render_file(deployment_patch(shipping, is_counted="autoscaler" not in objects))
    kustomization = f"{folder}/{KUSTOMIZATION}"
    files[kustomization] += render_yaml({"patches": [{"path": "patch.yaml"}]})
    return {**files, f"{folder}/patch.yaml": patch}


def object_names(shipping: Shipping) -> frozenset[tuple[str, str]]:
    """Kind and name of everything that a service is here, its Secret left out."""
    named = {("Deployment", shipping.service.name), ("NetworkPolicy", shipping.service.name)}
    if shipping.service.port:
        named.add(("Service", shipping.service.name))
    told = _objects(shipping).values()
    return frozenset(named | {(str(found["kind"]), _name_of(found)) for found in told})


def _name_of(told: Mapping[str, Yaml]) -> str:
    meta = told["metadata"]
    return str(meta["name"]) if isinstance(meta, Mapping) else ""


def render_environment(environment: str, services: Iterable[str]) -> dict[str, str]:
    """The overlay of a whole environment."""
    names: list[Yaml] = [*sorted(services)]
    path = f"{overlay_folder(environment)}/{KUSTOMIZATION}"
    return {path: render_file({**HEAD, "resources": names})}


def render_migration(shipping: Shipping) -> str:
    """The ConfigMap and the Job of a migration, which runs before the version it belongs to is applied."""
    config = config_map(shipping)
    instance = {INSTANCE: instance_of(shipping.workspace, shipping.environment.name)}
    labels: Yaml = {**service_labels(shipping.service), **instance}
    named: Yaml = {"name": config_name(shipping.service, shipping.values), "labels": labels}
    return render_file({**config, "metadata": named}, migration_job(shipping))


def _objects(shipping: Shipping) -> dict[str, dict[str, Yaml]]:
    """The objects that an environment adds, by the name of their file."""
    found = {"configmap": config_map(shipping)}
    if shipping.service.host:
        found["ingress"] = ingress(shipping)
    if shipping.replicas > 1:
        found["disruptionbudget"] = disruption_budget(shipping)
    if shipping.service.autoscale:
        found["autoscaler"] = autoscaler(shipping)
    return found


def _image(shipping: Shipping) -> Yaml:
    """What stands for the base's image: the name in the registry, and the digest where it is known."""
    name = shipping.service.name
    registry = shipping.environment.registry.rstrip("/")
    reference, _, digest = (shipping.image or f"{registry}/{name}").partition("@")
    return {"name": name, "newName": reference, **({"digest": digest} if digest else {})}


def _placed(
    folder: str, objects: Mapping[str, Mapping[str, Yaml]], settings: Mapping[str, Yaml], *bases: str
) -> dict[str, str]:
    """Each object in a file of its own, and the kustomization that lists them."""
    files = {f"{folder}/{name}.yaml": render_file(told) for name, told in objects.items()}
    resources: list[Yaml] = [*bases, *(f"{name}.yaml" for name in sorted(objects))]
    return {**files, f"{folder}/{KUSTOMIZATION}": render_file({**settings, "resources": resources})}
