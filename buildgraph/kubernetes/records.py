"""Releases, events and passed smoke tests of an environment, as objects in its namespace."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import partial
from secrets import token_hex
from typing import Final

from buildgraph.deploy.proof import proof_of
from buildgraph.deploy.releases import (
    Release,
    ReleasedService,
    Source,
    next_name,
    parse_release,
    render_release,
)
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.kubernetes.state import read_values, render_object, write_values
from buildgraph.place.actor import read_actor
from buildgraph.place.audit import Deed, Event, events_in, moment, recording, render_event
from buildgraph.place.model import Target, Tell
from buildgraph.render.kubernetes import PART_OF, label

RELEASE, AUDIT = "release", "audit"  # components
VERIFIED: Final = "buildgraph-verified"
RECORD: Final = "release.json"


def read_history(cluster: Cluster) -> dict[str, tuple[Release, ...]]:
    """The releases of every product that are kept, the oldest first."""
    found: dict[str, dict[int, Release]] = {}
    for told in cluster.kubectl.read("configmaps", cluster.selecting(component=RELEASE)):
        product = told["metadata"]["labels"][PART_OF]
        number = int(told["metadata"]["name"].rpartition("-")[2])
        release = parse_release(f"{product}-{number:04d}", product, told.get("data", {}).get(RECORD, ""))
        found.setdefault(product, {})[number] = release
    return {product: tuple(r for _, r in sorted(kept.items())) for product, kept in sorted(found.items())}


def record_release(
    cluster: Cluster, product: str, services: Iterable[ReleasedService], source: Source
) -> str:
    """Record what runs now as a release, and forget those that are too many; returns its name.

    Nothing is recorded when the last release is the very same. A name is made once: of two who record at the
    same time, one takes the next number.
    """
    new = tuple(sorted(services, key=lambda found: found.service.name))
    while True:
        before = read_history(cluster).get(product, ())
        last = before[-1] if before else None
        made = Release("", product, new, source.commit, read_actor(), moment(), source.kind, source.origin)
        name = next_name(last, made)
        if last and name == last.name:
            return name
        if _create(cluster, product, name, render_release(cluster, made, last).decode()):
            surplus = max(0, len(before) + 1 - cluster.environment.releases)
            for old in before[:surplus]:
                cluster.kubectl.run("delete", "configmap", _object(old.name), "--ignore-not-found")
            return name


def _create(cluster: Cluster, product: str, name: str, text: str) -> bool:
    labels = {**cluster.labels(RELEASE), PART_OF: label(product)}
    body = {"immutable": True, "data": {RECORD: text}}
    return cluster.kubectl.creates(render_object("ConfigMap", _object(name), labels, body))


def _object(release: str) -> str:
    return f"buildgraph-release-{release}"


# Smoke tests that passed -------------------------------------------------------------------------------


def is_verified(cluster: Cluster, product: str, targets: Iterable[Target]) -> bool:
    """Whether these very targets have passed these very smoke tests here, and nothing was deployed since."""
    return read_values(cluster, VERIFIED).get(product) == proof_of(targets)


def forget_verified(cluster: Cluster, product: str) -> None:
    """Take the word back, before what runs is changed."""
    write_values(cluster, VERIFIED, {product: None})


def record_verified(cluster: Cluster, product: str, targets: Iterable[Target]) -> None:
    """Remember that these targets passed."""
    write_values(cluster, VERIFIED, {product: proof_of(targets)})


# Events ------------------------------------------------------------------------------------------------


def read_events(cluster: Cluster, product: str = "") -> tuple[Event, ...]:
    """All events (of a product, with what concerns all), the oldest first."""
    kept = cluster.kubectl.read("configmaps", cluster.selecting(component=AUDIT))
    lines = [line for told in kept for line in told.get("data", {}).values()]
    return events_in(lines, product)


def write_event(cluster: Cluster, event: Event) -> bool:
    """Add an event; there is always a log. A month has an object of its own, for one holds about a megabyte."""
    name = f"buildgraph-audit-{event.at[:7]}"
    key = f"{re.sub(r'[^0-9]', '', event.at)[:17]}-{token_hex(4)}"
    write_values(cluster, name, {key: render_event(cluster, event)}, AUDIT)
    return True


def recorded(cluster: Cluster, deed: Deed, tell: Tell) -> AbstractContextManager[list[str]]:
    """Record that a deed begins, and how it ends; see `buildgraph.place.audit.recording`."""
    return recording(partial(write_event, cluster), deed, tell)
