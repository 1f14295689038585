"""The deploy lock of a product: a Lease that its holder renews while it lives.

A cluster changes an object only for those who have seen its last state, so that of two who want a lock one gets it.
Whether a holder is alive is seen, not reckoned: as long as it renews, it is; clocks are not compared.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from buildgraph.errors import BuildgraphError, StepFailed
from buildgraph.image.moments import parse_moment
from buildgraph.kubernetes.cluster import Cluster
from buildgraph.place.actor import read_actor, read_process
from buildgraph.place.elapsed import Moment, read_moment, seconds_between
from buildgraph.place.holding import Holding
from buildgraph.place.lock import WAIT
from buildgraph.render.kubernetes import PART_OF, label

LOCK: Final = "lock"  # the component
REASON, KEPT = "buildgraph/reason", "buildgraph/kept"
RENEWAL: Final = 3.0  # seconds between two signs of life
DEAD: Final = 15.0  # seconds without one after which a lock is nobody's
PAUSE: Final = 0.5
NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A Lease as it was read; `version` is the cluster's own word for this very state."""

    name: str
    product: str
    holder: str
    acquired: str
    renewed: str
    version: str
    reason: str = ""
    is_kept: bool = False


@dataclass(slots=True)
class Lock:
    """A lock that this process holds, and what its renewals have come to."""

    cluster: Cluster
    product: str
    holder: str
    acquired: str
    clock: Callable[[], Moment] = read_moment
    renewed: Moment = field(default_factory=read_moment)
    is_lost: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """The Lease."""
        return lock_name(self.product)

    @property
    def age(self) -> float:
        """Seconds since the last sign of life, those included in which this machine slept."""
        return seconds_between(self.renewed, self.clock())

    def confirm(self) -> None:
        """Raise StepFailed when the lock is not ours any more: nothing may be changed without it."""
        if not self.is_lost and self.age > DEAD / 2:
            self.renew()
        if self.is_lost:
            raise StepFailed(
                f"lock of {self.product}", "the lock was lost; nothing more is changed", "run the same again"
            )

    def renew(self) -> None:
        """Give a sign of life; the lock is lost when somebody else has it, or none could be given for too long."""
        began = self.clock()
        if _patch(self, {"renewTime": _now()}):
            self.renewed = began
        elif self.age > DEAD or not _is_ours(self):
            self.is_lost = True


@contextmanager
def held_lock(cluster: Cluster, product: str, reason: str = "") -> Iterator[Lock]:
    """Hold the deploy lock of a product; StepFailed that names the holder when somebody else deploys it.

    The lock of a holder that has died is taken over, after the time that tells it from a slow one.
    """
    lock = _take(cluster, product, reason, is_kept=False)
    renewing = threading.Thread(target=_keep_alive, args=(lock,), daemon=True)
    renewing.start()
    try:
        yield lock
    finally:
        lock.ended.set()
        renewing.join()
        if not lock.is_lost:
            _patch(lock, {"holderIdentity": NOBODY})


def keep_lock(cluster: Cluster, product: str, reason: str) -> None:
    """Take the deploy lock of a product until `free_lock`, whatever becomes of this process."""
    _take(cluster, product, reason, is_kept=True)


def free_lock(cluster: Cluster, name: str) -> None:
    """Take a lock from its holder, who notices with the next sign of life: `RENEWAL` seconds later, at most."""
    patch = json.dumps({"spec": {"holderIdentity": NOBODY}})
    cluster.kubectl.run("patch", "lease", name, "--type=merge", f"--patch={patch}")


def read_locks(cluster: Cluster) -> tuple[Holding, ...]:
    """The locks that are held here now, sorted by product."""
    found = (_seen(told) for told in cluster.kubectl.read("leases", cluster.selecting(component=LOCK)))
    held = [_holding(seen) for seen in found if seen.holder and (seen.is_kept or _age(seen.renewed) < DEAD)]
    return tuple(sorted(held, key=lambda holding: holding.product))


def lock_name(product: str) -> str:
    """The Lease of a product."""
    return f"buildgraph-lock-{product}"


