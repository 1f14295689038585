"""What an environment remembers, in its own namespace: small objects that are created once, or have single keys set."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from secrets import token_bytes
from typing import Any, Final

from buildgraph.kubernetes.cluster import STATE, Cluster
from buildgraph.kubernetes.kubectl import PATIENCE

KEY: Final = "buildgraph-key"
KEY_BYTES: Final = 32


def ensure_namespace(cluster: Cluster) -> bool:
    """Have the environment's namespace; returns whether it was made.

    Who may not look at namespaces has been given one.
    """
    name = cluster.kubectl.namespace
    looked = cluster.kubectl.try_run(
        "get", "namespace", name, "--ignore-not-found", "--output=name", PATIENCE
    )
    if looked.code != 0 or looked.text.strip():
        return False
    labels = cluster.labels(STATE)
    return cluster.kubectl.creates(render_object("Namespace", name, labels, {}))


def read_key(cluster: Cluster) -> bytes:
    """The key of the digests of secrets, which stays here; b"" before the first deploy."""
    found = cluster.kubectl.read("secret", KEY)
    return b64decode(found[0]["data"]["key"]) if found else b""


def ensure_key(cluster: Cluster) -> bytes:
    """The key, made where there is none."""
    found = read_key(cluster)
    if found:
        return found
    key = {"data": {"key": b64encode(token_bytes(KEY_BYTES)).decode()}}
    cluster.kubectl.creates(render_object("Secret", KEY, cluster.labels(STATE), key))
    return read_key(cluster)


def read_values(cluster: Cluster, name: str) -> Mapping[str, str]:
    """The texts of a ConfigMap by key; empty when there is none."""
    found = cluster.kubectl.read("configmap", name)
    data: Mapping[str, str] = found[0].get("data", {}) if found else {}
    return data


def write_values(
    cluster: Cluster, name: str, values: Mapping[str, str | None], component: str = STATE
) -> None:
    """Set keys of a ConfigMap, made where there is none; None takes a key away. Other keys stay as they are."""
    patch = json.dumps({"data": values}, ensure_ascii=False).encode()
    words = ("patch", "configmap", name, "--type=merge", "--patch-file=/dev/stdin")
    if cluster.kubectl.try_run(*words, stdin=patch).code == 0:
        return
    kept = {key: value for key, value in values.items() if value is not None}
    if not cluster.kubectl.creates(
        render_object("ConfigMap", name, cluster.labels(component), {"data": kept})
    ):
        cluster.kubectl.run(*words, stdin=patch)


def render_object(kind: str, name: str, labels: Mapping[str, str], body: Mapping[str, Any]) -> str:
    """A small object as JSON, in the namespace that kubectl is told."""
    meta = {"name": name, "labels": labels}
    return json.dumps({"apiVersion": "v1", "kind": kind, "metadata": meta, **body}, ensure_ascii=False)
