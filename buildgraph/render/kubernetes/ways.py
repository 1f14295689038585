"""The ways to a service: its name in the namespace, its public host, and who may take them."""

from __future__ import annotations

from buildgraph.manifests.model import Service
from buildgraph.render.kubernetes.names import PORT_NAME, selector, service_labels
from buildgraph.render.kubernetes.shipping import Shipping
from buildgraph.render.yaml import Yaml

ISSUER = "cert-manager.io/cluster-issuer"  # cert-manager's word for who signs an Ingress's certificate


def service_object(service: Service) -> dict[str, Yaml]:
    """Where other services call it: by its name and its own port."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": service.name, "labels": service_labels(service)},
        "spec": {
            "type": "ClusterIP",
            "selector": selector(service),
            "ports": [{"name": PORT_NAME, "port": service.port, "targetPort": PORT_NAME, "protocol": "TCP"}],
        },
    }


def network_policy(service: Service) -> dict[str, Yaml]:
    """Who may call it: its namespace; everybody where it is public; nobody where it listens on no port."""
    port: Yaml = {"port": PORT_NAME, "protocol": "TCP"}
    callers: dict[str, Yaml] = {} if service.host else {"from": [{"podSelector": {}}]}
    ways: list[Yaml] = [{**callers, "ports": [port]}] if service.port else []
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": service.name, "labels": service_labels(service)},
        "spec": {
            "podSelector": {"matchLabels": selector(service)},
            "policyTypes": ["Ingress"],
            "ingress": ways,
        },
    }


def ingress(shipping: Shipping) -> dict[str, Yaml]:
    """Its public host; with an issuer, also the certificate."""
    service, cluster = shipping.service, shipping.cluster
    host = shipping.environment.host_of(service)
    backend: Yaml = {"service": {"name": service.name, "port": {"name": PORT_NAME}}}
    rule: Yaml = {"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    annotations: dict[str, Yaml] = dict(sorted(cluster.annotations.items()))
    certificate: dict[str, Yaml] = {}
    if cluster.issuer:
        annotations[ISSUER] = cluster.issuer
        certificate["tls"] = [{"hosts": [host], "secretName": f"{service.name}-tls"}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "name": service.name,
            "labels": service_labels(service),
            **({"annotations": annotations} if annotations else {}),
        },
        "spec": {
            **({"ingressClassName": cluster.ingress_class} if cluster.ingress_class else {}),
            **certificate,
            "rules": [rule],
        },
    }