def _take(cluster: Cluster, product: str, reason: str, *, is_kept: bool) -> Lock:
    """Wait for the lock until it is clear that its holder lives."""
    name, holder = lock_name(product), read_actor() if is_kept else read_process()
    first, began = None, time.monotonic()
    while True:
        acquired = _now()
        content = _render(
            cluster, product, Seen(name, product, holder, acquired, acquired, "", reason, is_kept)
        )
        found = cluster.kubectl.read("lease", name)
        if not found:
            if cluster.kubectl.creates(json.dumps(content)):
                return Lock(cluster, product, holder, acquired)
            continue
        seen = _seen(found[0])
        is_dead = not seen.is_kept and time.monotonic() - began > DEAD
        if seen.holder == NOBODY or (is_dead and seen == first):
            if _replace(cluster, content, seen):
                return Lock(cluster, product, holder, acquired)
            continue
        first = first or seen
        if seen.is_kept or seen != first:
            raise StepFailed(f"lock of {product}", f"is held by {_holding(seen).whose}", WAIT)
        time.sleep(PAUSE)


def _replace(cluster: Cluster, content: Mapping[str, Any], seen: Seen) -> bool:
    """Put a Lease in the place of the very one that was seen; False when it has changed since."""
    versioned = {**content, "metadata": {**content["metadata"], "resourceVersion": seen.version}}
    stdin = json.dumps(versioned).encode()
    return cluster.kubectl.try_run("replace", "--filename=-", stdin=stdin).code == 0


def _keep_alive(lock: Lock) -> None:
    while not lock.ended.wait(RENEWAL) and not lock.is_lost:
        try:
            lock.renew()
        except BuildgraphError:
            lock.is_lost = lock.age > DEAD


def _patch(lock: Lock, values: Mapping[str, str]) -> bool:
    """Change a Lease that is still ours; False when it is not, or cannot be reached."""
    tests = {"holderIdentity": lock.holder, "acquireTime": lock.acquired}
    patch = [
        *({"op": "test", "path": f"/spec/{key}", "value": value} for key, value in tests.items()),
        *({"op": "replace", "path": f"/spec/{key}", "value": value} for key, value in values.items()),
    ]
    words = ("patch", "lease", lock.name, "--type=json", f"--patch={json.dumps(patch)}")
    return lock.cluster.kubectl.try_run(*words, "--request-timeout=10s").code == 0


def _is_ours(lock: Lock) -> bool:
    found = lock.cluster.kubectl.read("lease", lock.name)
    return bool(found) and (_seen(found[0]).holder, _seen(found[0]).acquired) == (lock.holder, lock.acquired)


def _render(cluster: Cluster, product: str, lease: Seen) -> dict[str, Any]:
    told = {REASON: cluster.redact(lease.reason), KEPT: "yes" if lease.is_kept else ""}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": lease.name,
            "labels": {**cluster.labels(LOCK), PART_OF: label(product)},
            "annotations": {name: value for name, value in told.items() if value},
        },
        "spec": {
            "holderIdentity": lease.holder,
            "leaseDurationSeconds": round(DEAD),
            "acquireTime": lease.acquired,
            "renewTime": lease.renewed,
        },
    }


def _seen(told: Mapping[str, Any]) -> Seen:
    meta, spec = told["metadata"], told["spec"]
    annotations = meta.get("annotations", {})
    return Seen(
        name=meta["name"],
        product=meta["labels"].get(PART_OF, ""),
        holder=spec.get("holderIdentity", NOBODY),
        acquired=spec.get("acquireTime", ""),
        renewed=spec.get("renewTime", ""),
        version=meta["resourceVersion"],
        reason=annotations.get(REASON, ""),
        is_kept=KEPT in annotations,
    )


def _holding(seen: Seen) -> Holding:
    return Holding(seen.product, seen.holder, seen.reason, _age(seen.acquired), seen.name, seen.is_kept)


def _age(moment: str) -> float:
    """Seconds since a moment by this machine's clock, for people to read."""
    return max(0.0, time.time() - parse_moment(moment))


def _now() -> str:
    """Now, as Kubernetes writes a MicroTime."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
