"""A Helm chart: the objects of the kustomize overlays, with a value in place of what differs by environment.

Chart.yaml                what it is
values.yaml               what is the same in all environments
values-ENVIRONMENT.yaml   what an environment adds to that
values.schema.json        what values may be
templates/SERVICE.yaml    the objects of a service
templates/_names.tpl      what is called after what it holds
"""

from __future__ import annotations

from typing import Final

from buildgraph.manifests.model import Manifests
from buildgraph.render.helm.names import render_names
from buildgraph.render.helm.schema import render_schema
from buildgraph.render.helm.templates import render_template
from buildgraph.render.helm.values import REGISTRY, common, rest, values_of
from buildgraph.render.kubernetes.committed import shipped
from buildgraph.render.yaml import Yaml, render_file

FOLDER: Final = "docker/helm"
# Those that know `autoscaling/v2`, the youngest version of what may be rendered.
CLUSTERS: Final = ">=1.23.0-0"


def render_helm(manifests: Manifests) -> dict[str, str]:
    """The chart of a workspace; nothing, where no environment's images can be pulled by a cluster."""
    there = shipped(manifests)
    if not there:
        return {}
    workspace = manifests.workspace.name
    values = {environment: values_of(shippings) for environment, shippings in there.items()}
    same = common(list(values.values()))
    same.pop(REGISTRY, None)  # only an environment's file says it, so that a chart without one is refused
    files = {
        "Chart.yaml": render_file(_chart(workspace)),
        "values.yaml": render_file(same),
        "values.schema.json": render_schema(),
        "templates/_names.tpl": render_names(workspace),
    }
    for environment, told in values.items():
        files[f"values-{environment}.yaml"] = render_file(rest(told, same))
    for shipping in next(iter(there.values())):
        files[f"templates/{shipping.service.name}.yaml"] = render_template(shipping)
    return {f"{FOLDER}/{path}": text for path, text in files.items()}


def _chart(workspace: str) -> dict[str, Yaml]:
    """`helm package --version` gives it another version; what it runs is told by values alone."""
    return {
        "apiVersion": "v2",
        "name": workspace,
        "description": f"The services of {workspace}.",
        "type": "application",
        "version": "0.1.0",
        "kubeVersion": CLUSTERS,
    }
