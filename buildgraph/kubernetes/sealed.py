"""Secret values on their way to a cluster: one object for each set of them, which never changes."""

from __future__ import annotations

from base64 import b64encode

from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.state import render_object
from buildgraph.manifests.model import Service
from buildgraph.place.secrets import needed_secrets
from buildgraph.render.kubernetes import INSTANCE, secrets_name, service_labels


def ensure_sealed(cluster: Cluster, service: Service, digest: str) -> None:
    """Have the Secret of the values that a digest tells. They travel on kubectl's standard input alone.

    It is created, not applied: that would write the values down a second time, in an annotation.
    """
    names = needed_secrets(service, cluster.environment)
    if not names:
        return
    values = {name: b64encode(cluster.secrets.reveal(name).encode()).decode() for name in names}
    labels = {**service_labels(service), INSTANCE: cluster.instance}
    body = {"type": "Opaque", "immutable": True, "data": values}
    cluster.kubectl.creates(render_object("Secret", secrets_name(service, digest), labels, body))
