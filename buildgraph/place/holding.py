"""Who holds the locks of an environment, as their containers tell; none is taken or waited for by asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from buildgraph.image.moments import parse_moment
from buildgraph.place.clock import read_clock
from buildgraph.place.containers import Found, find_containers
from buildgraph.place.model import Place
from buildgraph.place.names import HOLDER, PRODUCT, REASON, Role

KEPT: Final = "buildgraph.kept"
SPARE: Final = "buildgraph.spare"
AT_HAND: Final = "-lock-spare"
CREATED: Final = "created"
STOPPING: Final = "the environment is stopped"  # why `down` holds a lock
ENDED: Final = frozenset(
    {"exited", "removing", "dead"}
)  # the engine's words for one whose process is no more


@dataclass(frozen=True, slots=True)
class Holding:
    """A lock that somebody holds: of a product, or ("") of what products share; `age` is in seconds.

    `handle` is by what its platform takes it away: its container, its Lease or its claim. `is_kept` tells that no
    process holds it: it was taken by hand and stays until it is released.
    """

    product: str
    holder: str
    reason: str
    age: float
    handle: str
    is_kept: bool = False

    @property
    def whose(self) -> str:
        """The holder with what it holds the lock for."""
        return holder_name(self.holder, self.reason)


def read_locks(place: Place) -> tuple[Holding, ...]:
    """The locks that are held here now, sorted by product; none is taken or waited for by asking."""
    found = [_holding(place, container) for container in find_containers(place, role=Role.LOCK.value)]
    return tuple(sorted((held for held in found if held), key=lambda held: held.product))


def holds(state: str, labels: Mapping[str, str]) -> bool:
    """Whether a lock's container holds it: from its start until its process ends, however long its removal takes.

    One that is kept by hand holds it whatever becomes of its process, which the engine starts again.
    """
    return state != CREATED and (KEPT in labels or state not in ENDED)


def spare_name(place: Place, product: str) -> str:
    """The name of the container that who deploys a product has at hand to take shared locks with, and holds none."""
    return place.named(f"{product}{AT_HAND}")


def holder_name(holder: str, reason: str) -> str:
    """A holder with what it holds the lock for."""
    return f"{holder} ({reason})" if reason else holder


def age_of(place: Place, created: str) -> float:
    """Seconds since a time stamp of the engine, by the engine's own clock."""
    return read_clock(place) - parse_moment(created)


def _holding(place: Place, container: Found) -> Holding | None:
    """What a lock's container tells; None for one that is not held: only being taken, ended, or left by the dead."""
    labels = container.labels
    if not holds(container.state, labels) or (SPARE in labels and container.name.endswith(AT_HAND)):
        return None
    return Holding(
        product=labels.get(PRODUCT, ""),
        holder=labels.get(HOLDER, "somebody"),
        reason=labels.get(REASON, ""),
        # one that was at hand has been there for longer than it holds this lock, which it does for seconds
        age=0.0 if SPARE in labels else max(0.0, read_clock(place) - container.created),
        handle=container.id,
        is_kept=KEPT in labels,
    )
