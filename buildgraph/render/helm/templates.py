"""A service's objects as a chart's template: the very objects of base and overlay, with values at a few places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from buildgraph.manifests.model import Kubernetes, Service
from buildgraph.render.helm.merging import merged, part, replaced
from buildgraph.render.kubernetes.config import config_map
from buildgraph.render.kubernetes.counts import autoscaler, disruption_budget
from buildgraph.render.kubernetes.names import INSTANCE, MANAGED_BY
from buildgraph.render.kubernetes.shipping import Shipping
from buildgraph.render.kubernetes.ways import ingress, network_policy, service_object
from buildgraph.render.kubernetes.workloads import deployment_patch, plain_deployment
from buildgraph.render.rendered import head
from buildgraph.render.yaml import Verbatim, Yaml, render_yaml

NO_WISHES: Final = Kubernetes(context="", namespace="")
POD: Final = "spec.template.spec"
CONTAINER: Final = f"{POD}.containers.0"
# A release is called like the label of its environment's objects: WORKSPACE-ENVIRONMENT.
LABELS: Final[dict[str, Yaml]] = {
    MANAGED_BY: Verbatim("{{ .Release.Service }}"),
    INSTANCE: Verbatim("{{ .Release.Name }}"),
}
# Where labels stand, and where pods are chosen by them, as kustomize sees it.
LABELLED: Final = ("metadata.labels", "spec.template.metadata.labels")
CHOSEN: Final = ("spec.selector.matchLabels", "spec.podSelector.matchLabels", "spec.selector")


def render_template(shipping: Shipping) -> str:
    """The template of a service; any environment's will do, for what is of an environment is left to values."""
    shipping = replace(shipping, environment=replace(shipping.environment, kubernetes=NO_WISHES))
    service = shipping.service
    objects = [_text(each, service) for each in _objects(shipping)]
    if shipping.service.host or shipping.service.autoscale:
        objects += [_text(each, service) for each in _ways(shipping)]
    objects.append(_where("gt (int $service.replicas) 1", _text(disruption_budget(shipping), service)))
    return _opening(shipping) + "".join(objects) + "{{- end }}\n"


def _opening(shipping: Shipping) -> str:
    """A service without values is left out: `--set services.NAME=null`."""
    name = shipping.service.name
    told = f'dict "name" "{name}" "config" $service.config'
    return head() + (
        f'{{{{- $service := index .Values.services "{name}" }}}}\n'
        "{{- if $service }}\n"
        f'{{{{- $config := include "{shipping.workspace}.config" ({told}) }}}}\n'
    )


def _objects(shipping: Shipping) -> Iterable[dict[str, Yaml]]:
    yield config_map(shipping)
    yield network_policy(shipping.service)
    if shipping.service.port:
        yield service_object(shipping.service)
    yield _deployment(shipping)


def _ways(shipping: Shipping) -> Iterable[dict[str, Yaml]]:
    if shipping.service.host:
        yield ingress(shipping)
    if shipping.service.autoscale:
        yield autoscaler(shipping)


def _deployment(shipping: Shipping) -> dict[str, Yaml]:
    patch = deployment_patch(shipping, is_counted=not shipping.service.autoscale)
    whole = merged(plain_deployment(shipping.service), patch)
    assert isinstance(whole, Mapping)
    sources = f'include "{shipping.workspace}.sources" (dict "config" $config "secrets" $service.secrets)'
    return _set({**whole}, {f"{CONTAINER}.envFrom": Verbatim(f"{{{{ {sources} }}}}")})


def _text(told: Mapping[str, Yaml], service: Service) -> str:
    """An object as it stands in the template."""
    told = _set(_literal(told), _values(told, service))
    told = _set(told, {"metadata.namespace": Verbatim("{{ .Release.Namespace }}")})
    for path in (*LABELLED, *CHOSEN):
        labels = part(told, path)
        if isinstance(labels, Mapping) and "matchLabels" not in labels:
            added = LABELS if path in LABELLED else {INSTANCE: LABELS[INSTANCE]}
            told = _set(told, {path: {**labels, **added}})
    return "---\n" + render_yaml(told)


def _values(told: Mapping[str, Yaml], service: Service) -> dict[str, Yaml]:
    """What stands in an object in place of what is of an environment, by its path."""
    kind = told["kind"]
    if kind == "ConfigMap":
        return {"metadata.name": Verbatim("{{ $config }}"), "data": _value("$service.config")}
    if kind == "Ingress":
        return {
            "metadata.annotations": _value(".Values.ingress.annotations"),
            "spec.ingressClassName": _value(".Values.ingress.class"),
            "spec.tls": _certificate(service),
            "spec.rules.0.host": _value("$service.host"),
        }
    if kind == "HorizontalPodAutoscaler":
        return {"spec.minReplicas": _value("$service.replicas")}
    if kind != "Deployment":
        return {}
    return {
        **({} if service.autoscale else {"spec.replicas": _value("$service.replicas")}),
        "spec.progressDeadlineSeconds": _value(".Values.startupSeconds"),
        f"{POD}.terminationGracePeriodSeconds": _value(".Values.stopSeconds"),
        f"{POD}.imagePullSecrets": _value(".Values.pullSecrets"),
        f"{CONTAINER}.image": _image(service),
        f"{CONTAINER}.resources": _value("$service.resources"),
        f"{CONTAINER}.startupProbe.failureThreshold": _value(".Values.startupTries"),
        f"{CONTAINER}.lifecycle.preStop.exec.command.1": Verbatim('"{{ .Values.leaveSeconds }}"'),
    }


def _value(name: str) -> Verbatim:
    """A value as JSON, which is YAML, too: nothing of it can be read as anything else."""
    return Verbatim(f"{{{{ toJson {name} }}}}")


def _image(service: Service) -> Verbatim:
    """By digest where there is one; else by its own tag, or the one that all have."""
    tag = "{{ with default $.Values.tag $service.tag }}:{{ . }}{{ end }}"
    version = f"{{{{ with $service.digest }}}}@{{{{ . }}}}{{{{ else }}}}{tag}{{{{ end }}}}"
    return Verbatim(f'"{{{{ .Values.registry }}}}/{service.name}{version}"')


def _certificate(service: Service) -> Verbatim:
    wanted = f'[{{"hosts": [{{{{ toJson $service.host }}}}], "secretName": "{service.name}-tls"}}]'
    return Verbatim(f"{{{{ if .Values.ingress.tls }}}}{wanted}{{{{ else }}}}[]{{{{ end }}}}")


def _where(condition: str, text: str) -> str:
    return f"{{{{- if {condition} }}}}\n{text}{{{{- end }}}}\n"


def _set(told: Mapping[str, Yaml], values: Mapping[str, Yaml]) -> dict[str, Yaml]:
    found: Yaml = told
    for path, value in values.items():
        found = replaced(found, path, value)
    assert isinstance(found, Mapping)
    return {**found}


def _literal(told: Mapping[str, Yaml]) -> dict[str, Yaml]:
    """The same in which no text begins an action of the template."""
    return {name: _escaped(value) for name, value in told.items()}


def _escaped(value: Yaml) -> Yaml:
    if isinstance(value, Mapping):
        return _literal(value)
    if isinstance(value, str):
        return value if isinstance(value, Verbatim) or "{{" not in value else _in_quotes(value)
    if isinstance(value, Sequence):
        return [_escaped(each) for each in value]
    return value


def _in_quotes(text: str) -> Verbatim:
    quoted = render_yaml(text).removesuffix("\n")
    return Verbatim(quoted.replace("{{", '{{ "{{" }}'))
