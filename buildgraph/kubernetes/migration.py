"""Migrations: a one-shot Job of the new image changes the database before the new code serves."""

from __future__ import annotations

import time
from typing import Final

from buildgraph.errors import StepFailed
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.trouble import read_trouble
from buildgraph.place.model import Tell
from buildgraph.render.kubernetes import Shipping, migration_name, render_migration

PAUSE: Final = 0.5
LAST_LINES: Final = 40
JOB_OF: Final = "job-name"  # Kubernetes' own label of a Job's pods


def run_migration(cluster: Cluster, shipping: Shipping, tell: Tell) -> None:
    """Run a service's migration to its end and tell what it said; StepFailed when it fails or takes too long.

    One that a killed deployment left is ended first: migrations are transactions that can be run again.
    """
    if shipping.service.migration is None:
        return
    name, service = migration_name(shipping.service), shipping.service.name
    began = time.monotonic()
    _remove(cluster, name)
    cluster.kubectl.run("apply", "--filename=-", stdin=render_migration(shipping).encode())
    try:
        end = _end_of(cluster, name, shipping.service.migration.within)
        said = _said(cluster, name)
        trouble = "" if end == "Complete" else read_trouble(cluster, _pods_of(name), shipping.fingerprint)
    finally:
        _remove(cluster, name)
    if end == "Complete":
        for line in said:
            tell(f"{service}: {line}")
        tell(f"{service}: migrated in {time.monotonic() - began:.1f} s")
        return
    within = f"did not end within {shipping.service.migration.within:g} s"
    what = f"the migration {'failed' if end else within}"
    raise StepFailed(f"migrate:{service}", what, trouble or "\n".join(said))


def _end_of(cluster: Cluster, name: str, within: float) -> str:
    """How a Job ended: `Complete` or `Failed`; "" for one that has not in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for job in cluster.kubectl.read("job", name):
            for condition in job.get("status", {}).get("conditions", []):
                if condition["status"] == "True" and condition["type"] in ("Complete", "Failed"):
                    return str(condition["type"])
        time.sleep(PAUSE)
    return ""


def _said(cluster: Cluster, name: str) -> list[str]:
    result = cluster.kubectl.try_run("logs", f"job/{name}", f"--tail={LAST_LINES}")
    return cluster.redact(result.stdout.decode("utf-8", "replace")).splitlines()


def _remove(cluster: Cluster, name: str) -> None:
    """Take a Job away with its pod, and wait until both are gone."""
    words = ("job", name, "--ignore-not-found", "--cascade=foreground", "--wait=true", "--timeout=60s")
    cluster.kubectl.run("delete", *words)


def _pods_of(name: str) -> str:
    return f"--selector={JOB_OF}={name}"
