"""What the pods of a service or product have said, and say from then on, secrets left out."""

from __future__ import annotations

from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Final

from buildgraph.companion import start_companion
from buildgraph.errors import UnknownName
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.trouble import GONE, read_last_lines
from buildgraph.render.kubernetes import NAME, PART_OF

Line = tuple[str, str]  # who said it, and what
ENDED: Final = None
LONG: Final = 1e9  # seconds that a pod may be silent


def read_logs(cluster: Cluster, name: str, tail: int) -> list[Line]:
    """The last lines of each pod of a service or product; UnknownName when none is there."""
    return [(pod, line) for pod in _pods(cluster, name) for line in read_last_lines(cluster, pod, tail)]


def follow_logs(cluster: Cluster, name: str, tail: int) -> Iterator[Line]:
    """The same, and what those pods say from then on, until all of them have ended."""
    heard: SimpleQueue[Line | None] = SimpleQueue()
    pods = _pods(cluster, name)
    for pod in pods:
        Thread(target=_follow, args=(cluster, pod, tail, heard), daemon=True).start()
    speakers = len(pods)
    while speakers:
        line = heard.get()
        if line is ENDED:
            speakers -= 1
        else:
            yield line


def _follow(cluster: Cluster, pod: str, tail: int, heard: SimpleQueue[Line | None]) -> None:
    companion = start_companion(cluster.kubectl.command("logs", pod, f"--tail={tail}", "--follow"))
    try:
        while (line := companion.read_line(LONG)) is not None:
            if not line.startswith(GONE):
                heard.put((pod, cluster.redact(line)))
    finally:
        companion.stop()
        heard.put(ENDED)


def _pods(cluster: Cluster, name: str) -> list[str]:
    """The pods of a service or product, sorted."""
    found = cluster.kubectl.read("pods", cluster.selecting(component="service"))
    named = {
        pod["metadata"]["name"]: {pod["metadata"]["labels"].get(label) for label in (NAME, PART_OF)}
        for pod in found
    }
    pods = sorted(pod for pod, names in named.items() if name in names)
    if not pods:
        known = {known for names in named.values() for known in names if known}
        raise UnknownName("running service or product", name, known)
    return pods
