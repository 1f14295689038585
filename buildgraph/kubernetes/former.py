"""The version that a service goes back to on a cluster, and the way there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from buildgraph.deploy.platform import HEALTHY
from buildgraph.kubernetes.live import Live, Version
from buildgraph.render.kubernetes import UNSETTLED

OF_THE_CLUSTER: Final = "pod-template-hash"  # the label by which it tells a version's pods from another's


@dataclass(frozen=True, slots=True)
class Switched:
    """A service that this run has begun to change: what it goes back to (None: nothing), and how many there were."""

    service: str
    former: Version | None = None
    replicas: int = 0


def former_of(live: Live, service: str, released: Mapping[str, str]) -> Switched:
    """What a service goes back to: the version of the last release, if the cluster has it, else what is well.

    `released` are the fingerprints of that release: a version that a killed deployment has left is none to go
    back to, though the Deployment asks for it.
    """
    running, wanted = live.workloads.get(service), released.get(service)
    if running is None:
        return Switched(service)
    kept = _kept(live, service, wanted)
    if running.state == HEALTHY and (not kept or wanted == running.fingerprint):
        kept = [found for found in live.versions if found.made_from == running.made_from]
    return Switched(service, newest(kept), running.replicas)


def released_before(live: Live, service: str, released: Mapping[str, str]) -> Switched:
    """What a service goes back to from a version that a killed deployment has left, and that runs: the last release."""
    running = live.workloads[service]
    return Switched(service, newest(_kept(live, service, released[service])), running.replicas)


def _kept(live: Live, service: str, fingerprint: str | None) -> list[Version]:
    return [f for f in live.versions if (f.service, f.fingerprint) == (service, fingerprint)]


def newest(versions: Iterable[Version]) -> Version | None:
    """Of some versions the one that runs, if one does, else the newest."""
    return max(versions, key=lambda version: (version.ready, version.revision), default=None)


def render_way_back(former: Version, replicas: int) -> str:
    """The change (JSON Patch, RFC 6902) that makes a Deployment ask for a version again, all of it or nothing.

    Only pods are taken back. That what stands around them may be another version's is written down in a label.
    """
    changed = [(f"metadata/labels/{_pointer(UNSETTLED)}", "yes")]
    changed += [(f"metadata/annotations/{_pointer(name)}", value) for name, value in former.notes.items()]
    pods = [("spec/template", _without_hash(former.template)), ("spec/replicas", replicas)]
    return json.dumps([{"op": "add", "path": f"/{path}", "value": value} for path, value in changed + pods])


def _pointer(name: str) -> str:
    """A name as a step of a JSON Pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _without_hash(template: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = template["metadata"]
    labels = {name: value for name, value in meta["labels"].items() if name != OF_THE_CLUSTER}
    return {**template, "metadata": {**meta, "labels": labels}}
