"""One service's way to a new version on a cluster, and back: applied, waited for, or the version before it again."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from buildgraph.errors import BuildgraphError, StepFailed, ToolError
from buildgraph.kubernetes.former import Switched, render_way_back
from buildgraph.kubernetes.lease import Lock
from buildgraph.kubernetes.live import Version, read_live
from buildgraph.kubernetes.shipping import another_version
from buildgraph.kubernetes.trouble import read_trouble
from buildgraph.place.model import Tell
from buildgraph.render.kubernetes import (
    NAME,
    VERSIONS,
    Shipping,
    object_names,
    overlay_folder,
    render_base,
    render_overlay,
)

PAUSE: Final = 1.0
SLACK: Final = 30.0  # seconds for the cluster itself, beside what each container may take


def unknown_kinds(lock: Lock, shippings: Iterable[Shipping], tell: Tell) -> frozenset[str]:
    """The kinds that this cluster is too old for; what is left out for that is told in a line each."""
    served = set(lock.cluster.kubectl.run("api-versions").split())
    unknown = frozenset(kind for kind, version in VERSIONS.items() if version not in served)
    for shipping in shippings:
        for kind, _ in sorted(object_names(shipping)):
            if kind in unknown:
                name = shipping.service.name
                tell(f"{name}: without its {kind}, for this cluster does not know {VERSIONS[kind]}")
    return unknown


def bring(lock: Lock, shipping: Shipping, without: Iterable[str], tell: Tell) -> None:
    """Apply a service and wait until the new version has taken over; StepFailed tells what is wrong with it."""
    service, cluster = shipping.service, lock.cluster
    lock.confirm()
    apply(lock, shipping, without)
    tell(f"{service.name}: applied")
    began = time.monotonic()
    within = cluster.environment.health_within * max(1, shipping.replicas) + SLACK
    if not has_settled(lock, service.name, within):
        trouble = read_trouble(cluster, cluster.selecting(name=service.name), shipping.fingerprint)
        what = f"its new version is not well after {time.monotonic() - began:.0f} s"
        raise StepFailed(f"deploy:{service.name}", what, trouble)
    confirm_versions(lock, [shipping])
    tell(f"{service.name}: {shipping.replicas} well after {time.monotonic() - began:.1f} s")


def confirm_versions(lock: Lock, shippings: Iterable[Shipping]) -> None:
    """StepFailed when a service is asked to run in another version than this one, which somebody else has brought.

    That a Deployment has settled does not tell in which version.
    """
    workloads = read_live(lock.cluster).workloads
    for shipping in shippings:
        name, running = shipping.service.name, workloads.get(shipping.service.name)
        if problem := another_version(running, shipping) if running else "it is gone":
            what = f"somebody else has changed it meanwhile: {problem}"
            raise StepFailed(f"deploy:{name}", what, "find out who, then run the same again")


def apply(lock: Lock, shipping: Shipping, without: Iterable[str]) -> None:
    """Apply a service's overlay; StepFailed with the cluster's own words when it refuses it."""
    files = {**render_base(shipping.service), **render_overlay(shipping, frozenset(without))}
    folder = overlay_folder(shipping.environment.name, shipping.service.name)
    with TemporaryDirectory(prefix="buildgraph-") as root:
        for path, text in files.items():
            file = Path(root) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        result = lock.cluster.kubectl.try_run("apply", f"--kustomize={root}/{folder}")
    if result.code != 0:
        said = lock.cluster.redact(result.last_lines)
        raise StepFailed(f"deploy:{shipping.service.name}", "the cluster does not take it", said)


def unwind(lock: Lock, run: Iterable[Switched], tell: Tell) -> None:
    """Bring back what ran before this run, the last service first; a first version has nothing to go back to."""
    for switched in reversed(list(run)):
        try:
            lock.confirm()
            _go_back(lock, switched, tell)
        except BuildgraphError as error:
            tell(f"{switched.service}: cannot go back: {error}")


def _go_back(lock: Lock, switched: Switched, tell: Tell) -> None:
    former = switched.former
    if former is None:
        way_out = f"`buildgraph rollback:{lock.product}` brings the last release back"
        kept = f"the cluster keeps none that was well: {way_out}"
        why = kept if switched.replicas else "it had no version before"
        tell(f"{switched.service}: stays as it is, for {why}")
        return
    deadline = time.monotonic() + lock.cluster.environment.health_within + SLACK
    is_back = False
    # A cluster may refuse once, and a Deployment that has just been taken back may still say that it failed.
    while not is_back and time.monotonic() < deadline:
        try:
            is_back = _is_back(lock, former, switched.replicas, deadline)
        except ToolError:
            if time.monotonic() + PAUSE > deadline:
                raise
        time.sleep(0 if is_back else PAUSE)
    tell(f"{switched.service}: the version before {'runs' if is_back else 'is not well either'}")


def _is_back(lock: Lock, former: Version, replicas: int, deadline: float) -> bool:
    """Ask for a version, and see that it is the one that has settled."""
    way_back = render_way_back(former, replicas)
    lock.cluster.kubectl.run("patch", f"deployment/{former.service}", "--type=json", f"--patch={way_back}")
    settled = has_settled(lock, former.service, deadline - time.monotonic())
    return settled and _is_asked_for(lock, former)


def _is_asked_for(lock: Lock, former: Version) -> bool:
    running = read_live(lock.cluster).workloads.get(former.service)
    return running is not None and running.made_from == former.made_from


def has_settled(lock: Lock, service: str, within: float) -> bool:
    """Whether all of a service runs as its Deployment asks for, within some seconds.

    kubectl ends, too, when a busy cluster breaks off what it watches: it is asked again until the time is over, or the
    cluster itself has given up. ToolError when that cannot be read.
    """
    deadline = time.monotonic() + within
    while True:
        left = max(1.0, deadline - time.monotonic())
        words = ("rollout", "status", f"deployment/{service}", f"--timeout={left:.0f}s")
        if lock.cluster.kubectl.try_run(*words).code == 0:
            return True
        if time.monotonic() + PAUSE > deadline or _is_given_up(lock, service):
            return False
        time.sleep(PAUSE)


def _is_given_up(lock: Lock, service: str) -> bool:
    """Whether the cluster calls a Deployment's progress ended, for `health_within` is over, or has it no more."""
    found = lock.cluster.kubectl.read("deployment", service)
    conditions = [each for told in found for each in told.get("status", {}).get("conditions", [])]
    return not found or any(
        each["type"] == "Progressing" and each["status"] == "False" for each in conditions
    )


def remove_service(lock: Lock, service: str, kinds: str, tell: Tell) -> None:
    """Take away everything of a service that has left the manifests."""
    lock.confirm()
    chosen = f"{lock.cluster.selecting()},{NAME}={service}"
    lock.cluster.kubectl.run("delete", kinds, chosen, "--ignore-not-found", "--wait=false")
    tell(f"{service}: removed, for it left the manifests")
