"""The judgement of a new version by what the proxy has counted since its step began; it asks nobody."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from buildgraph.manifests.canary import Canary

SLOW_SHARE: Final = 0.95  # the response time that this share of the answers keeps below


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of requests to a server: `answers`, those of status 5xx, and tries that gave none.

    A request that the proxy had to send again is one such try: users saw no error, the version had one.
    """

    answers: int = 0
    errors: int = 0
    broken: int = 0

    @property
    def tries(self) -> int:
        """How often it was asked."""
        return self.answers + self.broken

    @property
    def failed_share(self) -> float:
        """The part of the tries that failed, 0 to 1."""
        return (self.errors + self.broken) / self.tries if self.tries else 0.0

    def since(self, earlier: Counts) -> Counts:
        """What has come since; all of it when the counters have begun anew, as they do in a reloaded proxy."""
        if self.answers < earlier.answers or self.broken < earlier.broken or self.errors < earlier.errors:
            return self
        return Counts(
            self.answers - earlier.answers, self.errors - earlier.errors, self.broken - earlier.broken
        )

    def plus(self, other: Counts) -> Counts:
        """Both together."""
        return Counts(self.answers + other.answers, self.errors + other.errors, self.broken + other.broken)


NOTHING: Final = Counts()


@dataclass(frozen=True, slots=True)
class Watch:
    """What servers have counted since it was begun; `last` is what they told last, by name.

    What a server tells first is where it begins: it may have counted for an earlier version.
    """

    last: Mapping[str, Counts] = field(default_factory=dict)
    seen: Counts = NOTHING

    def after(self, told: Mapping[str, Counts]) -> Watch:
        """The watch when the servers have told this."""
        seen = self.seen
        for name, counts in told.items():
            seen = seen.plus(counts.since(self.last.get(name, counts)))
        return Watch({**self.last, **told}, seen)


def verdict(seen: Counts, times: Iterable[int], canary: Canary) -> str:
    """What speaks against a version, "" when nothing does; `times` are its answers' milliseconds.

    Less than the least requests say nothing yet.
    """
    if seen.tries < canary.least_requests:
        return ""
    if seen.failed_share > canary.errors:
        return f"{seen.failed_share:.1%} of {seen.tries} requests failed, more than {canary.errors:.1%}"
    slow = slow_time(times)
    if slow > canary.response_time:
        limit = f"{canary.response_time:g} ms"
        return f"one in twenty answers took {slow} ms or more, the limit is {limit}"
    return ""


def slow_time(times: Iterable[int]) -> int:
    """The time that 95 in 100 answers keep to (nearest rank), in milliseconds; 0 without answers."""
    ordered = sorted(times)
    return ordered[math.ceil(SLOW_SHARE * len(ordered)) - 1] if ordered else 0
