"""Why pods are not well: their state, their last lines, and what the cluster says happened to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from buildgraph.kubernetes.cluster import Cluster
from buildgraph.render.kubernetes import FINGERPRINT

SHOWN_PODS: Final = 2
SHOWN_LINES: Final = 20
SHOWN_EVENTS: Final = 5
# What the kubelet says, in a container's place, of one that is gone already while its pod is still listed.
GONE: Final = "unable to retrieve container logs for "


def read_trouble(cluster: Cluster, selector: str, fingerprint: str) -> str:
    """What is wrong with the pods of a version that are not ready, without secrets; "" when nothing is."""
    found = cluster.kubectl.read("pods", selector)
    pods = [pod for pod in found if is_of(pod, fingerprint) and not is_ready(pod)]
    lines = [line for pod in pods[:SHOWN_PODS] for line in _told(cluster, pod)]
    return cluster.redact("\n".join(lines))


def read_last_lines(cluster: Cluster, pod: str, count: int, *, former: bool = False) -> list[str]:
    """The last lines that a pod's container has printed, or (`former`) the one before it; secrets left out."""
    words = ("logs", pod, f"--tail={count}", *(["--previous"] if former else []))
    result = cluster.kubectl.try_run(*words)
    said = result.stdout.decode("utf-8", "replace") if result.code == 0 else ""
    return [line for line in cluster.redact(said).splitlines() if not line.startswith(GONE)]


def _told(cluster: Cluster, pod: Mapping[str, Any]) -> Iterable[str]:
    name = pod["metadata"]["name"]
    statuses = pod.get("status", {}).get("containerStatuses", [])
    for status in statuses:
        yield f"{name} is {state_of(status)}"
    if not statuses:
        yield f"{name} is {pod.get('status', {}).get('phase', 'unknown').lower()}"
    restarted = any(status.get("restartCount") for status in statuses)
    said = read_last_lines(cluster, name, SHOWN_LINES)
    said = said or (read_last_lines(cluster, name, SHOWN_LINES, former=True) if restarted else [])
    yield from (f"{name} | {line}" for line in said)
    yield from (f"{name}: {line}" for line in _happened(cluster, name))


def state_of(status: Mapping[str, Any]) -> str:
    """A container's state in a few words, with why the one before it ended."""
    kind, told = next(iter(status.get("state", {"unknown": {}}).items()))
    words = [kind, *(str(told[key]) for key in ("reason", "message") if told.get(key))]
    ended = told if kind == "terminated" else status.get("lastState", {}).get("terminated")
    if ended:
        words.append(f"exit code {ended.get('exitCode')}")
    return ", ".join(words)


def _happened(cluster: Cluster, pod: str) -> list[str]:
    """The last warnings of a pod, each once."""
    chosen = f"--field-selector=involvedObject.name={pod},type=Warning"
    events = cluster.kubectl.read("events", chosen)
    told = dict.fromkeys(f"{event.get('reason', '')}: {event.get('message', '')}" for event in events)
    return list(told)[-SHOWN_EVENTS:]


def is_of(pod: Mapping[str, Any], fingerprint: str) -> bool:
    """Whether a pod was made from a version."""
    found: str = pod["metadata"].get("annotations", {}).get(FINGERPRINT, "")
    return found == fingerprint


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether a pod gets requests."""
    conditions = pod.get("status", {}).get("conditions", [])
    return any(found["type"] == "Ready" and found["status"] == "True" for found in conditions)
